import type { JsonObject } from '../../base/json.ts';
import { fitExponential, fitGamma, fitWeibull } from '../../numeric/positive-laws.ts';
import { meanAndVariance } from '../../numeric/statistics.ts';
import { logGamma } from '../../numeric/student-t.ts';

/** An arrival process, as a workload document says it. */
export interface FittedArrivals {
  readonly process: 'constant' | 'poisson' | 'gamma' | 'weibull';
  readonly ratePerSecond: number;
  /** Standard deviation of the gaps over their mean. */
  readonly cv: number;
  /** Gaps at the resolution of the times, as a share: their law is not known below it. */
  readonly unresolved: number;
}

/** Times are whole µs. */
const RESOLUTION_US = 1;
/** With more gaps at the resolution than this, likelihood would take it for part of the law. */
const MOST_UNRESOLVED = 0.01;
const CONSTANT_CV = 1e-3;
/** Variations that a Weibull process of a workload document may have. */
const WEIBULL_CV = { least: 0.01, most: 10.4 };

/**
 * The process of sorted times: constant, or what is likeliest of Poisson, gamma and Weibull with a penalty of half a log n
 * for a shape. The variation follows from the fitted shape, or is that of the gaps where many of them are too short to be told.
 * @see Schwarz 1978 for the penalty
 */
export function fitArrivals(timesUs: readonly number[]): FittedArrivals {
  const gaps = gapsOf(timesUs);
  if (gaps.length === 0) return { process: 'poisson', ratePerSecond: 1, cv: 1, unresolved: 0 };
  const { mean, variance } = meanAndVariance(gaps);
  const ratePerSecond = 1e6 / mean;
  const observedCv = Math.sqrt(variance) / mean;
  const unresolved = gaps.filter((gap) => gap <= RESOLUTION_US).length / gaps.length;
  if (observedCv < CONSTANT_CV) return { process: 'constant', ratePerSecond, cv: 0, unresolved };
  const penalty = Math.log(gaps.length) / 2;
  const gamma = fitGamma(gaps);
  const weibull = fitWeibull(gaps);
  const poisson = fitExponential(gaps).logLikelihood + penalty;
  const best = Math.max(gamma.logLikelihood, weibull.logLikelihood);
  if (poisson >= best) return { process: 'poisson', ratePerSecond, cv: 1, unresolved };
  const process = gamma.logLikelihood >= weibull.logLikelihood ? 'gamma' : 'weibull';
  const fitted = process === 'gamma' ? 1 / Math.sqrt(gamma.shape) : weibullCv(weibull.shape);
  const cv = unresolved > MOST_UNRESOLVED ? observedCv : fitted;
  return { process, ratePerSecond, cv: process === 'weibull' ? clamped(cv) : cv, unresolved };
}

export function arrivalDocument({ process, cv }: FittedArrivals): JsonObject {
  return process === 'gamma' || process === 'weibull' ? { process, cv: Number(cv.toPrecision(6)) } : { process };
}

/** µs, at least the resolution: a gap of 0 has no likelihood. */
export function gapsOf(timesUs: readonly number[]): number[] {
  return timesUs.slice(1).map((us, index) => Math.max(RESOLUTION_US, us - timesUs[index]!));
}

function weibullCv(shape: number): number {
  return Math.sqrt(Math.max(0, Math.exp(logGamma(1 + 2 / shape) - 2 * logGamma(1 + 1 / shape)) - 1));
}

function clamped(cv: number): number {
  return Math.min(WEIBULL_CV.most, Math.max(WEIBULL_CV.least, cv));
}

/** Sorted times with those of one instant moved apart evenly, up to the next instant. @returns also how many were moved */
export function apart(timesUs: readonly number[]): { readonly timesUs: readonly number[]; readonly moved: number } {
  const result: number[] = [];
  let moved = 0;
  for (let from = 0; from < timesUs.length; ) {
    let to = from + 1;
    while (to < timesUs.length && timesUs[to] === timesUs[from]) to++;
    const span = to < timesUs.length ? timesUs[to]! - timesUs[from]! : lastGap(timesUs, from);
    for (let i = from; i < to; i++) result.push(timesUs[from]! + (span * (i - from)) / (to - from));
    moved += to - from - 1;
    from = to;
  }
  return { timesUs: result, moved };
}

function lastGap(timesUs: readonly number[], from: number): number {
  return from > 0 ? timesUs[from]! - timesUs[from - 1]! : 0;
}
