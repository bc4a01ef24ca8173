import { inverseFromFactor, invertLowerTransposed } from '../../numeric/cholesky.ts';
import type { FittedGp } from './fit.ts';

/** Each point predicted from all others, on the standardised scale. */
export interface LeaveOneOut {
  /** Target minus prediction, length n. */
  readonly residuals: Float64Array;
  /** Predictive deviation of each target, noise included, length n. */
  readonly deviations: Float64Array;
  /** Share of the variance of the targets that is predicted; null below 3 points or for constant targets. */
  readonly r2: number | null;
  /** Share of the targets within two predictive deviations: about 0.95 for a calibrated model. */
  readonly withinTwoSigma: number;
}

/**
 * Leave-one-out predictions without refitting: residual α_i / (K⁻¹)_ii, variance 1 / (K⁻¹)_ii.
 * @see Rasmussen & Williams 2006, eq. 5.10 to 5.12
 */
export function leaveOneOut({ posterior, targets }: FittedGp): LeaveOneOut {
  const n = targets.length;
  const inverse = inverseFromFactor(invertLowerTransposed(posterior.lower(), n), n);
  const alpha = posterior.alpha(0);
  const residuals = Float64Array.from({ length: n }, (_, i) => alpha[i]! / inverse[i * n + i]!);
  const deviations = Float64Array.from({ length: n }, (_, i) => 1 / Math.sqrt(inverse[i * n + i]!));
  const mean = targets.reduce((sum, value) => sum + value, 0) / n;
  const total = targets.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const error = residuals.reduce((sum, value) => sum + value * value, 0);
  let within = 0;
  for (let i = 0; i < n; i++) if (Math.abs(residuals[i]!) <= 2 * deviations[i]!) within++;
  return {
    residuals,
    deviations,
    r2: n < 3 || total === 0 ? null : 1 - error / total,
    withinTwoSigma: n === 0 ? 1 : within / n,
  };
}
