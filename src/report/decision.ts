import { baselineState, breaksOnFresh, recommendable } from '../study/constraint-check.ts';
import { shortList } from '../study/front.ts';
import { isFeasible, losses, mean, metricValues } from '../study/objective.ts';
import type { StudyPlan } from '../study/plan/study-plan.ts';
import type { Trial } from '../study/trial.ts';
import type { BestPoint, Decision, LowCompletion } from './study-report.ts';

const ALTERNATIVES = 2;
const COMPLETION = 'completion_fraction';
/** Completion below which a point is flagged where no baseline says what is usual. */
const USUAL_COMPLETION = 0.99;

/**
 * The front by outcome: each of its points with all feasible trials whose objectives and constraints are the same on every
 * seed. Of vectors with equal losses the front itself holds the first.
 */
export function equalOutcomes(
  plan: StudyPlan,
  front: readonly Trial[],
  trials: readonly Trial[],
): readonly (readonly Trial[])[] {
  const named = [...plan.objectives, ...plan.constraints].map(({ metric }) => metric);
  const keyOf = ({ outcome }: Trial): string =>
    JSON.stringify(named.map((metric) => metricValues(outcome?.kind === 'observed' ? outcome.replicates : [], metric)));
  const feasible = trials.filter((trial) => isFeasible(plan, trial)).map((trial) => ({ trial, key: keyOf(trial) }));
  return front.map((point) => {
    const own = keyOf(point);
    const others = feasible.flatMap(({ trial, key }) => (trial !== point && key === own ? [trial] : []));
    return [point, ...others];
  });
}

/** What to take home, and what speaks against it. */
export function decide(plan: StudyPlan, front: readonly Trial[], baseline: Trial | null): Decision {
  const listed = shortList(plan, recommendable(plan, front), front.length);
  const completion = lowCompletion(front, baseline);
  return {
    recommended: listed[0]?.number ?? null,
    alternatives: listed.slice(1, 1 + ALTERNATIVES).map(({ number }) => number),
    breakOnFresh: front.filter((trial) => breaksOnFresh(plan, trial)).map(({ number }) => number),
    best: plan.objectives.flatMap(({ metric }, index): BestPoint[] => {
      const top = [...front].sort((a, b) => losses(plan, a)![index]! - losses(plan, b)![index]!)[0];
      if (top === undefined) return [];
      return [{ metric, trial: top.number, value: meanOf(top, metric)!, fresh: freshMean(top, metric) }];
    }),
    baseline: baseline === null ? null : baselineState(plan, baseline),
    lowCompletion: completion,
  };
}

function lowCompletion(front: readonly Trial[], baseline: Trial | null): readonly LowCompletion[] {
  const usual = baseline === null ? null : meanOf(baseline, COMPLETION);
  return front.flatMap((trial): LowCompletion[] => {
    const share = meanOf(trial, COMPLETION);
    if (trial === baseline || share === null || share >= (usual ?? USUAL_COMPLETION)) return [];
    return [{ trial: trial.number, share, baseline: usual }];
  });
}

function meanOf({ outcome }: Trial, metric: string): number | null {
  if (outcome?.kind !== 'observed') return null;
  const value = mean(metricValues(outcome.replicates, metric));
  return Number.isFinite(value) ? value : null;
}

function freshMean(trial: Trial, metric: string): number | null {
  return meanOf({ ...trial, outcome: trial.validation }, metric);
}
