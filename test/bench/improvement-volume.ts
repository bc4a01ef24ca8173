import { hypervolume } from '../../src/optimizer/pareto/hypervolume.ts';
import { isFeasible, losses } from '../../src/study/objective.ts';
import type { StudyPlan } from '../../src/study/plan/study-plan.ts';
import type { Trial } from '../../src/study/trial.ts';

/** Hypervolume of the relative improvements over the baseline, reference point 0: the same yardstick for every arm. */
export function improvementVolume(plan: StudyPlan, trials: readonly Trial[], baseline: Trial): number {
  const base = losses(plan, baseline)!;
  const points = trials
    .filter((trial) => isFeasible(plan, trial))
    .map((trial) => losses(plan, trial)!.map((loss, m) => (loss - base[m]!) / Math.abs(base[m]! || 1)));
  return hypervolume(
    points,
    base.map(() => 0),
  );
}
