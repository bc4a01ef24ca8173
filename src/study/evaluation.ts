import type { Json } from '../base/json.ts';
import { merge } from '../document/merge.ts';
import type { ParameterValues, SearchSpace } from '../optimizer/space/parameter.ts';
import type { Measurement } from '../simulators/measurement.ts';
import { resultOf } from '../simulators/run-result.ts';
import type { PolicyModule, PreparedSimulation, SimulationInput, Simulator } from '../simulators/simulator.ts';
import { findCapacity } from './capacity/find-capacity.ts';
import { nominalRate } from './capacity/meets-targets.ts';
import { type DiagnosticFigure, figureValues } from './diagnostic-figures.ts';
import type { EvaluationLimits } from './evaluation-limits.ts';
import type { CapacityRange } from './plan/capacity-spec.ts';
import { CAPACITY } from './plan/plan-measurement.ts';
import { regimeTemplate } from './plan/regime-plan.ts';
import type { StudyPlan } from './plan/study-plan.ts';
import { instantiate, type StrategyTemplate } from './plan/template.ts';
import type { ReplicateOutcome } from './trial.ts';

/** What a worker needs once. */
export interface EvaluationSetup {
  readonly simulator: string;
  readonly template: StrategyTemplate;
  readonly space: SearchSpace;
  readonly workload: Json;
  /** Files of policy modules, relative to the working folder. */
  readonly policies: readonly string[];
  /** Absent: the whole run, with the metrics of old. */
  readonly measurement?: Measurement;
  /** Absent: the default. */
  readonly limits?: EvaluationLimits;
  /** Present where the capacity of every vector is searched. */
  readonly capacity?: CapacityRange;
  /** Figures to compute from diagnostics, beside the backend's metrics. */
  readonly figures?: readonly DiagnosticFigure[];
}

/** One simulation: one parameter vector, one seed. */
export interface EvaluationTask {
  readonly values: ParameterValues;
  readonly seed: number;
  /** Share of the workload, in (0, 1]; absent = all of it. */
  readonly fidelity?: number;
  /** In place of the workload's `aggregate_rate`; the capacity is not searched then. */
  readonly rate?: number;
}

export function evaluationSetup(plan: StudyPlan): EvaluationSetup {
  const { simulator, template, space, workload, policies, measurement, capacity, limits } = plan;
  return {
    simulator,
    template,
    space,
    workload,
    policies,
    ...(measurement === undefined ? {} : { measurement }),
    ...(capacity === undefined ? {} : { capacity }),
    ...(limits === undefined ? {} : { limits }),
  };
}

/** One setup a workload, in the order of the study. */
export function evaluationSetups(plan: StudyPlan): readonly EvaluationSetup[] {
  const setup = evaluationSetup(plan);
  return (
    plan.regimes?.workloads.map((regime) => ({
      ...setup,
      template: regimeTemplate(plan.template, regime),
      workload: regime.workload,
      ...(regime.measurement === undefined ? {} : { measurement: regime.measurement }),
    })) ?? [setup]
  );
}

/** Runs one task. Whatever goes wrong inside the simulation is an outcome: errors do not survive a thread boundary. */
export function evaluateTask(
  simulator: Simulator,
  setup: EvaluationSetup,
  task: EvaluationTask,
  policies: readonly PolicyModule[] = [],
): ReplicateOutcome {
  try {
    const own = measured(simulator, setup, task, policies);
    if (setup.capacity === undefined || task.rate !== undefined || own.kind !== 'measured') return own;
    const nominal = nominalRate(setup.workload);
    const found = findCapacity(setup.capacity, nominal, (rate) =>
      rate === nominal ? own : measured(simulator, setup, { ...task, rate }, policies),
    );
    return found.kind === 'found'
      ? { ...own, metrics: { ...own.metrics, [CAPACITY.name]: found.rate } }
      : found.outcome;
  } catch (error) {
    return { kind: 'failed', message: error instanceof Error ? error.message : String(error) };
  }
}

/** What a backend is given for a vector. @throws InputError where the vector does not fill the strategy */
export function evaluationInput(
  { template, space, workload, measurement, limits }: EvaluationSetup,
  { values, rate }: EvaluationTask,
): SimulationInput {
  return {
    config: instantiate(template, space, values),
    workload: rate === undefined ? workload : merge(workload, { aggregate_rate: rate }),
    ...(measurement === undefined ? {} : { measurement }),
    ...(limits === undefined ? {} : { limits }),
  };
}

function measured(
  simulator: Simulator,
  setup: EvaluationSetup,
  task: EvaluationTask,
  policies: readonly PolicyModule[],
): ReplicateOutcome {
  const { seed, fidelity = 1 } = task;
  const prepared = preparedFor(simulator, setup, task, policies);
  if (prepared.kind === 'infeasible') return prepared;
  const figures = setup.figures ?? [];
  const result = prepared.simulation.run({ seed, fidelity, ...(figures.length > 0 ? { evidence: true } : {}) });
  if (result.kind === 'infeasible') return result;
  const metrics = { ...result.metrics, ...figureValues(figures, result.diagnostics) };
  const broken = Object.entries(metrics).find(([, value]) => !Number.isFinite(value));
  if (broken !== undefined) return { kind: 'failed', message: `metric ${broken[0]} is ${broken[1]}` };
  return { kind: 'measured', metrics };
}

/** A vector that does not fill the strategy, or whose configuration is refused, is infeasible; an error of a run is not. */
function preparedFor(
  simulator: Simulator,
  setup: EvaluationSetup,
  task: EvaluationTask,
  policies: readonly PolicyModule[],
):
  | { readonly kind: 'ready'; readonly simulation: PreparedSimulation }
  | Extract<ReplicateOutcome, { kind: 'infeasible' }> {
  return resultOf(() => ({
    kind: 'ready',
    simulation: simulator.prepare({ ...evaluationInput(setup, task), policies }),
  }));
}
