import { normalQuantile } from '../../numeric/normal.ts';
import { power } from '../../numeric/power.ts';
import type { LeaveOneOut } from '../gp/diagnostics.ts';
import type { FittedGp } from '../gp/fit.ts';
import { standardSlope, standardToUnit, untransform } from '../gp/outcome-transform.ts';

/** Chance that the error is larger than what is assumed. */
const RISK = 0.1;

/**
 * Share of the variance of the losses that a surrogate does not account for: an upper bound of its mean squared error at points
 * left out, noise taken off, over the variance of the losses without noise. The errors are taken for independent and normal,
 * so that their sum of squares has a χ² distribution.
 * @returns in [0, 1]; 0 for constant losses
 */
export function unexplainedShare(
  { targets, noise, transform: t }: FittedGp,
  losses: Float64Array,
  { residuals }: LeaveOneOut,
): number {
  const n = losses.length;
  const mean = losses.reduce((sum, loss) => sum + loss / n, 0);
  let errors = 0;
  let noises = 0;
  let variance = 0;
  for (let i = 0; i < n; i++) {
    const unit = standardToUnit(t, targets[i]!);
    // dloss/dz: the span is halved, see OutcomeTransform.
    const slope = (2 * t.span) / standardSlope(t, unit);
    errors += (losses[i]! - untransform(t, targets[i]! - residuals[i]!)) ** 2 / n;
    noises += (noise[i]! * slope * slope) / n;
    variance += (losses[i]! - mean) ** 2 / n;
  }
  const own = variance - noises;
  if (variance === 0) return 0;
  if (!(own > 0)) return 1;
  const error = Math.max(0, errors * (n / chiSquareQuantile(RISK, n)) - noises);
  return Math.min(1, error / own);
}

/** @see Wilson & Hilferty 1931, "The distribution of chi-square" */
function chiSquareQuantile(p: number, freedom: number): number {
  const share = 2 / (9 * freedom);
  return freedom * power(Math.max(0, 1 - share + normalQuantile(p) * Math.sqrt(share)), 3);
}
