import { dot } from '../../numeric/dot.ts';
import {
  type FeatureRows,
  type Kernel,
  kernelVariance,
  MEAN_VARIANCE,
  RELATIVE_NUGGET,
  SHAPE_NUMBERS,
} from './kernel.ts';
import { Machine } from '../compiled/machine.ts';

/** Gaussian process conditioned on values at n points, ready to predict. Everything is on the standardised scale. */
export interface Posterior {
  readonly kernel: Kernel;
  readonly points: FeatureRows;
  /** Factor of K + noise, row-major n × n; the upper triangle is unspecified. */
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
  const variance = kernelVariance(kernel);
  const base = layOut(kernel, points, targets.length);
  for (const jitter of JITTER_LADDER) {
    const extra = variance * RELATIVE_NUGGET + jitter * (variance + MEAN_VARIANCE);
    MACHINE.numbers.set(noise, MACHINE.at(base, FIELDS.noise));
    writeAlphas(base, targets, rows);
    if (MACHINE.kernels.condition(base, extra) === 0) continue;
    const { numbers } = MACHINE;
    const at = MACHINE.at(base, FIELDS.lower);
    const alphas = MACHINE.at(base, FIELDS.alphas);
    const posterior = {
      kernel,
      points,
      lower: numbers.slice(at, at + rows * rows),
      alphas: targets.map((_, s) => numbers.slice(alphas + s * even(rows), alphas + s * even(rows) + rows)),
      priorVariance: variance + MEAN_VARIANCE,
    };
    PLACES.set(posterior, { round: MACHINE.round, base });
    return posterior;
  }
  throw new RangeError(
    'covariance is not positive definite even with jitter; features or hyperparameters are not finite',
  );
}

/** Bytes of posteriors that are kept ready: a proposal with ten outcomes at 300 points needs 15 million. */
const MOST_READY = 48_000_000;
const MACHINE = new Machine(MOST_READY);

/** Where addresses stand in a `Process`. */
const FIELDS = {
  weights: 5,
  categorical: 6,
  features: 7,
  noise: 8,
  lower: 9,
  alphas: 10,
  x: 11,
  means: 12,
  toMeans: 13,
  gradient: 14,
  solved: 19,
};

interface Place {
  readonly round: number;
  readonly base: number;
}

const PLACES = new WeakMap<Posterior, Place>();

function even(n: number): number {
  return n + (n % 2);
}

/** A new process without values. @returns its address */
function layOut(kernel: Kernel, { rows, width, features, categorical }: FeatureRows, members: number): number {
  const shape = SHAPE_NUMBERS[kernel.shape];
  const base = MACHINE.take(MACHINE.kernels.processSize(rows, width, shape, members));
  const { numbers, kernels } = MACHINE;
  kernels.layoutProcess(base, rows, width, shape, members);
  kernels.setKernel(base, kernel.signal, kernel.first, kernel.second, kernelVariance(kernel) + MEAN_VARIANCE);
  numbers.set(kernel.weights, MACHINE.at(base, FIELDS.weights));
  numbers.set(categorical, MACHINE.at(base, FIELDS.categorical));
  const at = MACHINE.at(base, FIELDS.features);
  const stride = even(rows);
  for (let j = 0; j < width; j++)
    for (let a = 0; a < rows; a++) numbers[at + j * stride + a] = features[a * width + j]!;
  return base;
}

function writeAlphas(base: number, vectors: readonly Readonly<Float64Array>[], rows: number): void {
  const at = MACHINE.at(base, FIELDS.alphas);
  for (let s = 0; s < vectors.length; s++) MACHINE.numbers.set(vectors[s]!, at + s * even(rows));
}

/** The address at which a posterior is ready. */
function ready(posterior: Posterior): number {
  const known = PLACES.get(posterior);
  if (known?.round === MACHINE.round) return known.base;
  const { kernel, points, lower, alphas } = posterior;
  const base = layOut(kernel, points, alphas.length);
  MACHINE.numbers.set(lower, MACHINE.at(base, FIELDS.lower));
  writeAlphas(base, alphas, points.rows);
  PLACES.set(posterior, { round: MACHINE.round, base });
  return base;
}

