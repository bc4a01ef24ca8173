import { choleskyFactor, choleskySolve } from '../../numeric/cholesky.ts';
import { dot } from '../../numeric/dot.ts';
import { solveLower, solveUpper } from '../../numeric/triangular-solve.ts';
import {
  addCrossGradient,
  crossCovariance,
  type FeatureRows,
  type Kernel,
  kernelVariance,
  termCount,
} from './kernel.ts';
import { MEAN_VARIANCE, RELATIVE_NUGGET } from './pair-covariance.ts';

/** Gaussian process conditioned on values at n points, ready to predict. Everything is on the standardised scale. */
export interface Posterior {
  readonly kernel: Kernel;
  readonly points: FeatureRows;
  /** Factor of K + noise, row-major n × n. */
  readonly lower: Float64Array;
  /** (K + noise)⁻¹ y for each of S vectors of values: the mean of member s is k(x)ᵀ α_s. */
  readonly alphas: readonly Float64Array[];
  /** Variance of the process before any data, its mean included. */
  readonly priorVariance: number;
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
  kernel: Kernel,
  points: FeatureRows,
  targets: readonly Readonly<Float64Array>[],
  noise: Readonly<Float64Array>,
): Posterior {
  const { rows } = points;
  const prior = priorCovariance(kernel, points);
  const variance = kernelVariance(kernel);
  for (const jitter of JITTER_LADDER) {
    const covariance = prior.slice();
    const extra = variance * RELATIVE_NUGGET + jitter * (variance + MEAN_VARIANCE);
    for (let i = 0; i < rows; i++) covariance[i * rows + i]! += noise[i]! + extra;
    const result = choleskyFactor(covariance, rows, covariance);
    if (result.kind !== 'factored') continue;
    const { lower } = result;
    const alphas = targets.map((values) => choleskySolve(lower, rows, values));
    return { kernel, points, lower, alphas, priorVariance: variance + MEAN_VARIANCE };
  }
  throw new RangeError(
    'covariance is not positive definite even with jitter; features or hyperparameters are not finite',
  );
}

/** Prior covariance, mean included, row-major, both triangles. */
export function priorCovariance(kernel: Kernel, points: FeatureRows): Float64Array {
  const { rows, width, features, categorical } = points;
  const out = new Float64Array(rows * rows);
  const slopes = new Float64Array(rows);
  const terms = new Float64Array(termCount(kernel, points));
  for (let a = 0; a < rows; a++) {
    const row = out.subarray(a * rows, (a + 1) * rows);
    const before = { rows: a + 1, width, features, categorical };
    crossCovariance(kernel, before, features.subarray(a * width, (a + 1) * width), row, slopes, terms);
    for (let b = 0; b <= a; b++) {
      row[b]! += MEAN_VARIANCE;
      out[b * rows + a] = row[b]!;
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
  /** Slopes of the kernel by squared scaled distance to each point, length n. */
  readonly slopes: Float64Array;
  /** Factors of the additive kernel by point. */
  readonly terms: Float64Array;
  /** L⁻¹ k(x), length n. */
  readonly solved: Float64Array;
}

/** Allocates for posteriors of this size. */
export function momentsBuffer({ kernel, points, alphas }: Posterior): Moments {
  return {
    means: new Float64Array(alphas.length),
    variance: 0,
    covariance: new Float64Array(points.rows),
    slopes: new Float64Array(points.rows),
    terms: new Float64Array(termCount(kernel, points)),
    solved: new Float64Array(points.rows),
  };
}

function fillCrossCovariance({ kernel, points }: Posterior, x: Readonly<Float64Array>, out: Moments): void {
  const { covariance } = out;
  crossCovariance(kernel, points, x, covariance, out.slopes, out.terms);
  for (let a = 0; a < points.rows; a++) covariance[a]! += MEAN_VARIANCE;
}

/** Latent means and variance (without noise) at `x`. */
export function predict(posterior: Posterior, x: Readonly<Float64Array>, out: Moments): Moments {
  const { rows } = posterior.points;
  predictMeans(posterior, x, out);
  solveLower(posterior.lower, rows, out.covariance, out.solved);
  const prior = posterior.priorVariance;
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
  const { kernel, points, alphas, lower } = posterior;
  const { solved, slopes, terms } = moments;
  if (toVariance === 0) solved.fill(0);
  else solveUpper(lower, points.rows, solved, solved);
  for (let a = 0; a < points.rows; a++) {
    let pull = -2 * toVariance * solved[a]!;
    for (let s = 0; s < alphas.length; s++) pull += toMeans[s]! * alphas[s]![a]!;
    solved[a] = pull;
  }
  addCrossGradient(kernel, points, x, solved, slopes, terms, gradient);
}

/** Posterior covariance of f at the rows of `at`, lower triangle, row-major. */
export function jointCovariance(posterior: Posterior, at: FeatureRows): Float64Array {
  const { points, lower, kernel } = posterior;
  const n = points.rows;
  const solved = new Float64Array(at.rows * n);
  const moments = momentsBuffer({ ...posterior, alphas: [] });
  for (let i = 0; i < at.rows; i++) {
    fillCrossCovariance(posterior, at.features.subarray(i * at.width, (i + 1) * at.width), moments);
    solveLower(lower, n, moments.covariance, moments.solved);
    solved.set(moments.solved, i * n);
  }
  const out = priorCovariance(kernel, at);
  for (let i = 0; i < at.rows; i++)
    for (let j = 0; j <= i; j++) out[i * at.rows + j]! -= dot(solved, i * n, solved, j * n, n);
  return out;
}
