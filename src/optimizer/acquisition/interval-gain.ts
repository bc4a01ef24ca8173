import { belowGap, erfcx } from '../../numeric/normal.ts';

const SQRT_HALF_PI = 1.253_314_137_315_500_3;
const LOG_SQRT_2PI = 0.918_938_533_204_672_7;

/** log E and its derivatives. */
export interface IntervalGain {
  log: number;
  /** d log E / dμ. */
  toMean: number;
  /** d log E / dσ. */
  toDeviation: number;
}

/**
 * E[(u − max(l, y))₊] for y ~ N(μ, σ²): what a draw is expected to gain inside the interval (l, u), l = −Infinity allowed.
 *
 * With z = (edge − μ)/σ, h(z) = φ(z) + zΦ(z): E = σ (h(z_u) − h(z_l)), ∂E/∂μ = Φ(z_l) − Φ(z_u), ∂E/∂σ = φ(z_u) − φ(z_l).
 * Everything is divided by φ(z_u) when z_u is negative, so that neither E nor its derivatives underflow.
 * @see Ament et al. 2023 (log EI); Emmerich, Yang & Deutz 2020 (cell-wise expected hypervolume improvement)
 */
export function intervalGain(mean: number, deviation: number, low: number, high: number, out: IntervalGain): void {
  const zHigh = (high - mean) / deviation;
  if (low === Number.NEGATIVE_INFINITY) {
    openGain(zHigh, deviation, out);
    return;
  }
  const zLow = (low - mean) / deviation;
  if (!(zHigh > zLow)) {
    out.log = Number.NEGATIVE_INFINITY;
    return;
  }
  if (zLow > 0) {
    // Mirrored: h(z) = z + h(−z), so the difference keeps its digits; the width dominates.
    const tailHigh = scaledTail(-zHigh);
    const tailLow = scaledTail(-zLow);
    const ratio = Math.exp(0.5 * (zLow - zHigh) * (zLow + zHigh));
    const density = Math.exp(-0.5 * zLow * zLow - LOG_SQRT_2PI);
    const gain = zHigh - zLow - density * (tailLow.h - ratio * tailHigh.h);
    out.log = Math.log(deviation * gain);
    out.toMean = (density * (ratio * tailHigh.cdf - tailLow.cdf)) / (deviation * gain);
    out.toDeviation = (density * (ratio - 1)) / (deviation * gain);
    return;
  }
  const upper = scaledTail(zHigh);
  const lower = scaledTail(zLow);
  const shift = zHigh <= 0 ? -0.5 * zHigh * zHigh - LOG_SQRT_2PI : 0;
  // `upper` is scaled by φ(z_u) only when z_u ≤ 0; bring `lower`, scaled by φ(z_l), to the same scale.
  const ratio =
    zHigh <= 0 ? Math.exp(0.5 * (zHigh - zLow) * (zHigh + zLow)) : Math.exp(-0.5 * zLow * zLow - LOG_SQRT_2PI);
  const gain = upper.h - ratio * lower.h;
  if (!(gain > 0)) {
    out.log = Number.NEGATIVE_INFINITY;
    return;
  }
  out.log = shift + Math.log(deviation * gain);
  out.toMean = (ratio * lower.cdf - upper.cdf) / (deviation * gain);
  out.toDeviation = (upper.pdf - ratio) / (deviation * gain);
}

function openGain(z: number, deviation: number, out: IntervalGain): void {
  const { h, cdf, pdf } = scaledTail(z);
  out.log = (z <= 0 ? -0.5 * z * z - LOG_SQRT_2PI : 0) + Math.log(deviation * h);
  out.toMean = -cdf / (deviation * h);
  out.toDeviation = pdf / (deviation * h);
}

/** h, Φ and φ; all divided by φ(z) when z ≤ 0 (so φ becomes 1), and as they are otherwise. */
function scaledTail(z: number): { readonly h: number; readonly cdf: number; readonly pdf: number } {
  if (z <= 0) {
    const mills = SQRT_HALF_PI * erfcx(-z * Math.SQRT1_2);
    return { h: belowGap(-z, mills), cdf: mills, pdf: 1 };
  }
  const pdf = Math.exp(-0.5 * z * z - LOG_SQRT_2PI);
  const cdf = 1 - pdf * SQRT_HALF_PI * erfcx(z * Math.SQRT1_2);
  return { h: pdf + z * cdf, cdf, pdf };
}
