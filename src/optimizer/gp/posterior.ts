import { choleskyFactor, choleskySolve, dot, solveLower, solveUpper } from '../../numeric/cholesky.ts';
import type { LogHyperparameters } from './hyperparameters.ts';
import { type FeatureRows, type KernelShape, profile, profileSlope } from './kernel.ts';
import { MEAN_VARIANCE, RELATIVE_NUGGET } from './marginal-likelihood.ts';

/** Gaussian process conditioned on values at n points, ready to predict. Everything is on the standardised scale. */
export interface Posterior {
  readonly shape: KernelShape;
  readonly theta: LogHyperparameters;
  readonly points: FeatureRows;
  /** Factor of K + noise, row-major n × n. */
  readonly lower: Float64Array;
  /** (K + noise)⁻¹ y for each of S vectors of values: the mean of member s is k(x)ᵀ α_s. */
  readonly alphas: readonly Float64Array[];
  /** Inverse squared lengthscales, length p. */
  readonly weights: Float64Array;
  readonly signal: number;
}

/** Diagonal terms tried in turn, relative to the prior variance, until the factorisation succeeds. */
const JITTER_LADDER = [0, 1e-10, 1e-8, 1e-6, 1e-4, 1e-2];

/**
 * Conditions the process on each vector of `targets`; they share the variance, so one factorisation serves all.
 * @param targets - S vectors of length n
 * @param noise - variance of each target, length n
 * @throws RangeError when even the largest jitter fails, which finite input cannot cause
 */
export function condition(
  model: { readonly shape: KernelShape; readonly theta: LogHyperparameters },
  points: FeatureRows,
  targets: readonly Readonly<Float64Array>[],
  noise: Readonly<Float64Array>,
): Posterior {
  const { theta, shape } = model;
  const { rows, width } = points;
  const weights = theta.slice(0, width).map(Math.exp);
  const signal = Math.exp(theta[width]!);
  const prior = priorCovariance(shape, weights, signal, points);
  for (const jitter of JITTER_LADDER) {
    const covariance = prior.slice();
    const extra = signal * RELATIVE_NUGGET + jitter * (signal + MEAN_VARIANCE);
    for (let i = 0; i < rows; i++) covariance[i * rows + i]! += noise[i]! + extra;
    const result = choleskyFactor(covariance, rows, covariance);
    if (result.kind !== 'factored') continue;
    const { lower } = result;
    const alphas = targets.map((values) => choleskySolve(lower, rows, values));
    return { shape, theta, points, lower, alphas, weights, signal };
  }
  throw new RangeError(
    'covariance is not positive definite even with jitter; features or hyperparameters are not finite',
  );
}

/** Lower triangle of s² κ + m², row-major; the upper triangle is zero. */
export function priorCovariance(
  shape: KernelShape,
  weights: Readonly<Float64Array>,
  signal: number,
  points: FeatureRows,
): Float64Array {
  const { rows, width, features, categorical } = points;
  const out = new Float64Array(rows * rows);
  for (let a = 0; a < rows; a++) {
    for (let b = 0; b <= a; b++) {
      let r2 = 0;
      for (let j = 0; j < width; j++) {
        const delta = features[a * width + j]! - features[b * width + j]!;
        r2 += weights[j]! * (categorical[j] === 1 ? (delta === 0 ? 0 : 1) : delta * delta);
      }
      out[a * rows + b] = signal * profile(shape, r2) + MEAN_VARIANCE;
    }
  }
  return out;
}

/** Moments at one point, and the work arrays behind them. */
export interface Moments {
  /** Mean of each member, length S. */
  readonly means: Float64Array;
  variance: number;
  /** cov(f(x), f(X)), length n. */
  readonly covariance: Float64Array;
  /** Squared scaled distances to the points, length n. */
  readonly distances: Float64Array;
  /** L⁻¹ k(x), length n. */
  readonly solved: Float64Array;
}