/** Prior covariance, mean included, row-major, both triangles. */
export function priorCovariance(kernel: Kernel, points: FeatureRows): Float64Array {
  const { rows } = points;
  const base = layOut(kernel, points, 0);
  MACHINE.kernels.fillPrior(base);
  const at = MACHINE.at(base, FIELDS.lower);
  const out = MACHINE.numbers.slice(at, at + rows * rows);
  MACHINE.release(base);
  for (let a = 0; a < rows; a++) for (let b = 0; b < a; b++) out[b * rows + a] = out[a * rows + b]!;
  return out;
}

/** Moments at one point. */
export interface Moments {
  /** Mean of each member, length S. */
  readonly means: Float64Array;
  variance: number;
}

/** Allocates for posteriors of this size. */
export function momentsBuffer({ alphas }: Posterior): Moments {
  return { means: new Float64Array(alphas.length), variance: 0 };
}

/** Latent means and variance (without noise) at `x`. */
export function predict(posterior: Posterior, x: Readonly<Float64Array>, out: Moments): Moments {
  const base = ready(posterior);
  MACHINE.numbers.set(x, MACHINE.at(base, FIELDS.x));
  out.variance = MACHINE.kernels.predict(base);
  readMeans(base, out.means);
  return out;
}

/** Latent means only, at S n multiply-adds. */
export function predictMeans(posterior: Posterior, x: Readonly<Float64Array>, out: Moments): Float64Array {
  const base = ready(posterior);
  MACHINE.numbers.set(x, MACHINE.at(base, FIELDS.x));
  MACHINE.kernels.predictMeans(base);
  readMeans(base, out.means);
  return out.means;
}

function readMeans(base: number, means: Float64Array): void {
  const { numbers } = MACHINE;
  const at = MACHINE.at(base, FIELDS.means);
  for (let s = 0; s < means.length; s++) means[s] = numbers[at + s]!;
}

/**
 * Adds the feature gradient of Σ_s a_s mean_s(x) + b variance(x) to `gradient`; categorical features get nothing.
 * One pass over the points for all members, because the means are linear in α. Call right after `predict` at the same x,
 * or after `predictMeans` where b is 0.
 */
export function addMomentGradient(
  posterior: Posterior,
  x: Readonly<Float64Array>,
  toMeans: Readonly<Float64Array>,
  toVariance: number,
  gradient: Float64Array,
): void {
  if (PLACES.get(posterior)?.round !== MACHINE.round) predict(posterior, x, momentsBuffer(posterior));
  const base = ready(posterior);
  const { numbers } = MACHINE;
  const at = MACHINE.at(base, FIELDS.gradient);
  numbers.set(toMeans, MACHINE.at(base, FIELDS.toMeans));
  numbers.set(gradient, at);
  MACHINE.kernels.addMomentGradient(base, toVariance);
  for (let j = 0; j < gradient.length; j++) gradient[j] = numbers[at + j]!;
}

/** Posterior covariance of f at the rows of `at`, lower triangle, row-major. */
export function jointCovariance(posterior: Posterior, at: FeatureRows): Float64Array {
  const n = posterior.points.rows;
  const solved = new Float64Array(at.rows * n);
  const moments = momentsBuffer(posterior);
  for (let i = 0; i < at.rows; i++) {
    predict(posterior, at.features.subarray(i * at.width, (i + 1) * at.width), moments);
    const from = MACHINE.at(ready(posterior), FIELDS.solved);
    solved.set(MACHINE.numbers.subarray(from, from + n), i * n);
  }
  const out = priorCovariance(posterior.kernel, at);
  for (let i = 0; i < at.rows; i++)
    for (let j = 0; j <= i; j++) out[i * at.rows + j]! -= dot(solved, i * n, solved, j * n, n);
  return out;
}
