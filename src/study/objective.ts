import type { StudyPlan } from './plan/study-plan.ts';
import type { ResolvedConstraint, ResolvedObjective } from './plan/targets.ts';
import type { Metrics, Replicate, Trial } from './trial.ts';

/** Metric → loss: the one place where a maximised metric changes its sign. */
export function toLoss(objective: ResolvedObjective, value: number): number {
  return objective.direction === 'minimize' ? value : -value;
}

/** Metric → slack; the constraint holds iff the slack is ≤ 0. */
export function toSlack(constraint: ResolvedConstraint, value: number): number {
  return constraint.kind === 'at-most' ? value - constraint.bound : constraint.bound - value;
}

export function mean(values: readonly number[]): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}

/** Values of one metric over a trial's replicates, in seed order. */
export function metricValues(replicates: readonly Replicate[], metric: string): number[] {
  return replicates.map(({ metrics }) => metrics[metric] ?? Number.NaN);
}

export function meanMetrics(replicates: readonly Replicate[]): Metrics {
  const names = Object.keys(replicates[0]?.metrics ?? {});
  return Object.fromEntries(names.map((name) => [name, mean(metricValues(replicates, name))]));
}

/** A point is feasible iff every constraint holds for the mean over its seeds. */
export function isFeasible(plan: StudyPlan, trial: Trial): boolean {
  const { outcome } = trial;
  if (outcome?.kind !== 'observed') return false;
  return plan.constraints.every(
    (constraint) => toSlack(constraint, mean(metricValues(outcome.replicates, constraint.metric))) <= 0,
  );
}

/** Mean losses of an observed trial, or null. */
export function losses(plan: StudyPlan, trial: Trial): number[] | null {
  const { outcome } = trial;
  if (outcome?.kind !== 'observed') return null;
  return plan.objectives.map((objective) =>
    toLoss(objective, mean(metricValues(outcome.replicates, objective.metric))),
  );
}
