import type { Observation } from '../optimizer/sampler/sampler.ts';
import { isInside } from '../optimizer/space/search-space.ts';
import type { ResolvedConstraint, ResolvedObjective, StudyPlan } from './study-plan.ts';
import type { Metrics, Replicate, Trial } from './trial.ts';

/** Metric → loss: the one place where a maximised metric changes its sign. */
export function toLoss(objective: ResolvedObjective, value: number): number {
  return objective.direction === 'minimize' ? value : -value;
}

/** Loss → metric. */
export function fromLoss(objective: ResolvedObjective, loss: number): number {
  return objective.direction === 'minimize' ? loss : -loss;
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

/**
 * What the sampler sees of finished trials. All vectors meet the same seeds, so a seed that is hard for every vector
 * is no noise when vectors are compared: the variance of a mean is estimated from the residuals left after taking out
 * each trial's mean and each seed's mean (two-way layout without interaction), see `residualVariances`.
 */
export function toObservations(plan: StudyPlan, trials: readonly Trial[]): Observation[] {
  const finished = trials.filter(({ outcome }) => outcome !== null);
  const columns = [...plan.objectives, ...plan.constraints].map(({ metric }) => metric);
  const variances = columns.map((metric) => residualVariances(finished, metric, plan.seeds.length));
  const count = plan.objectives.length;
  return finished.map((trial, index) => {
    const observed = trial.outcome?.kind === 'observed' ? trial.outcome.replicates : null;
    const at = (metric: string): number => mean(metricValues(observed!, metric));
    const values =
      observed === null ? null : plan.objectives.map((objective) => toLoss(objective, at(objective.metric)));
    const usable = values?.every(Number.isFinite) ? values : null;
    return {
      values: trial.values,
      losses: usable,
      lossVariances: variances.slice(0, count).map((column) => column[index] ?? null),
      slacks: observed === null ? [] : plan.constraints.map((constraint) => toSlack(constraint, at(constraint.metric))),
      slackVariances: variances.slice(count).map((column) => column[index] ?? null),
    };
  });
}

/** Points of earlier runs that lie in the space and have every metric; their noise is unknown. */
export function earlierObservations(plan: StudyPlan): Observation[] {
  const known = (metrics: Metrics): boolean =>
    [...plan.objectives, ...plan.constraints].every(({ metric }) => Number.isFinite(metrics[metric]));
  return plan.earlier
    .filter(({ values, metrics }) => isInside(plan.space, values) && known(metrics))
    .map(({ values, metrics }) => ({
      values,
      losses: plan.objectives.map((objective) => toLoss(objective, metrics[objective.metric]!)),
      lossVariances: plan.objectives.map(() => null),
      slacks: plan.constraints.map((constraint) => toSlack(constraint, metrics[constraint.metric]!)),
      slackVariances: plan.constraints.map(() => null),
    }));
}

/** Weight of the pooled variance against a trial's own, in degrees of freedom. */
const POOLING = 4;

/**
 * Variance of each trial's mean. Positive metrics are treated on their logarithm, since noise grows with the level: one
 * overloaded vector must not make all others look noisy. Other metrics pool the median of the trials' own variances.
 */
function residualVariances(trials: readonly Trial[], metric: string, seedCount: number): (number | null)[] {
  const rows = trials.map(({ outcome }) =>
    outcome?.kind === 'observed' && outcome.replicates.length === seedCount
      ? metricValues(outcome.replicates, metric)
      : null,
  );
  const full = rows.filter((row) => row !== null);
  if (seedCount < 2 || full.length < 2) return rows.map(() => null);
  const positive = full.every((row) => row.every((value) => value > 0));
  const scaled = rows.map((row) => (row !== null && positive ? row.map(Math.log) : row));
  const present = scaled.filter((row) => row !== null);
  const seedMeans = Array.from({ length: seedCount }, (_, s) => mean(present.map((row) => row[s]!)));
  const grand = mean(seedMeans);
  const squares = scaled.map((row) => (row === null ? null : squaredResiduals(row, seedMeans, grand)));
  const freedom = ((full.length - 1) * (seedCount - 1)) / full.length;
  const pooled = median(squares.filter((value) => value !== null)) / freedom;
  return squares.map((own, index) => {
    if (own === null) return null;
    const variance = (own + POOLING * pooled) / (freedom + POOLING) / seedCount;
    return positive ? variance * mean(rows[index]!) ** 2 : variance;
  });
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)]!;
}

function squaredResiduals(row: readonly number[], seedMeans: readonly number[], grand: number): number {
  const own = mean(row);
  let sum = 0;
  for (const [s, value] of row.entries()) {
    const residual = value - own - (seedMeans[s]! - grand);
    sum += residual * residual;
  }
  return sum;
}
