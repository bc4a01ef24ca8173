import { power } from '../numeric/power.ts';
import { nonDominatedIndices } from '../optimizer/pareto/dominance.ts';
import { hypervolume } from '../optimizer/pareto/hypervolume.ts';
import { isFeasible, losses } from '../study/objective.ts';
import type { StudyPlan } from '../study/plan/study-plan.ts';
import type { Trial } from '../study/trial.ts';
import type { HypervolumeHistory } from './study-report.ts';

/** How far the reference point lies behind the box, in edges of the box. */
const BEHIND = 0.1;

/** @see HypervolumeHistory */
export function hypervolumeHistory(
  plan: StudyPlan,
  trials: readonly Trial[],
  front: readonly Trial[],
  baseline: Trial | null,
): HypervolumeHistory {
  const sign = plan.objectives.map(({ direction }) => (direction === 'minimize' ? 1 : -1));
  const points = trials.map((trial) => (isFeasible(plan, trial) ? losses(plan, trial) : null));
  const feasible = points.filter((point) => point !== null);
  const ends = front.map((trial) => losses(plan, trial)!);
  const base = baseline !== null && isFeasible(plan, baseline) ? losses(plan, baseline)! : null;
  const box = plan.objectives.map((_, m) =>
    edge(
      [...ends, ...(base === null ? [] : [base])].map((point) => point[m]!),
      feasible.map((point) => point[m]!),
    ),
  );
  const reference = box.map(() => 1 + BEHIND);
  const whole = power(1 + BEHIND, box.length);
  let best: readonly (readonly number[])[] = [];
  let value = 0;
  const values = points.map((point) => {
    if (point === null) return value;
    const seen = [...best, point.map((loss, m) => (loss - box[m]!.low) / (box[m]!.high - box[m]!.low))];
    const kept = nonDominatedIndices(seen);
    if (kept.at(-1) === best.length) {
      best = kept.map((index) => seen[index]!);
      value = hypervolume(best, reference) / whole;
    }
    return value;
  });
  const unsigned = (loss: number, m: number): number => (loss === 0 ? 0 : sign[m]! * loss);
  return {
    kind: 'front-box',
    ideal: box.map(({ low }, m) => unsigned(low, m)),
    reference: box.map(({ low, high }, m) => unsigned(high + BEHIND * (high - low), m)),
    values,
  };
}

/** From the best loss to the worst of front and baseline; where these are equal, to the worst feasible one. */
function edge(core: readonly number[], all: readonly number[]): { readonly low: number; readonly high: number } {
  const low = Math.min(...core);
  const high = Math.max(...core);
  if (high > low) return { low, high };
  const worst = Math.max(...all);
  if (worst > low) return { low, high: worst };
  return Number.isFinite(low) ? { low, high: low + (Math.abs(low) || 1) } : { low: 0, high: 1 };
}
