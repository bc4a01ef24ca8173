import type { Rng } from '../../base/random.ts';
import { power } from '../../numeric/power.ts';

/** When requests come; times in seconds, rates per second. */
export type ArrivalProcess =
  | { readonly kind: 'at-once'; readonly at: number }
  | { readonly kind: 'constant'; readonly rate: number }
  | { readonly kind: 'poisson'; readonly rate: number }
  /** Renewal process with gamma gaps; `cv` is the coefficient of variation (1 = Poisson). */
  | { readonly kind: 'gamma'; readonly rate: number; readonly cv: number }
  /** Independent uniform times in [start, end), sorted. */
  | { readonly kind: 'uniform'; readonly start: number; readonly end: number }
  /** Groups of `size` every `interval` s, each member up to `jitter` s late. */
  | { readonly kind: 'burst'; readonly size: number; readonly interval: number; readonly jitter: number }
  /** Poisson at `rate`, and at rate · peak from `from` to `to`. */
  | {
      readonly kind: 'flash-crowd';
      readonly rate: number;
      readonly peak: number;
      readonly from: number;
      readonly to: number;
    }
  /** Poisson with a rate that changes at given times; the last rate stays. */
  | { readonly kind: 'piecewise'; readonly segments: readonly { readonly until: number; readonly rate: number }[] }
  /** Poisson with rate · (1 + amplitude · sin(2πt / period)). */
  | { readonly kind: 'sinusoid'; readonly rate: number; readonly amplitude: number; readonly period: number };

/** The first `count` arrival times, ascending. */
export function arrivalTimes(process: ArrivalProcess, count: number, rng: Rng): Float64Array {
  const times = new Float64Array(count);
  switch (process.kind) {
    case 'at-once':
      return times.fill(process.at);
    case 'uniform':
      for (let i = 0; i < count; i++) times[i] = process.start + (process.end - process.start) * rng.uniform();
      return times.sort();
    case 'burst':
      for (let i = 0; i < count; i++) {
        times[i] = Math.floor(i / process.size) * process.interval + process.jitter * rng.uniform();
      }
      return times.sort();
    case 'constant':
      for (let i = 0; i < count; i++) times[i] = i / process.rate;
      return times;
    case 'poisson':
      return renewal(times, () => rng.exponential() / process.rate);
    case 'gamma': {
      const shape = 1 / process.cv ** 2;
      return renewal(times, () => gammaDeviate(shape, rng) / (shape * process.rate));
    }
    case 'flash-crowd': {
      const { rate, peak, from, to } = process;
      return thinned(times, rate * Math.max(1, peak), (t) => (t >= from && t < to ? rate * peak : rate), rng);
    }
    case 'piecewise': {
      const { segments } = process;
      const rateAt = (t: number): number => (segments.find(({ until }) => t < until) ?? segments.at(-1)!).rate;
      return thinned(times, Math.max(...segments.map(({ rate }) => rate)), rateAt, rng);
    }
    case 'sinusoid': {
      const { rate, amplitude, period } = process;
      const rateAt = (t: number): number => rate * (1 + amplitude * Math.sin((2 * Math.PI * t) / period));
      return thinned(times, rate * (1 + amplitude), rateAt, rng);
    }
    default:
      return process satisfies never;
  }
}

/**
 * Gamma deviate with unit scale.
 * @see Marsaglia & Tsang 2000, "A simple method for generating gamma variables"
 */
function gammaDeviate(shape: number, rng: Rng): number {
  if (shape < 1) return gammaDeviate(shape + 1, rng) * power(1 - rng.uniform(), 1 / shape);
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = rng.normal();
    const v = power(1 + c * x, 3);
    if (v > 0 && Math.log(1 - rng.uniform()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v;
  }
}

function renewal(times: Float64Array, gap: () => number): Float64Array {
  let t = 0;
  for (let i = 0; i < times.length; i++) {
    t += gap();
    times[i] = t;
  }
  return times;
}

/** Inhomogeneous Poisson process. @see Lewis & Shedler 1979 */
function thinned(times: Float64Array, maxRate: number, rateAt: (t: number) => number, rng: Rng): Float64Array {
  let t = 0;
  for (let i = 0; i < times.length; i++) {
    do t += rng.exponential() / maxRate;
    while (rng.uniform() * maxRate >= rateAt(t));
    times[i] = t;
  }
  return times;
}
