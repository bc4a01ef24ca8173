import type { JsonObject } from '../../base/json.ts';
import { normalCdf } from '../../numeric/normal.ts';
import { meanAndVariance } from '../../numeric/statistics.ts';

/** A law of token counts, as a workload document says it. */
export interface FittedLengths {
  readonly document: JsonObject;
  readonly type: string;
  /** Largest distance between the two distribution functions. */
  readonly ks: number;
}

/** A law with parameters is taken if it is no further away than this; otherwise the counts themselves are. */
const MOST_DISTANCE = 0.05;
/** Points of a distribution that is given by its quantiles. */
const QUANTILES = 50;

interface Candidate {
  readonly document: JsonObject;
  readonly logLikelihood: number;
  /** P(count ≤ n) before rounding and clamping. */
  readonly cdf: (n: number) => number;
}

/**
 * The law of token counts: constant, or the likeliest of Gaussian, exponential and lognormal between the least and the
 * largest count, or else quantiles.
 * @param counts - ≥ 1, at least one
 */
export function fitLengths(counts: readonly number[]): FittedLengths {
  const sorted = Float64Array.from(counts).sort();
  const [min, max] = [sorted[0]!, sorted.at(-1)!];
  if (min === max) return { document: lengthDocument('constant', { value: min }), type: 'constant', ks: 0 };
  const { document, cdf } = [...candidates(sorted, min, max)].sort((a, b) => b.logLikelihood - a.logLikelihood)[0]!;
  const ks = distance(sorted, max, cdf);
  if (ks <= MOST_DISTANCE) return { document, type: String(document['type']), ks };
  return byQuantiles(sorted);
}

function candidates(sorted: Float64Array, min: number, max: number): readonly Candidate[] {
  const n = sorted.length;
  const { mean, variance } = meanAndVariance(sorted);
  const logs = sorted.map(Math.log);
  const { mean: mu, variance: logVariance } = meanAndVariance(logs);
  const [stdDev, sigma] = [Math.sqrt(variance), Math.sqrt(logVariance)];
  const normalLikelihood = (spread: number): number => -n * (Math.log(spread) + 0.5 * Math.log(2 * Math.PI) + 0.5);
  const short = (value: number): number => Number(value.toPrecision(6));
  return [
    {
      document: lengthDocument('gaussian', { mean: short(mean), std_dev: short(stdDev), min, max }),
      logLikelihood: normalLikelihood(stdDev),
      cdf: (x) => normalCdf((x + 0.5 - mean) / stdDev),
    },
    {
      document: lengthDocument('exponential', { mean: short(mean), min, max }),
      logLikelihood: -n * (Math.log(mean) + 1),
      cdf: (x) => 1 - Math.exp(-(x + 0.5) / mean),
    },
    {
      document: lengthDocument('lognormal', { mu: short(mu), sigma: short(sigma), min, max }),
      logLikelihood: normalLikelihood(sigma) - logs.reduce((sum, log) => sum + log, 0),
      cdf: (x) => normalCdf((Math.log(x + 0.5) - mu) / sigma),
    },
  ];
}

/** Kolmogorov–Smirnov distance of counts from a law that is clamped to their range. */
function distance(sorted: Float64Array, max: number, cdf: (n: number) => number): number {
  let furthest = 0;
  for (let i = 0; i < sorted.length; i++) {
    const count = sorted[i]!;
    if (sorted[i + 1] === count) continue;
    const below = i + 1 < sorted.length ? cdf(sorted[i + 1]! - 1) : 1;
    const at = count >= max ? 1 : cdf(count);
    const seen = (i + 1) / sorted.length;
    furthest = Math.max(furthest, Math.abs(at - seen), Math.abs(below - seen));
  }
  return furthest;
}

/** Each count with its weight, or quantiles of equal weight. */
function byQuantiles(sorted: Float64Array): FittedLengths {
  const weights = new Map<number, number>();
  const distinct = new Set(sorted).size;
  const points = distinct <= QUANTILES ? sorted.length : Math.min(QUANTILES, sorted.length);
  for (let k = 0; k < points; k++) {
    const count = sorted[Math.floor(((k + 0.5) * sorted.length) / points)]!;
    weights.set(count, (weights.get(count) ?? 0) + 1);
  }
  const params = Object.fromEntries([...weights].map(([count, weight]) => [String(count), weight]));
  return { document: { type: 'empirical', params }, type: 'empirical', ks: distinct <= QUANTILES ? 0 : 0.5 / points };
}

function lengthDocument(type: string, params: JsonObject): JsonObject {
  return { type, params };
}
