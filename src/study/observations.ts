import { type ReplicateMoments, replicateMoments } from '../optimizer/replicates.ts';
import type { Observation } from '../optimizer/sampler/sampler.ts';
import { isInside } from '../optimizer/space/search-space.ts';
import { mean, metricValues, toLoss, toSlack } from './objective.ts';
import type { StudyPlan } from './plan/study-plan.ts';
import { normalizeWeights } from './plan/template.ts';
import type { Metrics, Trial } from './trial.ts';

/**
 * What the sampler sees of finished trials. All vectors meet the same seeds, so a seed that is hard for every vector
 * is no noise when vectors are compared: the variance of a mean is estimated from the residuals left after taking out
 * each trial's mean and each seed's mean (two-way layout without interaction), see `replicateMoments`.
 */
export function toObservations(plan: StudyPlan, trials: readonly Trial[]): Observation[] {
  const finished = trials.filter(({ outcome }) => outcome !== null);
  const columns = [...plan.objectives, ...plan.constraints].map(({ metric }) =>
    metricMoments(finished, metric, plan.seeds.length),
  );
  const count = plan.objectives.length;
  return finished.map(({ values }, index): Observation => {
    const row = columns.map((column) => column[index]!);
    const told = row.every((moments) => moments !== null);
    const losses = told ? plan.objectives.map((objective, j) => toLoss(objective, row[j]!.mean)) : null;
    return {
      values,
      losses: losses?.every(Number.isFinite) ? losses : null,
      lossVariances: row.slice(0, count).map((moments) => moments?.variance ?? null),
      slacks: told ? plan.constraints.map((constraint, c) => toSlack(constraint, row[count + c]!.mean)) : [],
      slackVariances: row.slice(count).map((moments) => moments?.variance ?? null),
    };
  });
}

/** One metric of finished trials; null where it was not measured. */
function metricMoments(finished: readonly Trial[], metric: string, seedCount: number): (ReplicateMoments | null)[] {
  const rows = finished.map(({ outcome }) =>
    outcome?.kind === 'observed' && outcome.replicates.length === seedCount
      ? metricValues(outcome.replicates, metric)
      : null,
  );
  const moments = replicateMoments(rows);
  return finished.map(({ outcome }, index) => {
    if (outcome?.kind !== 'observed') return null;
    return { mean: mean(metricValues(outcome.replicates, metric)), variance: moments[index]?.variance ?? null };
  });
}

/** Points of earlier runs that lie in the space and have every metric; their noise is unknown. */
export function earlierObservations(plan: StudyPlan): Observation[] {
  const known = (metrics: Metrics): boolean =>
    [...plan.objectives, ...plan.constraints].every(({ metric }) => Number.isFinite(metrics[metric]));
  return plan.earlier
    .map(({ values, metrics }) => ({ values: normalizeWeights(plan.space, values), metrics }))
    .filter(({ values, metrics }) => isInside(plan.space, values) && known(metrics))
    .map(({ values, metrics }) => ({
      values,
      losses: plan.objectives.map((objective) => toLoss(objective, metrics[objective.metric]!)),
      lossVariances: plan.objectives.map(() => null),
      slacks: plan.constraints.map((constraint) => toSlack(constraint, metrics[constraint.metric]!)),
      slackVariances: plan.constraints.map(() => null),
    }));
}
