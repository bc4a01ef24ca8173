import type { Rng } from '../../base/random.ts';
import { scrambledSobol } from '../../numeric/sobol-sequence.ts';

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
  /** Row count N. */
  readonly rows: number;
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
  return { rows, a, b, mixed };
}

/** Function values of one member at the rows of a design. */
export interface DesignValues {
  readonly a: Float64Array;
  readonly b: Float64Array;
  readonly mixed: readonly Float64Array[];
}

const CONFIDENCE_TAIL = 0.025;

/**
 * First-order and total indices of each group: Jansen's estimators for the first member of `members`; the interval is
 * taken over all members, each on resampled rows, so that it holds both the sampling error and the surrogate's doubt.
 *
 * Estimates from a finite design may leave the range of what they estimate. So each member's estimates are clipped, as the
 * last step: the total index to [0, 1], then the first-order index to [0, total], since a group alone explains no more than
 * with its interactions. Value and bounds are taken from clipped estimates, so both relations hold for them as well.
 * @see Jansen 1999, "Analysis of variance designs for model output"
 */
export function sobolIndices(members: readonly DesignValues[], rng: Rng): readonly GroupIndices[] {
  const [central] = members;
  const groups = central!.mixed.length;
  const rows = central!.a.length;
  const every = Int32Array.from({ length: rows }, (_, index) => index);
  const centre = estimates(central!, every);
  const spread = members.map((member) =>
    estimates(
      member,
      Int32Array.from({ length: rows }, () => rng.below(rows)),
    ),
  );
  return Array.from({ length: groups }, (_, group) => ({
    first: interval(
      centre.first[group]!,
      spread.map(({ first }) => first[group]!),
    ),
    total: interval(
      centre.total[group]!,
      spread.map(({ total }) => total[group]!),
    ),
  }));
}

function estimates(values: DesignValues, rows: Int32Array): { first: number[]; total: number[] } {
  let sum = 0;
  let squares = 0;
  for (const row of rows) {
    sum += values.a[row]! + values.b[row]!;
    squares += values.a[row]! ** 2 + values.b[row]! ** 2;
  }
  const count = 2 * rows.length;
  const variance = squares / count - (sum / count) ** 2;
  const first: number[] = [];
  const total: number[] = [];
  for (const mixed of values.mixed) {
    let fromB = 0;
    let fromA = 0;
    for (const row of rows) {
      fromB += (values.b[row]! - mixed[row]!) ** 2;
      fromA += (values.a[row]! - mixed[row]!) ** 2;
    }
    const scale = 2 * rows.length * variance;
    const most = variance > 0 ? Math.min(1, fromA / scale) : 0;
    total.push(most);
    first.push(variance > 0 ? Math.min(most, Math.max(0, 1 - fromB / scale)) : 0);
  }
  return { first, total };
}

function interval(value: number, spread: readonly number[]): IndexInterval {
  const sorted = [...spread].sort((x, y) => x - y);
  const at = (share: number): number => sorted[Math.round(share * (sorted.length - 1))]!;
  return { value, low: Math.min(value, at(CONFIDENCE_TAIL)), high: Math.max(value, at(1 - CONFIDENCE_TAIL)) };
}
