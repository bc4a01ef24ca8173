import { Matrix } from 'ml-matrix';
import { power } from '../numeric/power.ts';
import { allPositive } from '../numeric/statistics.ts';
import { expectedRowMean, fitTwoWay, type TwoWayLayout, twoWayResiduals } from '../numeric/two-way-layout.ts';

/** Mean of an outcome over the replicates of one point, and the variance of that mean. */
export interface ReplicateMoments {
  readonly mean: number;
  /** Null where noise has to be inferred. */
  readonly variance: number | null;
}

/** Weight of the pooled variance against a row's own, in degrees of freedom. */
const POOLING = 4;

/**
 * Moments of one outcome over points evaluated several times. The q-th replicate of every point is taken to share its
 * seed: what a seed does to all points alike is no noise when points are compared, so variances come from the residuals of
 * the two-way layout point × seed, pooled over points: the median of their squares, or the mean where that is less. Where replicates share nothing, the effects are near zero and little
 * is lost. The layout is on the values or, where that is more likely, on their logarithms: noise that grows with the level.
 * @param rows - replicates of each point, null where there is none; rows may differ in length
 * @see Box & Cox 1964, "An analysis of transformations", for the choice of scale by likelihood
 */
export function replicateMoments(rows: readonly (readonly number[] | null)[]): (ReplicateMoments | null)[] {
  const main = mostCommonLength(rows);
  const full = rows.filter((row) => row !== null && row.length === main);
  if (main < 2 || full.length < 2) return rows.map((row) => row && { mean: meanOf(row), variance: null });
  const table = new Matrix(full as number[][]);
  const layout = likelierLayout(table);
  const squares = twoWayResiduals(layout.logarithmic ? Matrix.log(table) : table)
    .to2DArray()
    .map(sumOfSquares);
  const freedom = layout.freedom / full.length;
  const pooled = Math.min(median(squares) / medianOfChiSquare(freedom), layout.variance);
  let next = 0;
  return rows.map((row) => {
    if (row === null) return null;
    const complete = row.length === main;
    const own = complete ? (squares[next++]! + POOLING * pooled) / (freedom + POOLING) : pooled;
    if (layout.logarithmic && !complete && !allPositive(row)) return { mean: meanOf(row), variance: null };
    const { mean: expected, deviation } = expectedRowMean(layout, row);
    const mean = deviation > 0 ? expected : meanOf(row);
    const share = deviation > 0 ? (deviation * deviation) / layout.variance + 1 / main : 1 / row.length;
    const variance = own * share * (layout.logarithmic ? mean * mean : 1);
    return { mean, variance: Number.isFinite(variance) ? variance : null };
  });
}

/** The more likely of the two scales; the logarithm only where all values are positive. */
function likelierLayout(table: Matrix): TwoWayLayout {
  const plain = fitTwoWay(table, false)!;
  const logarithmic = fitTwoWay(table, true);
  if (logarithmic === null) return plain;
  const cells = table.rows * table.columns;
  const jacobian = table.to1DArray().reduce((sum, value) => sum + Math.log(value), 0);
  const fit = ({ variance }: TwoWayLayout): number => -0.5 * cells * Math.log(variance);
  return fit(logarithmic) - jacobian >= fit(plain) ? logarithmic : plain;
}

/** Mean that does not overflow where the values do not. */
function meanOf(row: readonly number[]): number {
  let mean = 0;
  row.forEach((value, i) => {
    mean += value / (i + 1) - mean / (i + 1);
  });
  return mean;
}

/** The most common length, the longer of equally common ones; 0 without rows. */
function mostCommonLength(rows: readonly (readonly number[] | null)[]): number {
  const counts = new Map<number, number>();
  for (const row of rows) if (row !== null) counts.set(row.length, (counts.get(row.length) ?? 0) + 1);
  let best = 0;
  for (const [length, count] of counts) {
    const most = counts.get(best) ?? 0;
    if (count > most || (count === most && length > best)) best = length;
  }
  return best;
}

/** @see Wilson & Hilferty 1931 */
function medianOfChiSquare(freedom: number): number {
  return freedom * power(1 - 2 / (9 * freedom), 3);
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)]!;
}

function sumOfSquares(values: readonly number[]): number {
  let sum = 0;
  for (const value of values) sum += value * value;
  return sum;
}
