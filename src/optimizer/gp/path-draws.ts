import type { Rng } from '../../base/random.ts';
import { choleskySolve } from '../../numeric/cholesky.ts';
import { covarianceAlong } from './covariance-along.ts';
import type { FittedGp } from './fit.ts';
import { type Kernel, kernelVariance, MEAN_VARIANCE } from './kernel.ts';

/** A function on features, on the standardised scale. */
export type Path = (x: Readonly<Float64Array>) => number;

export interface PathOptions {
  /** The covariance of the prior is met up to about 1/√waves; what the data say is met exactly. */
  readonly waves: number;
  /** Levels of each categorical feature, length p. */
  readonly levels: Int32Array;
  readonly rng: Rng;
}

/**
 * A draw from the posterior over functions: a draw from the prior, moved by what the data say against it,
 * f(x) + k(x, X) (K + noise)⁻¹ (y − f(X) − ε).
 * @see Wilson et al. 2020, "Efficiently sampling functions from Gaussian process posteriors"
 */
export function drawPath({ posterior, targets, noise }: FittedGp, options: PathOptions): Path {
  const { kernel, points } = posterior;
  const { rows, width, features, categorical } = points;
  const { rng } = options;
  const mean = Math.sqrt(MEAN_VARIANCE) * rng.normal();
  const prior = drawPrior(kernel, categorical, options);
  const gap = Float64Array.from({ length: rows }, (_, a) => {
    const before = mean + prior(features.subarray(a * width, (a + 1) * width));
    return targets[a]! - before - Math.sqrt(noise[a]!) * rng.normal();
  });
  const pull = choleskySolve(posterior.lower(), rows, gap);
  const covariance = new Float64Array(rows);
  const covarianceAt = covarianceAlong(kernel, points);
  return (x) => {
    covarianceAt(x, covariance);
    let value = mean + prior(x);
    for (let a = 0; a < rows; a++) value += (covariance[a]! + MEAN_VARIANCE) * pull[a]!;
    return value;
  };
}

/**
 * A draw from the prior: √(2 s² / F) Σ_k cos(ω_k · x + φ_k) with frequencies from the kernel's spectral density; a category
 * multiplies each wave by an effect of its level. Waves of an additive kernel belong to single features, pairs, or all of
 * them, by their shares of the variance.
 * @see Rahimi & Recht 2007, "Random features for large-scale kernel machines"
 */
function drawPrior(kernel: Kernel, categorical: Uint8Array, { waves, levels, rng }: PathOptions): Path {
  const p = kernel.weights.length;
  const amplitude = Math.sqrt((2 * kernelVariance(kernel)) / waves);
  const frequencies = new Float64Array(waves * p);
  const phases = Float64Array.from({ length: waves }, () => 2 * Math.PI * rng.uniform());
  const effects = Array.from(levels, (count, j) => new Float64Array(categorical[j] === 1 ? waves * count : 0).fill(1));
  for (let k = 0; k < waves; k++) {
    const scale = mixingScale(kernel, rng);
    for (const j of drawSubset(kernel, rng)) {
      const weight = kernel.weights[j]! * scale;
      if (categorical[j] === 1) drawEffects(effects[j]!.subarray(k * levels[j]!, (k + 1) * levels[j]!), weight, rng);
      else frequencies[k * p + j] = Math.sqrt(weight) * rng.normal();
    }
  }
  const categories = [...categorical.keys()].filter((j) => categorical[j] === 1);
  return (x) => {
    let sum = 0;
    for (let k = 0; k < waves; k++) {
      let phase = phases[k]!;
      for (let j = 0; j < p; j++) phase += frequencies[k * p + j]! * x[j]!;
      let wave = Math.cos(phase);
      for (const j of categories) wave *= effects[j]![k * levels[j]! + x[j]!]!;
      sum += wave;
    }
    return amplitude * sum;
  };
}

const MATERN_FREEDOM = 5;

/** The Matérn kernel is a mixture of squared-exponential ones: its frequencies have Student's distribution with 2ν degrees. */
function mixingScale({ shape }: Kernel, rng: Rng): number {
  if (shape !== 'matern52') return 1;
  let squares = 0;
  for (let i = 0; i < MATERN_FREEDOM; i++) squares += rng.normal() ** 2;
  return MATERN_FREEDOM / squares;
}

/** Features of one wave. */
function drawSubset({ shape, weights, signal, first, second }: Kernel, rng: Rng): readonly number[] {
  const p = weights.length;
  const all = [...weights.keys()];
  if (shape !== 'additive') return all;
  const single = first * p;
  const pairs = second * ((p * (p - 1)) / 2);
  const at = rng.uniform() * (signal + single + pairs);
  if (at < signal) return all;
  const i = rng.below(p);
  if (at < signal + single) return [i];
  const other = rng.below(p - 1);
  return [i, other < i ? other : other + 1];
}

/** Normal effects of levels with correlation exp(−w / 2). */
function drawEffects(out: Float64Array, weight: number, rng: Rng): void {
  const correlation = Math.exp(-0.5 * weight);
  const common = Math.sqrt(correlation) * rng.normal();
  for (let level = 0; level < out.length; level++) out[level] = common + Math.sqrt(1 - correlation) * rng.normal();
}
