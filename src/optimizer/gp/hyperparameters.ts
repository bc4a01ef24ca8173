/**
 * Kernel hyperparameters in log space, one flat vector for the optimiser:
 * `[log w_1 … log w_p, log s², log σ²]` with w = 1/ℓ² (inverse squared lengthscales), s² the signal variance and
 * σ² the inferred noise variance, all for standardised losses.
 */
export type LogHyperparameters = Float64Array;

export interface HyperparameterBounds {
  readonly lower: Float64Array;
  readonly upper: Float64Array;
}

const LOG_SIGNAL_MEAN = 0.5;
const LOG_SIGNAL_SD = 1.5;

export const NOISE_FLOOR = 1e-9;

/** What is believed about noise before seeing data, in log σ². */
const LOG_NOISE_MEAN = Math.log(1e-5);
const LOG_NOISE_SD = 4;

export function hyperparameterBounds(width: number): HyperparameterBounds {
  const lower = new Float64Array(width + 2).fill(-2 * Math.log(60));
  const upper = new Float64Array(width + 2).fill(-2 * Math.log(0.02));
  lower[width] = -5;
  upper[width] = 7;
  lower[width + 1] = Math.log(NOISE_FLOOR);
  upper[width + 1] = 0.5;
  return { lower, upper };
}

/**
 * Log prior density up to a constant; adds its gradient to `gradient`.
 * log ℓ ~ N(√2 + ½ log p, 3): the expected distance in the unit cube grows with √p, and so do the lengthscales.
 * @see Hvarfner, Hellsten & Nardi 2024, "Vanilla Bayesian optimization performs great in high dimensions"
 */
export function logPrior(theta: LogHyperparameters, gradient: Float64Array): number {
  const width = theta.length - 2;
  const center = lengthscaleLogMean(width);
  let sum = 0;
  for (let j = 0; j < width; j++) {
    const z = (-0.5 * theta[j]! - center) / LENGTHSCALE_LOG_SD;
    sum -= 0.5 * z * z;
    gradient[j]! += (0.5 * z) / LENGTHSCALE_LOG_SD;
  }
  const signal = (theta[width]! - LOG_SIGNAL_MEAN) / LOG_SIGNAL_SD;
  gradient[width]! -= signal / LOG_SIGNAL_SD;
  const noise = (theta[width + 1]! - LOG_NOISE_MEAN) / LOG_NOISE_SD;
  gradient[width + 1]! -= noise / LOG_NOISE_SD;
  return sum - 0.5 * signal * signal - 0.5 * noise * noise;
}

const LENGTHSCALE_LOG_SD = Math.sqrt(3);

function lengthscaleLogMean(width: number): number {
  return Math.SQRT2 + 0.5 * Math.log(width);
}

/** A start for the fit. */
export function startHyperparameters(
  width: number,
  start: { readonly lengthscale: number; readonly signal: number; readonly noise: number },
): LogHyperparameters {
  const theta = new Float64Array(width + 2).fill(-2 * Math.log(start.lengthscale));
  theta[width] = Math.log(start.signal);
  theta[width + 1] = Math.log(start.noise);
  return theta;
}
