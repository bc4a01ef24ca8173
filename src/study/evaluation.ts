import { describeProblem, InputError } from '../base/errors.ts';
import type { Json } from '../base/json.ts';
import type { ParameterValues, SearchSpace } from '../optimizer/space/parameter.ts';
import type { PolicyModule, PreparedSimulation, Simulator } from '../simulators/simulator.ts';
import { type DiagnosticFigure, figureValues } from './diagnostic-figures.ts';
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
  /** Figures to compute from diagnostics, beside the backend's metrics. */
  readonly figures?: readonly DiagnosticFigure[];
}

/** One simulation: one parameter vector, one seed. */
export interface EvaluationTask {
  readonly values: ParameterValues;
  readonly seed: number;
  /** Share of the workload, in (0, 1]; absent = all of it. */
  readonly fidelity?: number;
}

export function evaluationSetup(plan: StudyPlan): EvaluationSetup {
  const { simulator, template, space, workload, policies } = plan;
  return { simulator, template, space, workload, policies };
}

/** One setup a workload, in the order of the study. */
export function evaluationSetups(plan: StudyPlan): readonly EvaluationSetup[] {
  const setup = evaluationSetup(plan);
  return (
    plan.regimes?.workloads.map((regime) => ({
      ...setup,
      template: regimeTemplate(plan.template, regime),
      workload: regime.workload,
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
    const config = instantiate(setup.template, setup.space, task.values);
    const prepared: PreparedSimulation = simulator.prepare({ config, workload: setup.workload, policies });
    const figures = setup.figures ?? [];
    const evidence = figures.length > 0 ? { evidence: true } : {};
    const result = prepared.run({ seed: task.seed, fidelity: task.fidelity ?? 1, ...evidence });
    if (result.kind === 'infeasible') return result;
    const metrics = { ...result.metrics, ...figureValues(figures, result.diagnostics) };
    const broken = Object.entries(metrics).find(([, value]) => !Number.isFinite(value));
    if (broken !== undefined) return { kind: 'failed', message: `metric ${broken[0]} is ${broken[1]}` };
    return { kind: 'measured', metrics };
  } catch (error) {
    if (error instanceof InputError) return { kind: 'infeasible', reason: describeProblem(error) };
    return { kind: 'failed', message: error instanceof Error ? error.message : String(error) };
  }
}
