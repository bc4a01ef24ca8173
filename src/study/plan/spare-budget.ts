import { finitePoints } from '../../optimizer/feasible/finite-points.ts';
import type { ParameterValues, SearchSpace } from '../../optimizer/space/parameter.ts';
import { isInside } from '../../optimizer/space/search-space.ts';
import type { StudySpec } from './study-spec.ts';
import { normalizeWeights } from './template.ts';

/** What becomes of a budget that a finite space cannot use up. */
export interface SpareBudget {
  /** Points of the space, and the baseline where it lies outside: what the study can try at most. */
  readonly vectors: number;
  /** Trials that the study asked for. */
  readonly trials: number;
  /** Seeds on which every vector is measured beyond those that the study names. */
  readonly furtherSeeds: readonly number[];
}

/**
 * @param spec - with the seeds that the study itself names: a run that goes on from another one finds the same further seeds again
 * @returns null where the budget does not reach the end of the space, or where that has no end, and where minutes bound it
 */
export function spareBudget(spec: StudySpec, space: SearchSpace, baseline: ParameterValues | null): SpareBudget | null {
  const { trials, minutes, spare = 'end' } = spec.budget;
  if (minutes !== undefined) return null;
  const points = finitePoints(space);
  if (points === null) return null;
  const outside = baseline !== null && !isInside(space, normalizeWeights(space, baseline));
  const vectors = points.length + (outside ? 1 : 0);
  if (vectors >= trials) return null;
  const affordable = Math.floor((trials * spec.seeds.length) / vectors) - spec.seeds.length;
  return { vectors, trials, furtherSeeds: spare === 'end' ? [] : freshSeeds(spec, affordable) };
}

/** The next numbers after the largest seed that the study names, those it names left out. */
function freshSeeds({ seeds, validation }: StudySpec, count: number): readonly number[] {
  const named = new Set([...seeds, ...(validation?.seeds ?? [])]);
  const largest = Math.max(...named);
  const fresh: number[] = [];
  // Close to the largest integer the count starts anew from 0.
  let next = Number.isSafeInteger(largest + named.size + count) ? largest : -1;
  while (fresh.length < count) if (!named.has(++next)) fresh.push(next);
  return fresh;
}

/** One sentence for logs and reports. */
export function describeSpare({ vectors, trials, furtherSeeds }: SpareBudget): string {
  const points = `${vectors} point${vectors === 1 ? '' : 's'}`;
  if (furtherSeeds.length === 0) return `the space has ${points}: it is used up before the budget of ${trials} trials`;
  return `the space has ${points}: the rest of the budget of ${trials} trials goes into further seeds (${furtherSeeds.join(', ')})`;
}
