import { studentQuantile } from '../../numeric/student-t.ts';

export interface Interval {
  readonly mean: number;
  /** Half width of the two-sided 95 % interval; null with fewer than two values. */
  readonly halfWidth: number | null;
}

/** Mean with its 95 % Student interval. @param values - at least one, of independent epochs */
export function meanInterval(values: readonly number[]): Interval {
  const n = values.length;
  let sum = 0;
  for (const value of values) sum += value;
  const mean = sum / n;
  if (n < 2) return { mean, halfWidth: null };
  let squares = 0;
  for (const value of values) squares += (value - mean) ** 2;
  const error = Math.sqrt(squares / (n - 1) / n);
  return { mean, halfWidth: studentQuantile(0.975, n - 1) * error };
}

/** Interval of the differences a − b, epoch by epoch: both met the same arrivals. */
export function pairedDifference(a: readonly number[], b: readonly number[]): Interval {
  if (a.length !== b.length) throw new RangeError(`pairs need equal lengths, got ${a.length} and ${b.length}`);
  return meanInterval(a.map((value, i) => value - b[i]!));
}
