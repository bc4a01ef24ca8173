import { normalHazardBelow, normalLogCdf } from '../../numeric/normal.ts';
import type { FeatureMap } from '../gp/features.ts';
import type { OutcomeTransform } from '../gp/outcome-transform.ts';
import { addMomentGradient, momentsBuffer, predict } from '../gp/posterior.ts';
import type { Posterior } from '../gp/process.ts';
import type { BoxDecomposition } from '../pareto/box-decomposition.ts';
import { HypervolumeGain } from './hypervolume-gain.ts';

/** An objective as the acquisition sees it: S members that share one covariance. */
export interface ObjectiveBelief {
  readonly posterior: Posterior;
  /** Scale of improvement; null measures it on the standardised scale. */
  readonly scale: OutcomeTransform | null;
  /** Share of the deviation that counts; 1 takes the belief as it is. */
  readonly caution: number;
}

export interface ConstraintBelief {
  /** One member. */
  readonly posterior: Posterior;
  /** Standardised value of the bound: feasible at or below. */
  readonly bound: number;
}

/** Log acquisition at a cube point (larger is better); fills the cube gradient when one is given. */
export type Acquisition = (cube: Float64Array, gradient?: Float64Array) => number;

/**
 * Log expected hypervolume improvement, averaged over members:
 *
 *   log (1/S) Σ_s Σ_boxes Π_j E[(u_j − max(l_j, y_sj))₊]
 *
 * With one objective a region is the single interval (−∞, best), and this is log (noisy) expected improvement.
 * Members are joint draws of the losses at the observed and pending points; conditional on a draw the objectives are
 * independent normals, so the expectation over the new point is exact, box by box.
 * @param regions - what is still to win for each member s
 * @see Ament et al. 2023 (log EI family); Daulton et al. 2021 (noisy expected hypervolume improvement)
 */
export function improvementAcquisition(
  features: FeatureMap,
  objectives: readonly ObjectiveBelief[],
  regions: readonly BoxDecomposition[],
): Acquisition {
  const scales = objectives.map(({ scale }) => scale);
  const gain = new HypervolumeGain(scales, regions);
  const x = new Float64Array(features.count);
  const featureGradient = new Float64Array(features.count);
  const moments = objectives.map(({ posterior }) => momentsBuffer(posterior));
  return (cube, gradient) => {
    features.fromCube(cube, x);
    for (let j = 0; j < objectives.length; j++) {
      const { posterior, caution } = objectives[j]!;
      predict(posterior, x, moments[j]!).variance *= caution ** 2;
    }
    const value = gain.logMean(moments, gradient !== undefined);
    if (gradient !== undefined) {
      featureGradient.fill(0);
      for (let j = 0; j < objectives.length; j++) {
        const { posterior, caution } = objectives[j]!;
        const toVariance = caution ** 2 * gain.toVariance[j]!;
        addMomentGradient(posterior, x, gain.toMeans[j]!, toVariance, featureGradient);
      }
      features.pullBack(cube, featureGradient, gradient);
    }
    return Number.isNaN(value) ? Number.NEGATIVE_INFINITY : value;
  };
}

/** Log probability that all constraints hold: Σ_c log Φ((b_c − μ_c)/σ_c). */
export function feasibilityAcquisition(features: FeatureMap, constraints: readonly ConstraintBelief[]): Acquisition {
  const x = new Float64Array(features.count);
  const featureGradient = new Float64Array(features.count);
  const buffers = constraints.map(({ posterior }) => momentsBuffer(posterior));
  const toMean = new Float64Array(1);
  return (cube, gradient) => {
    features.fromCube(cube, x);
    featureGradient.fill(0);
    let value = 0;
    constraints.forEach(({ posterior, bound }, c) => {
      const moments = predict(posterior, x, buffers[c]!);
      const deviation = Math.sqrt(moments.variance);
      const z = (bound - moments.means[0]!) / deviation;
      value += normalLogCdf(z);
      if (gradient === undefined) return;
      const hazard = normalHazardBelow(z);
      toMean[0] = -hazard / deviation;
      addMomentGradient(posterior, x, toMean, (-0.5 * hazard * z) / moments.variance, featureGradient);
    });
    if (gradient !== undefined) features.pullBack(cube, featureGradient, gradient);
    return Number.isNaN(value) ? Number.NEGATIVE_INFINITY : value;
  };
}

/** Sum of log acquisitions; independent events multiply. */
export function addAcquisitions(a: Acquisition, b: Acquisition): Acquisition {
  return (cube, gradient) => {
    const first = a(cube, gradient);
    if (gradient === undefined) return first + b(cube);
    const other = new Float64Array(cube.length);
    const value = first + b(cube, other);
    for (let j = 0; j < cube.length; j++) gradient[j]! += other[j]!;
    return value;
  };
}
