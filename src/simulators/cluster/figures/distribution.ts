import type { ItlHistogram } from '../engine-result.ts';

/** The entries of a column at some rows. */
export function picked(column: Float64Array, rows: ArrayLike<number>): Float64Array {
  const values = new Float64Array(rows.length);
  for (let i = 0; i < rows.length; i++) values[i] = column[rows[i]!]!;
  return values;
}

/** Below this many values the comparison sort of the language is as fast, and it needs no warming up. */
const RADIX_FROM = 4096;
const RADIX_BITS = 11;

/** Ascending copy of the finite values. */
export function sortedFinite(values: ArrayLike<number>): Float64Array {
  const finite = new Float64Array(values.length);
  const kept = finite.subarray(0, copyFinite(values, finite));
  const whole = kept.length >= RADIX_FROM ? wholeNumbers(kept) : null;
  if (whole === null) return kept.sort();
  kept.set(sortWhole(whole));
  return kept;
}

/** @returns the number of values copied */
function copyFinite(values: ArrayLike<number>, into: Float64Array): number {
  let count = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (Number.isFinite(value)) into[count++] = value;
  }
  return count;
}

/** The values if all are integers in [0, 2^32). */
function wholeNumbers(values: Float64Array): Uint32Array<ArrayBuffer> | null {
  const whole = new Uint32Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (value >>> 0 !== value || Object.is(value, -0)) return null;
    whole[i] = value;
  }
  return whole;
}

/** Sorts digit by digit, up to the highest that any value has: times in whole µs nearly always are short. */
function sortWhole(values: Uint32Array<ArrayBuffer>): Uint32Array {
  let from = values;
  let to = new Uint32Array(values.length);
  const starts = new Uint32Array(1 << RADIX_BITS);
  const highest = 31 - Math.clz32(union(values));
  for (let shift = 0; shift <= highest; shift += RADIX_BITS) {
    countDigits(from, shift, starts);
    distribute(from, shift, starts, to);
    [from, to] = [to, from];
  }
  return from;
}

/** All bits that any value has. */
function union(values: Uint32Array): number {
  let bits = 0;
  for (let i = 0; i < values.length; i++) bits |= values[i]!;
  return bits >>> 0;
}

/** Where the values with each digit begin. */
function countDigits(values: Uint32Array, shift: number, starts: Uint32Array): void {
  const mask = starts.length - 1;
  starts.fill(0);
  for (let i = 0; i < values.length; i++) starts[(values[i]! >>> shift) & mask]!++;
  let start = 0;
  for (let digit = 0; digit <= mask; digit++) {
    const count = starts[digit]!;
    starts[digit] = start;
    start += count;
  }
}

function distribute(from: Uint32Array, shift: number, starts: Uint32Array, to: Uint32Array): void {
  const mask = starts.length - 1;
  for (let i = 0; i < from.length; i++) {
    const value = from[i]!;
    to[starts[(value >>> shift) & mask]!++] = value;
  }
}

/** Mean of ascending µs, in ms; 0 without values. */
export function meanMs(sorted: Float64Array): number {
  return sorted.length === 0 ? 0 : sum(sorted) / sorted.length / 1000;
}

/** Interpolated percentile of ascending µs, in ms; 0 without values. @param percent - 0 … 100 */
export function percentileMs(sorted: Float64Array, percent: number): number {
  if (sorted.length === 0) return 0;
  const rank = (percent / 100) * (sorted.length - 1);
  const low = Math.floor(rank);
  const high = Math.ceil(rank);
  return interpolateMs(sorted[low]!, sorted[high]!, rank - low);
}

export function histogramMeanMs(histogram: ItlHistogram): number {
  const total = sum(histogram.counts);
  if (total === 0) return 0;
  let weighted = 0;
  for (let i = 0; i < histogram.values.length; i++) weighted += histogram.values[i]! * histogram.counts[i]!;
  return weighted / total / 1000;
}

/** Interpolated percentiles in one pass. @param percents - 0 … 100, ascending */
export function histogramPercentilesMs(histogram: ItlHistogram, percents: readonly number[]): readonly number[] {
  const { values, counts } = histogram;
  const total = sum(counts);
  if (total === 0) return percents.map(() => 0);
  let at = 0;
  let before = counts[0]!;
  return percents.map((percent) => {
    const rank = (percent / 100) * (total - 1);
    const lowIndex = Math.floor(rank);
    while (lowIndex >= before) before += counts[++at]!;
    const low = values[at]!;
    let [highAt, highBefore] = [at, before];
    while (Math.ceil(rank) >= highBefore) highBefore += counts[++highAt]!;
    return interpolateMs(low, values[highAt]!, rank - lowIndex);
  });
}

/** Figures of a population, in the unit of its values. */
export interface Distribution {
  readonly count: number;
  readonly mean: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

/** All zero for an empty population. */
export function distribution(values: ArrayLike<number>): Distribution {
  const sorted = sortedFinite(values);
  const count = sorted.length;
  const at = (percent: number) => {
    if (count === 0) return 0;
    const rank = (percent / 100) * (count - 1);
    const low = sorted[Math.floor(rank)]!;
    const high = sorted[Math.ceil(rank)]!;
    return low + (rank - Math.floor(rank)) * (high - low);
  };
  return { count, mean: count === 0 ? 0 : sum(sorted) / count, p50: at(50), p95: at(95), p99: at(99) };
}

/** (Σx)² / (n·Σx²): 1 = all equal, 1/n = one has all; 1 where nobody has anything. @see Jain, Chiu & Hawe 1984 */
export function jainIndex(shares: readonly number[]): number {
  let total = 0;
  let squares = 0;
  for (const share of shares) {
    total += share;
    squares += share * share;
  }
  return squares === 0 ? 1 : (total * total) / (shares.length * squares);
}

function interpolateMs(low: number, high: number, fraction: number): number {
  return fraction === 0 ? low / 1000 : low / 1000 + ((high - low) * fraction) / 1000;
}

function sum(values: Float64Array): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i]!;
  return total;
}
