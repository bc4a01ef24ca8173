import { nonDominatedIndices } from '../optimizer/pareto/dominance.ts';
import { isFeasible, losses } from './objective.ts';
import type { StudyPlan } from './plan/study-plan.ts';
import type { Trial } from './trial.ts';

/** Feasible trials that no other feasible trial beats, by mean losses, in trial order. */
export function paretoFront(plan: StudyPlan, trials: readonly Trial[]): readonly Trial[] {
  const candidates = trials.filter((trial) => isFeasible(plan, trial));
  const points = candidates.map((trial) => losses(plan, trial)!);
  return nonDominatedIndices(points).map((index) => candidates[index]!);
}

/**
 * Front points ordered for a reader: first the one nearest to the ideal point (losses scaled to the front's range),
 * then always the one farthest from those already listed.
 */
export function shortList(plan: StudyPlan, front: readonly Trial[], count: number): readonly Trial[] {
  const scaled = scaleToUnit(front.map((trial) => losses(plan, trial)!));
  const chosen: number[] = [];
  while (chosen.length < Math.min(count, front.length)) {
    let best = -1;
    let bestScore = Number.NEGATIVE_INFINITY;
    for (const [index, point] of scaled.entries()) {
      if (chosen.includes(index)) continue;
      const score =
        chosen.length === 0 ? -norm(point) : Math.min(...chosen.map((other) => distance(point, scaled[other]!)));
      if (score > bestScore) {
        best = index;
        bestScore = score;
      }
    }
    chosen.push(best);
  }
  return chosen.map((index) => front[index]!);
}

function scaleToUnit(points: readonly (readonly number[])[]): number[][] {
  const width = points[0]?.length ?? 0;
  const low = Array.from({ length: width }, (_, m) => Math.min(...points.map((point) => point[m]!)));
  const high = Array.from({ length: width }, (_, m) => Math.max(...points.map((point) => point[m]!)));
  return points.map((point) =>
    point.map((value, m) => (high[m]! > low[m]! ? (value - low[m]!) / (high[m]! - low[m]!) : 0)),
  );
}

function norm(point: readonly number[]): number {
  return Math.sqrt(point.reduce((sum, value) => sum + value * value, 0));
}

function distance(a: readonly number[], b: readonly number[]): number {
  return norm(a.map((value, index) => value - b[index]!));
}
