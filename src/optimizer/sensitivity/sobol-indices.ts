import type { Rng } from '../../base/random.ts';
import { scrambledSobol } from '../../numeric/sobol-sequence.ts';
import { quantile } from '../../numeric/statistics.ts';

export interface IndexInterval {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

export interface GroupIndices {
  readonly first: IndexInterval;
  readonly total: IndexInterval;
}

export interface SobolDesign {
  /** N points of the cube. */
  readonly a: readonly Float64Array[];
  readonly b: readonly Float64Array[];
  /** For each group of coordinates: the rows of A with the group taken from B. */
  readonly mixed: readonly (readonly Float64Array[])[];
}

/**
 * Points for the estimation of Sobol indices.
 * @param groups - coordinates of each group; a weight vector is one group
 * @see Saltelli et al. 2010, "Variance based sensitivity analysis of model output", table 2
 */
export function sobolDesign(
  dimension: number,
  groups: readonly (readonly number[])[],
  rows: number,
  rng: Rng,
): SobolDesign {
  const sequence = scrambledSobol(2 * dimension, rng);
  const points = Array.from({ length: rows }, (_, index) => sequence(index));
  const a = points.map((point) => point.slice(0, dimension));
  const b = points.map((point) => point.slice(dimension));
  const mixed = groups.map((group) =>
    a.map((row, index) => {
      const changed = row.slice();
      for (const coordinate of group) changed[coordinate] = b[index]![coordinate]!;
      return changed;
    }),
  );
  return { a, b, mixed };
}

/** Function values at the rows of a design. */
export interface DesignValues {
  readonly a: Float64Array;
  readonly b: Float64Array;
  readonly mixed: readonly Float64Array[];
}

/** Indices by group. */
export interface IndexEstimates {
  readonly first: readonly number[];
  readonly total: readonly number[];
}

/**
 * First-order and total indices of each group by Jansen's estimators. Estimates from a finite design may leave the range of what
 * they estimate, so they are clipped: the total index to [0, 1], then the first-order index to [0, total], since a group alone
 * explains no more than with its interactions.
 * @see Jansen 1999, "Analysis of variance designs for model output"
 */
export function estimateIndices({ a, b, mixed }: DesignValues): IndexEstimates {
  const rows = a.length;
  let sum = 0;
  for (let row = 0; row < rows; row++) sum += (a[row]! + b[row]!) / (2 * rows);
  let variance = 0;
  for (let row = 0; row < rows; row++) variance += ((a[row]! - sum) ** 2 + (b[row]! - sum) ** 2) / (2 * rows);
  const first: number[] = [];
  const total: number[] = [];
  for (const values of mixed) {
    let fromB = 0;
    let fromA = 0;
    for (let row = 0; row < rows; row++) {
      fromB += (b[row]! - values[row]!) ** 2;
      fromA += (a[row]! - values[row]!) ** 2;
    }
    const scale = 2 * rows * variance;
    const most = variance > 0 ? Math.min(1, fromA / scale) : 0;
    total.push(most);
    first.push(variance > 0 ? Math.min(most, Math.max(0, 1 - fromB / scale)) : 0);
  }
  return { first, total };
}

const TAIL = 0.025;
/** How far what is missed goes against what is explained, as a correlation. */
const OPPOSED = 0.1;

/**
 * Intervals around the indices of one function: the middle 95 % of those of `members`, widened by the share u of the variance that
 * none of them accounts for. That share may belong to any group or to none. Of what is explained an index T keeps (1 − u) T,
 * and up to all of the rest may be added to it; or the rest goes against it, which leaves (√((1 − u) T) − ρ √u)².
 * @param unexplained - u in [0, 1]
 */
export function indexIntervals(
  central: IndexEstimates,
  members: readonly IndexEstimates[],
  unexplained: number,
): readonly GroupIndices[] {
  const explained = 1 - unexplained;
  const interval = (value: number, spread: readonly number[]): IndexInterval => {
    const root = Math.sqrt(explained * quantile(spread, TAIL)) - OPPOSED * Math.sqrt(unexplained);
    const high = explained * quantile(spread, 1 - TAIL) + unexplained;
    return { value, low: Math.min(value, Math.max(0, root) ** 2), high: Math.min(1, Math.max(value, high)) };
  };
  return central.first.map((first, group) => ({
    first: interval(
      first,
      members.map((member) => member.first[group]!),
    ),
    total: interval(
      central.total[group]!,
      members.map((member) => member.total[group]!),
    ),
  }));
}