/** Allocates for posteriors of this size. */
export function momentsBuffer({ points, alphas }: Posterior): Moments {
  return {
    means: new Float64Array(alphas.length),
    variance: 0,
    covariance: new Float64Array(points.rows),
    distances: new Float64Array(points.rows),
    solved: new Float64Array(points.rows),
  };
}

function fillCrossCovariance(posterior: Posterior, x: Readonly<Float64Array>, out: Moments): void {
  const { shape, weights, signal, points } = posterior;
  const { rows, width, features, categorical } = points;
  const { covariance, distances } = out;
  for (let a = 0; a < rows; a++) {
    let r2 = 0;
    const row = a * width;
    for (let j = 0; j < width; j++) {
      const delta = x[j]! - features[row + j]!;
      r2 += weights[j]! * (categorical[j] === 1 ? (delta === 0 ? 0 : 1) : delta * delta);
    }
    distances[a] = r2;
    covariance[a] = signal * profile(shape, r2) + MEAN_VARIANCE;
  }
}

/** Latent means and variance (without noise) at `x`. */
export function predict(posterior: Posterior, x: Readonly<Float64Array>, out: Moments): Moments {
  const { rows } = posterior.points;
  predictMeans(posterior, x, out);
  solveLower(posterior.lower, rows, out.covariance, out.solved);
  const prior = posterior.signal + MEAN_VARIANCE;
  out.variance = Math.max(prior - dot(out.solved, 0, out.solved, 0, rows), 1e-14 * prior);
  return out;
}

/** Latent means only, at S n multiply-adds. */
export function predictMeans(posterior: Posterior, x: Readonly<Float64Array>, out: Moments): Float64Array {
  fillCrossCovariance(posterior, x, out);
  const { alphas, points } = posterior;
  for (let s = 0; s < alphas.length; s++) out.means[s] = dot(out.covariance, 0, alphas[s]!, 0, points.rows);
  return out.means;
}

/**
 * Adds the feature gradient of Σ_s a_s mean_s(x) + b variance(x) to `gradient`; categorical features get nothing.
 * One pass over the points for all members, because the means are linear in α. Call right after `predict` at the same x.
 */
export function addMomentGradient(
  posterior: Posterior,
  x: Readonly<Float64Array>,
  moments: Moments,
  toMeans: Readonly<Float64Array>,
  toVariance: number,
  gradient: Float64Array,
): void {
  const { shape, weights, signal, points, alphas, lower } = posterior;
  const { rows, width, features, categorical } = points;
  const { distances, solved } = moments;
  solveUpper(lower, rows, solved, solved);
  for (let a = 0; a < rows; a++) {
    let pull = -2 * toVariance * solved[a]!;
    for (let s = 0; s < alphas.length; s++) pull += toMeans[s]! * alphas[s]![a]!;
    pull *= 2 * signal * profileSlope(shape, distances[a]!);
    const row = a * width;
    for (let j = 0; j < width; j++)
      if (categorical[j] === 0) gradient[j]! += pull * weights[j]! * (x[j]! - features[row + j]!);
  }
}

/** Posterior covariance of f at the rows of `at`, lower triangle, row-major. */
export function jointCovariance(posterior: Posterior, at: FeatureRows): Float64Array {
  const { points, lower, shape, weights, signal } = posterior;
  const n = points.rows;
  const solved = new Float64Array(at.rows * n);
  const moments = momentsBuffer({ ...posterior, alphas: [] });
  for (let i = 0; i < at.rows; i++) {
    fillCrossCovariance(posterior, at.features.subarray(i * at.width, (i + 1) * at.width), moments);
    solveLower(lower, n, moments.covariance, moments.solved);
    solved.set(moments.solved, i * n);
  }
  const out = priorCovariance(shape, weights, signal, at);
  for (let i = 0; i < at.rows; i++)
    for (let j = 0; j <= i; j++) out[i * at.rows + j]! -= dot(solved, i * n, solved, j * n, n);
  return out;
}
