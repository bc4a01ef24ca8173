import type { Kernel, KernelShape } from './kernel.ts';

/**
 * Kernel hyperparameters in log space, one flat vector for the optimiser:
 * `[log w_1 … log w_p, log s², log σ²]` with w = 1/ℓ² (inverse squared lengthscales), s² the signal variance and
 * σ² the inferred noise variance, all for standardised losses; the additive kernel appends `log s₁², log s₂²`.
 */
export type LogHyperparameters = Float64Array;

export interface HyperparameterBounds {
  readonly lower: Float64Array;
  readonly upper: Float64Array;
}

export const NOISE_FLOOR = 1e-9;

/** Number of hyperparameters. */
export function hyperparameterCount(shape: KernelShape, width: number): number {
  return width + (shape === 'additive' ? 4 : 2);
}

/** The kernel that a vector describes. */
export function kernelOf(shape: KernelShape, theta: LogHyperparameters, width: number): Kernel {
  const additive = shape === 'additive';
  return {
    shape,
    weights: theta.slice(0, width).map(Math.exp),
    signal: Math.exp(theta[width]!),
    first: additive ? Math.exp(theta[width + 2]!) / width : 0,
    second: additive ? Math.exp(theta[width + 3]!) / ((width * (width - 1)) / 2) : 0,
  };
}

export function hyperparameterBounds(shape: KernelShape, width: number): HyperparameterBounds {
  const count = hyperparameterCount(shape, width);
  const lower = new Float64Array(count).fill(-2 * Math.log(60));
  const upper = new Float64Array(count).fill(-2 * Math.log(0.02));
  for (let k = width; k < count; k++) {
    lower[k] = shape === 'additive' ? -9 : -5;
    upper[k] = 7;
  }
  lower[width + 1] = Math.log(NOISE_FLOOR);
  upper[width + 1] = 0.5;
  return { lower, upper };
}

/**
 * Expected logarithm of a lengthscale, log ℓ ~ N(¼ log p, 1); `likelihood.as` has the rest of the prior.
 * A parameter of a problem worth tuning has a lengthscale of about its range, and the expected distance in the unit cube grows
 * with the number of features p, so lengthscales do too (not so for the additive kernel, where features act one by one). A wider
 * prior around longer lengthscales explains the first dozens of points of a peaked objective as noise on a flat one.
 * @see Hvarfner, Hellsten & Nardi 2024, "Vanilla Bayesian optimization performs great in high dimensions", for lengthscales
 * that grow with the dimension
 */
export function lengthscaleCenter(shape: KernelShape, width: number): number {
  return shape === 'additive' ? 0 : 0.25 * Math.log(width) + Math.log(Math.max(1, width / MANY_FEATURES));
}

/** Beyond this many features few can matter much, and expected lengthscales grow faster. */
const MANY_FEATURES = 8;

/** A start for the fit. */
export function startHyperparameters(
  shape: KernelShape,
  width: number,
  start: { readonly lengthscale: number; readonly signal: number; readonly noise: number },
): LogHyperparameters {
  const theta = new Float64Array(hyperparameterCount(shape, width)).fill(-2 * Math.log(start.lengthscale));
  theta.fill(Math.log(start.signal), width);
  theta[width + 1] = Math.log(start.noise);
  return theta;
}
