import type { FeatureRows, Kernel } from './kernel.ts';
import { FIELDS, layOut, NUMBERS, Posterior, PROCESSES, processBytes } from './process.ts';

/**
 * Conditions the process on each vector of `targets`; they share the variance, so one factorisation serves all.
 * @param targets - S vectors of length n; they and the noise stay as they are
 * @param noise - variance of each target, length n
 * @throws RangeError when even the largest jitter fails, which finite input cannot cause
 */
export function condition(
  kernel: Kernel,
  points: FeatureRows,
  targets: readonly Readonly<Float64Array>[],
  noise: Readonly<Float64Array>,
): Posterior {
  return new Posterior(kernel, points, { targets, noise });
}

/** Prior covariance, mean included, row-major, both triangles. */
export function priorCovariance(kernel: Kernel, points: FeatureRows): Float64Array {
  const { rows } = points;
  PROCESSES.reserve(processBytes(kernel, points, 0));
  const base = layOut(kernel, points, 0);
  PROCESSES.kernels.fillPrior(base);
  const at = PROCESSES.at(base, FIELDS.lower);
  const out = PROCESSES.numbers.slice(at, at + rows * rows);
  PROCESSES.release(base);
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
export function momentsBuffer({ members }: Posterior): Moments {
  return { means: new Float64Array(members), variance: 0 };
}

/** Latent means and variance (without noise) at `x`. */
export function predict(posterior: Posterior, x: Readonly<Float64Array>, out: Moments): Moments {
  const base = posterior.ready();
  PROCESSES.numbers.set(x, PROCESSES.at(base, FIELDS.x));
  out.variance = PROCESSES.kernels.predict(base);
  readMeans(base, out.means);
  return out;
}

/** Latent means only, at S n multiply-adds. */
export function predictMeans(posterior: Posterior, x: Readonly<Float64Array>, out: Moments): Float64Array {
  const base = posterior.ready();
  PROCESSES.numbers.set(x, PROCESSES.at(base, FIELDS.x));
  PROCESSES.kernels.predictMeans(base);
  readMeans(base, out.means);
  return out.means;
}

/** Means of the first member at the rows of `points`. */
export function meansAt(posterior: Posterior, points: FeatureRows): Float64Array {
  const { rows, width, features } = points;
  const moments = momentsBuffer(posterior);
  const at = (i: number): Float64Array => features.subarray(i * width, (i + 1) * width);
  return Float64Array.from({ length: rows }, (_, i) => predictMeans(posterior, at(i), moments)[0]!);
}

function readMeans(base: number, means: Float64Array): void {
  const { numbers } = PROCESSES;
  const at = PROCESSES.at(base, FIELDS.means);
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
  if (!posterior.isReady) predict(posterior, x, momentsBuffer(posterior));
  const base = posterior.ready();
  const { numbers } = PROCESSES;
  const at = PROCESSES.at(base, FIELDS.gradient);
  numbers.set(toMeans, PROCESSES.at(base, FIELDS.toMeans));
  numbers.set(gradient, at);
  numbers[(base >>> 3) + NUMBERS.toVariance] = toVariance;
  PROCESSES.kernels.addMomentGradient(base);
  for (let j = 0; j < gradient.length; j++) gradient[j] = numbers[at + j]!;
}
