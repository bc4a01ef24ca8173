import { expectedRowMean } from '../numeric/two-way-layout.ts';
import { type ReplicateMoments, replicateMoments } from '../optimizer/replicates.ts';
import type { Observation } from '../optimizer/sampler/sampler.ts';
import { isInside } from '../optimizer/space/search-space.ts';
import { mean, metricValues, toLoss, toSlack } from './objective.ts';
import type { StudyPlan } from './plan/study-plan.ts';
import { completeTrials, expectedOfShort, horizonModel, metricLayout, pairedTrials } from './savers/complete-trials.ts';
import type { Metrics, Replicate, StoppedOutcome, Trial } from './trial.ts';

/**
 * What the sampler sees of finished trials. All vectors meet the same seeds, so a seed that is hard for every vector
 * is no noise when vectors are compared: the variance of a mean is estimated from the residuals left after taking out
 * each trial's mean and each seed's mean (two-way layout without interaction), see `replicateMoments`. A trial that was
 * stopped early is told with the mean expected over all its seeds, never with what it measured, and with its larger variance.
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
  const complete = completeTrials(finished);
  return finished.map(({ outcome }, index) => {
    if (outcome?.kind === 'observed') {
      return { mean: mean(metricValues(outcome.replicates, metric)), variance: moments[index]?.variance ?? null };
    }
    return outcome?.kind === 'stopped' ? stoppedMoments(complete, metric, outcome) : null;
  });
}

function stoppedMoments(complete: readonly Trial[], metric: string, outcome: StoppedOutcome): ReplicateMoments {
  const { replicates, short } = outcome;
  return replicates.length === 0 && short !== undefined
    ? screenedMoments(complete, metric, short)
    : partialMoments(complete, metric, replicates);
}

/**
 * A trial with a short run only: the mean that the line through the trials with both kinds of runs predicts. Its
 * variance holds the scatter about that line, so where short runs tell little the sampler hears little. Told as failed, it
 * would teach that such vectors cannot run; told as pending or not at all, it would be proposed again nearby.
 */
function screenedMoments(complete: readonly Trial[], metric: string, short: readonly Replicate[]): ReplicateMoments {
  const model = horizonModel(pairedTrials(complete), metric, short);
  if (model === null) return { mean: mean(metricValues(short, metric)), variance: null };
  const { mean: expected, deviation } = expectedOfShort(model, short, metric);
  return { mean: expected, variance: (deviation * (model.logarithmic ? expected : 1)) ** 2 };
}

/**
 * A row with the first r of R seeds: the residuals of its own seeds and of those that are missing both count, so the variance
 * of its expected mean about its level is σ²/R plus that of the expectation.
 */
function partialMoments(
  complete: readonly Trial[],
  metric: string,
  replicates: readonly Replicate[],
): ReplicateMoments {
  const known = metricValues(replicates, metric);
  const layout = metricLayout(complete, metric, known);
  if (layout === null) return { mean: mean(known), variance: null };
  const { mean: expected, deviation } = expectedRowMean(layout, known);
  const variance = layout.variance / layout.columnMeans.length + deviation ** 2;
  return { mean: expected, variance: variance * (layout.logarithmic ? expected ** 2 : 1) };
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
