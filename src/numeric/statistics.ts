import type { Rng } from '../base/random.ts';
import { studentQuantile } from './student-t.ts';

export interface Interval {
  readonly value: number;
  readonly low: number;
  readonly high: number;
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
 * Mean with its Student-t confidence interval; infinitely wide for a single value.
 * @throws RangeError for an empty sample
 */
export function meanInterval(sample: ArrayLike<number>, confidence = 0.95): Interval {
  const n = sample.length;
  if (n === 0) throw new RangeError('a mean needs at least one value, got none');
  const { mean, variance } = meanAndVariance(sample);
  if (n === 1) return { value: mean, low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY };
  const half = studentQuantile(0.5 + confidence / 2, n - 1) * Math.sqrt(variance / n);
  return { value: mean, low: mean - half, high: mean + half };
}

/**
 * Mean of b − a over pairs measured under equal conditions, with its Student-t interval: what the pairs share cancels.
 * @throws RangeError when the lengths differ
 */
export function pairedDifference(a: ArrayLike<number>, b: ArrayLike<number>, confidence = 0.95): Interval {
  if (a.length !== b.length) throw new RangeError(`pairs need equal lengths, got ${a.length} and ${b.length}`);
  return meanInterval(
    Array.from(a, (value, i) => b[i]! - value),
    confidence,
  );
}

/**
 * Percentile bootstrap interval of any statistic.
 * @see Efron & Tibshirani 1993, chapter 13
 */
export function bootstrapInterval(
  sample: readonly number[],
  statistic: (resample: readonly number[]) => number,
  rng: Rng,
  { resamples = 1000, confidence = 0.95 } = {},
): Interval {
  const draws = Array.from({ length: resamples }, () =>
    statistic(Array.from({ length: sample.length }, () => sample[rng.below(sample.length)]!)),
  );
  const tail = (1 - confidence) / 2;
  return { value: statistic(sample), low: quantile(draws, tail), high: quantile(draws, 1 - tail) };
}
