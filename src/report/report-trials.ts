import type { Parameter, ParameterValue, Scalar } from '../optimizer/space/parameter.ts';
import { isFeasible, metricValues } from '../study/objective.ts';
import type { StudyPlan } from '../study/plan/study-plan.ts';
import { normalizeWeights } from '../study/plan/template.ts';
import { reasonOf, type Trial, type TrialOutcome } from '../study/trial.ts';
import { estimate } from './estimate.ts';
import type { Estimate, ReportMetric, ReportParameter, ReportTrial, StudyReport } from './study-report.ts';

/** Trials with parameters and figures, and what these are: all that a table of trials needs. */
export type ReportTrials = Pick<StudyReport, 'parameters' | 'metrics' | 'trials'>;

/** @param front - those of the trials that are on the Pareto front */
export function reportTrials(plan: StudyPlan, trials: readonly Trial[], front: readonly Trial[]): ReportTrials {
  const onFront = new Set(front);
  return {
    parameters: plan.space.parameters.flatMap(reportParameters),
    metrics: plan.metrics.map((metric): ReportMetric => ({ ...metric, role: roleOf(plan, metric.name) })),
    trials: trials.map((trial) => reportTrial(plan, trial, onFront.has(trial))),
  };
}

function reportParameters(parameter: Parameter): ReportParameter[] {
  const log = (parameter.kind === 'real' || parameter.kind === 'integer') && parameter.log;
  const base = { parameter: parameter.name, kind: parameter.kind, log };
  if (parameter.kind !== 'simplex') return [{ column: parameter.name, ...base }];
  return parameter.components.map((component) => ({ column: `${parameter.name}.${component}`, ...base }));
}

/** Values under their report columns; weights of a simplex apart. */
function columnsOf(plan: StudyPlan, trial: Trial): Record<string, ParameterValue> {
  const columns: Record<string, ParameterValue> = {};
  const values = normalizeWeights(plan.space, trial.values);
  for (const parameter of plan.space.parameters) {
    const value = values[parameter.name];
    if (value === undefined) continue;
    if (parameter.kind === 'simplex') {
      for (const [index, component] of parameter.components.entries())
        columns[`${parameter.name}.${component}`] = (value as readonly number[])[index]!;
    } else columns[parameter.name] = Array.isArray(value) ? value : shownScalar(value as Scalar);
  }
  return columns;
}

/** The category null as text: an empty cell says that a parameter is inactive. */
export function shownScalar(value: Scalar): number | string | boolean {
  return value ?? 'null';
}

function roleOf(plan: StudyPlan, name: string): ReportMetric['role'] {
  if (plan.objectives.some(({ metric }) => metric === name)) return 'objective';
  return plan.constraints.some(({ metric }) => metric === name) ? 'constraint' : 'context';
}

function reportTrial(plan: StudyPlan, trial: Trial, onFront: boolean): ReportTrial {
  const { outcome } = trial;
  return {
    number: trial.number,
    origin: trial.origin,
    status: outcome?.kind ?? 'pending',
    reason: reasonOf(outcome),
    parameters: columnsOf(plan, trial),
    metrics: estimates(plan, outcome),
    ...(trial.validation?.kind === 'observed' ? { fresh: estimates(plan, trial.validation) } : {}),
    seen: trial.seen,
    feasible: isFeasible(plan, trial),
    onFront,
  };
}

function estimates(plan: StudyPlan, outcome: TrialOutcome | null): Record<string, Estimate> {
  if (outcome?.kind !== 'observed') return {};
  return Object.fromEntries(plan.metrics.map(({ name }) => [name, estimate(metricValues(outcome.replicates, name))]));
}
