import { belowGap, normalCdf, normalPdf } from '../../numeric/normal.ts';
import type { FeatureMap } from '../gp/features.ts';
import type { FeatureRows } from '../gp/kernel.ts';
import { addMomentGradient, meansAt, momentsBuffer, predict } from '../gp/posterior.ts';
import type { Acquisition, ConstraintBelief } from './acquisition.ts';
import { type IntervalGain, intervalGain } from './interval-gain.ts';

/**
 * Sum of what each point misses to its bounds, by posterior mean on the standardised scale of each constraint.
 * @returns one value for each row; 0 where all constraints hold
 */
export function violations(constraints: readonly ConstraintBelief[], points: FeatureRows): Float64Array {
  const sums = new Float64Array(points.rows);
  for (const { posterior, bound } of constraints)
    meansAt(posterior, points).forEach((mean, i) => {
      sums[i]! += Math.max(0, mean - bound);
    });
  return sums;
}

/**
 * Log expected reduction of the summed violation V = Σ_c (z_c − b_c)₊ below the least one known, with V taken as normal with its
 * exact mean and variance. While no point meets its constraints, the probability to meet them all is largest where least is known:
 * every mean is beyond its bound, so a wide deviation wins, and proposals go from corner to corner.
 * @param least - least violation known
 * @see Eriksson & Poloczek 2021, "Scalable constrained Bayesian optimization", which turns to the least total violation
 */
export function violationAcquisition(
  features: FeatureMap,
  constraints: readonly ConstraintBelief[],
  least: number,
): Acquisition {
  const x = new Float64Array(features.count);
  const featureGradient = new Float64Array(features.count);
  const buffers = constraints.map(({ posterior }) => momentsBuffer(posterior));
  const terms = constraints.map((): Rectified => ({ mean: 0, variance: 0, cdf: 0, density: 0, deviation: 1 }));
  const gain: IntervalGain = { log: 0, toMean: 0, toDeviation: 0 };
  const pull = new Float64Array(1);
  return (cube, gradient) => {
    features.fromCube(cube, x);
    let mean = 0;
    let variance = LEAST_VARIANCE;
    constraints.forEach(({ posterior, bound }, c) => {
      const moments = predict(posterior, x, buffers[c]!);
      rectify(moments.means[0]! - bound, Math.sqrt(moments.variance), terms[c]!);
      mean += terms[c]!.mean;
      variance += terms[c]!.variance;
    });
    const deviation = Math.sqrt(variance);
    intervalGain(mean, deviation, Number.NEGATIVE_INFINITY, least, gain);
    if (gradient !== undefined) {
      featureGradient.fill(0);
      const toVariance = gain.toDeviation / (2 * deviation);
      constraints.forEach(({ posterior }, c) => {
        const { mean: part, cdf, density, deviation: own } = terms[c]!;
        pull[0] = gain.toMean * cdf + toVariance * 2 * part * (1 - cdf);
        const toDeviation = gain.toMean * density + toVariance * 2 * (own * cdf - part * density);
        addMomentGradient(posterior, x, pull, toDeviation / (2 * own), featureGradient);
      });
      features.pullBack(cube, featureGradient, gradient);
    }
    return Number.isNaN(gain.log) ? Number.NEGATIVE_INFINITY : gain.log;
  };
}

const LEAST_VARIANCE = 1e-12;

interface Rectified {
  mean: number;
  variance: number;
  cdf: number;
  density: number;
  deviation: number;
}

/** Below this many deviations the expectation of y₊ is a difference of nearly equal numbers. */
const FAR_BELOW = -4;

/** Moments of y₊ for y ~ N(μ, σ²), with Φ(μ/σ) and φ(μ/σ): ∂E/∂μ = Φ, ∂E/∂σ = φ. */
function rectify(mean: number, deviation: number, out: Rectified): void {
  const t = mean / deviation;
  const density = normalPdf(t);
  const cdf = normalCdf(t);
  const near = t > FAR_BELOW || density === 0;
  out.mean = deviation * Math.max(0, near ? density + t * cdf : density * belowGap(-t, cdf / density));
  out.cdf = cdf;
  out.density = density;
  out.deviation = deviation;
  const square = deviation * deviation * ((1 + t * t) * cdf + t * density);
  out.variance = Math.max(0, square - out.mean * out.mean);
}
