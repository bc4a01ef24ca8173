import { normalHazardBelow, normalLogCdf } from '../../numeric/normal.ts';
import { logSumExp } from '../../numeric/safe-log.ts';
import type { FeatureMap } from '../gp/features.ts';
import type { OutcomeTransform } from '../gp/outcome-transform.ts';
import { addMomentGradient, type Moments, momentsBuffer, type Posterior, predict } from '../gp/posterior.ts';
import type { BoxDecomposition } from '../pareto/box-decomposition.ts';
import { type IntervalGain, intervalGain } from './interval-gain.ts';
import { type ScaledBelief, scaleBelief } from './objective-scale.ts';

/** An objective as the acquisition sees it: S members that share one covariance. */
export interface ObjectiveBelief {
  readonly posterior: Posterior;
  /** Scale of improvement; null measures it on the standardised scale. */
  readonly scale: OutcomeTransform | null;
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
  const work = new ImprovementWork(features, objectives, regions);
  return (cube, gradient) => {
    const x = features.fromCube(cube, work.x);
    objectives.forEach(({ posterior }, j) => {
      predict(posterior, x, work.moments[j]!);
    });
    const value = work.hypervolumeGain(objectives, regions) - Math.log(regions.length);
    if (gradient !== undefined) {
      work.featureGradient.fill(0);
      objectives.forEach(({ posterior }, j) => {
        const { toMeans, toVariance } = work.partials[j]!;
        addMomentGradient(posterior, x, work.moments[j]!, toMeans, toVariance.value, work.featureGradient);
      });
      features.pullBack(cube, work.featureGradient, gradient);
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
      addMomentGradient(posterior, x, moments, toMean, (-0.5 * hazard * z) / moments.variance, featureGradient);
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

/** Log of the weighted mean of acquisitions, with its gradient. @param logWeights - logs of weights that sum to 1 */
export function mixAcquisitions(parts: readonly Acquisition[], logWeights: readonly number[]): Acquisition {
  if (parts.length === 1) return parts[0]!;
  const logs = new Float64Array(parts.length);
  return (cube, gradient) => {
    const gradients = parts.map((part, k) => {
      const own = gradient === undefined ? undefined : new Float64Array(cube.length);
      logs[k] = part(cube, own) + logWeights[k]!;
      return own;
    });
    const value = logSumExp(logs);
    if (gradient !== undefined) {
      gradient.fill(0);
      if (value > Number.NEGATIVE_INFINITY)
        gradients.forEach((own, k) => {
          const share = Math.exp(logs[k]! - value);
          if (share > 0) for (let j = 0; j < cube.length; j++) gradient[j]! += share * own![j]!;
        });
    }
    return value;
  };
}

interface Partials {
  readonly toMeans: Float64Array;
  readonly toVariance: { value: number };
}

/** Buffers of one acquisition; nothing in it outlives a call. */
class ImprovementWork {
  readonly x: Float64Array;
  readonly featureGradient: Float64Array;
  readonly moments: readonly Moments[];
  readonly partials: readonly Partials[];
  readonly #belief: ScaledBelief = {
    mean: 0,
    deviation: 0,
    meanByMean: 0,
    deviationByMean: 0,
    deviationByDeviation: 0,
  };
  readonly #gain: IntervalGain = { log: 0, toMean: 0, toDeviation: 0 };
  /** Log gains and partials of each box and objective of one member. */
  readonly #logs: Float64Array;
  readonly #byMean: Float64Array;
  readonly #byDeviation: Float64Array;

  constructor(features: FeatureMap, objectives: readonly ObjectiveBelief[], regions: readonly BoxDecomposition[]) {
    this.x = new Float64Array(features.count);
    this.featureGradient = new Float64Array(features.count);
    this.moments = objectives.map(({ posterior }) => momentsBuffer(posterior));
    this.partials = objectives.map(() => ({ toMeans: new Float64Array(regions.length), toVariance: { value: 0 } }));
    const most = Math.max(0, ...regions.map(({ boxes }) => boxes)) * objectives.length;
    this.#logs = new Float64Array(most);
    this.#byMean = new Float64Array(most);
    this.#byDeviation = new Float64Array(most);
  }

  /** log Σ_s Σ_boxes Π_j gain; leaves the partials with respect to each mean and variance. */
  hypervolumeGain(objectives: readonly ObjectiveBelief[], regions: readonly BoxDecomposition[]): number {
    const memberLogs = new Float64Array(regions.length);
    const width = objectives.length;
    const memberByMean = new Float64Array(regions.length * width);
    const memberByVariance = new Float64Array(regions.length * width);
    for (let s = 0; s < regions.length; s++) {
      memberLogs[s] = this.#memberGain(objectives, regions[s]!, s, memberByMean, memberByVariance);
    }
    let max = Number.NEGATIVE_INFINITY;
    for (const log of memberLogs) max = Math.max(max, log);
    for (const { toMeans, toVariance } of this.partials) {
      toMeans.fill(0);
      toVariance.value = 0;
    }
    if (max === Number.NEGATIVE_INFINITY) return max;
    let total = 0;
    for (const log of memberLogs) total += Math.exp(log - max);
    for (let s = 0; s < regions.length; s++) {
      const share = Math.exp(memberLogs[s]! - max) / total;
      if (share === 0) continue;
      for (let j = 0; j < width; j++) {
        this.partials[j]!.toMeans[s]! += share * memberByMean[s * width + j]!;
        this.partials[j]!.toVariance.value += share * memberByVariance[s * width + j]!;
      }
    }
    return max + Math.log(total);
  }

  #memberGain(
    objectives: readonly ObjectiveBelief[],
    region: BoxDecomposition,
    s: number,
    memberByMean: Float64Array,
    memberByVariance: Float64Array,
  ): number {
    const width = objectives.length;
    const { boxes, lower, upper } = region;
    const logs = this.#logs;
    const belief = this.#belief;
    const gain = this.#gain;
    for (let j = 0; j < width; j++) {
      const { variance, means } = this.moments[j]!;
      const { scale } = objectives[j]!;
      const deviation = Math.sqrt(variance);
      if (scale === null) setPlain(belief, means[s]!, deviation);
      else scaleBelief(scale, means[s]!, deviation, belief);
      for (let b = 0; b < boxes; b++) {
        const at = b * width + j;
        intervalGain(belief.mean, belief.deviation, lower[at]!, upper[at]!, gain);
        logs[at] = gain.log;
        this.#byMean[at] = gain.toMean * belief.meanByMean + gain.toDeviation * belief.deviationByMean;
        this.#byDeviation[at] = (gain.toDeviation * belief.deviationByDeviation * 0.5) / deviation;
      }
    }
    let max = Number.NEGATIVE_INFINITY;
    for (let b = 0; b < boxes; b++) max = Math.max(max, rowSum(logs, b, width));
    if (max === Number.NEGATIVE_INFINITY || Number.isNaN(max)) return Number.NEGATIVE_INFINITY;
    let total = 0;
    for (let b = 0; b < boxes; b++) {
      const weight = Math.exp(rowSum(logs, b, width) - max);
      if (!(weight > 0)) continue;
      total += weight;
      for (let j = 0; j < width; j++) {
        memberByMean[s * width + j]! += weight * this.#byMean[b * width + j]!;
        memberByVariance[s * width + j]! += weight * this.#byDeviation[b * width + j]!;
      }
    }
    for (let j = 0; j < width; j++) {
      memberByMean[s * width + j]! /= total;
      memberByVariance[s * width + j]! /= total;
    }
    return max + Math.log(total);
  }
}

function setPlain(out: ScaledBelief, mean: number, deviation: number): void {
  out.mean = mean;
  out.deviation = deviation;
  out.meanByMean = 1;
  out.deviationByMean = 0;
  out.deviationByDeviation = 1;
}

function rowSum(logs: Float64Array, row: number, width: number): number {
  let sum = 0;
  for (let j = 0; j < width; j++) sum += logs[row * width + j]!;
  return sum;
}
