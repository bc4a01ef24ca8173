import { isFeasible, mean, metricValues, toLoss } from '../objective.ts';
import type { StudyPlan } from '../plan/study-plan.ts';
import type { StopVerdict } from '../stop-verdict.ts';
import type { Replicate, Trial } from '../trial.ts';
import { completeTrials, expectedOfShort, horizonModel, pairedTrials, shortMean } from './complete-trials.ts';
import { type ExpectedMean, mostCertainRival } from './rival.ts';

/**
 * Whether a trial can be given up after a run on the short horizon.
 *
 * The trials that were measured on both horizons tell what a short result is worth: a line from short means to means over all
 * seeds (logarithmic for positive metrics) gives an expectation with its prediction error, and Spearman's rank correlation
 * says whether short runs order vectors as whole runs do. The trial is stopped when there are `after` such pairs, the
 * correlation is ≥ `correlation` for every objective, and some complete feasible trial is better in every objective both on
 * the short horizon and, with a chance of error ≤ `risk`, in the expected means (see `mostCertainRival`). Constraints are
 * not judged on short horizons, where queues have not built up.
 *
 * Low-fidelity screening as in successive halving (Jamieson & Talwalkar 2016) and Hyperband, but with a learned relation
 * between fidelities (Kennedy & O'Hagan 2000 in its simplest, linear form) in place of a fixed share that is dropped.
 * @param trials - finished before this one was proposed
 * @param short - of the trial in question
 * @returns null to go on
 */
export function screeningVerdict(
  plan: StudyPlan,
  trials: readonly Trial[],
  short: readonly Replicate[],
): StopVerdict | null {
  const { screening } = plan;
  const pairs = pairedTrials(completeTrials(trials));
  if (screening === undefined || pairs.length < screening.after) return null;
  const expectations = plan.objectives.map(({ metric }): ExpectedMean | null => {
    const model = horizonModel(pairs, metric, short);
    if (model === null || !(model.rankCorrelation >= screening.correlation)) return null;
    const { logarithmic, line, rankCorrelation } = model;
    return {
      ...expectedOfShort(model, short, metric),
      logarithmic,
      freedom: line.freedom,
      correlation: rankCorrelation,
    };
  });
  const rivals = pairs.filter((trial) => isFeasible(plan, trial) && isBetterInShort(plan, trial, short));
  const found = mostCertainRival(plan, rivals, expectations, screening.risk);
  return found === null ? null : { rule: 'screening', ...found };
}

function isBetterInShort(plan: StudyPlan, rival: Trial, short: readonly Replicate[]): boolean {
  return plan.objectives.every(
    (objective) =>
      toLoss(objective, shortMean(rival, objective.metric)) <
      toLoss(objective, mean(metricValues(short, objective.metric))),
  );
}
