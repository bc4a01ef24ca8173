import { studentQuantile } from './student-t.ts';

/** An estimate with the bounds of its confidence interval; null where there is none, as for a single value. */
export interface Interval {
  readonly value: number;
  readonly low: number | null;
  readonly high: number | null;
}

/**
 * Sample quantile with linear interpolation between order statistics.
 * @param p - in [0, 1]
 * @throws RangeError for an empty sample
 * @see Hyndman & Fan 1996, definition 7
 */
export function quantile(sample: ArrayLike<number>, p: number): number {
  if (sample.length === 0) throw new RangeError('a quantile needs at least one value, got none');
  const sorted = Float64Array.from(sample).sort();
  const at = p * (sorted.length - 1);
  const below = Math.floor(at);
  const share = at - below;
  const low = sorted[below]!;
  return share === 0 ? low : low + share * (sorted[below + 1]! - low);
}

/** Mean and unbiased variance in one pass; variance is 0 for one value. @see Welford 1962 */
export function meanAndVariance(sample: ArrayLike<number>): { readonly mean: number; readonly variance: number } {
  let mean = 0;
  let squares = 0;
  for (let i = 0; i < sample.length; i++) {
    const delta = sample[i]! - mean;
    mean += delta / (i + 1);
    squares += delta * (sample[i]! - mean);
  }
  return { mean, variance: sample.length > 1 ? squares / (sample.length - 1) : 0 };
}

/**
 * Mean with its Student-t confidence interval; a single value has none.
 * @throws RangeError for an empty sample
 */
export function meanInterval(sample: ArrayLike<number>, confidence = 0.95): Interval {
  const n = sample.length;
  if (n === 0) throw new RangeError('a mean needs at least one value, got none');
  const { mean, variance } = meanAndVariance(sample);
  if (n === 1) return { value: mean, low: null, high: null };
  const half = widthOf(confidence, n - 1) * Math.sqrt(variance / n);
  return { value: mean, low: mean - half, high: mean + half };
}

/** The width asked for last: a report asks for one and the same thousands of times, and Newton's method takes a while. */
let asked = { confidence: Number.NaN, freedom: 0, width: 0 };

function widthOf(confidence: number, freedom: number): number {
  if (asked.confidence !== confidence || asked.freedom !== freedom)
    asked = { confidence, freedom, width: studentQuantile(0.5 + confidence / 2, freedom) };
  return asked.width;
}

/**
 * Mean of values − base over pairs measured under equal conditions, with its Student-t interval: what the pairs share
 * cancels.
 * @throws RangeError when the lengths differ
 */
export function pairedDifference(base: readonly number[], values: readonly number[], confidence = 0.95): Interval {
  checkPairs(base, values);
  return meanInterval(
    values.map((value, i) => value - base[i]!),
    confidence,
  );
}

/** What became of a metric, over pairs measured under equal conditions. */
export interface PairedChange extends Interval {
  /** `log-ratio`: a share of the base, above −1, as are its bounds. `difference`: values − base, in their unit. */
  readonly scale: 'log-ratio' | 'difference';
}

/**
 * Change from base to values. Where all are positive: exp(m) − 1 with m the mean of log(value / base), and the Student-t
 * interval of m mapped alike. Noise of a latency or a rate grows with its level, so its logarithm is nearer to normal than
 * itself, halving and doubling are equally far, and no bound says "more than 100 % less". Where a value is 0 or negative
 * there is no ratio, and the change is the paired difference.
 * @throws RangeError when the lengths differ
 */
export function pairedChange(base: readonly number[], values: readonly number[], confidence = 0.95): PairedChange {
  checkPairs(base, values);
  if (!allPositive(base) || !allPositive(values)) {
    return { scale: 'difference', ...pairedDifference(base, values, confidence) };
  }
  const logs = values.map((value, i) => Math.log(value / base[i]!));
  const { value, low, high } = meanInterval(logs, confidence);
  const change = (log: number | null): number | null => (log === null ? null : Math.expm1(log));
  return { scale: 'log-ratio', value: Math.expm1(value), low: change(low), high: change(high) };
}

/** The interval of the opposite: of a loss where this is of a gain. */
export function negated<T extends Interval>(interval: T): T {
  const minus = (bound: number | null): number | null => (bound === null ? null : 0 - bound);
  return { ...interval, value: 0 - interval.value, low: minus(interval.high), high: minus(interval.low) };
}

export function allPositive(values: readonly number[]): boolean {
  return values.every((value) => value > 0);
}

function checkPairs(base: readonly number[], values: readonly number[]): void {
  if (base.length !== values.length) {
    throw new RangeError(`pairs need equal lengths, got ${base.length} and ${values.length}`);
  }
}
