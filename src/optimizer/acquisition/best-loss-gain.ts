import { type NormalTail, normalTail } from '../../numeric/normal.ts';
import { LEAST_SUM, type MemberMoments } from './hypervolume-gain.ts';
import { type IntervalGain, intervalGain } from './interval-gain.ts';

/**
 * log (1/S) Σ_s E[(b_s − y_s)₊] and its partials: what `HypervolumeGain` gives, to the bit, for one objective on the standardised
 * scale, where all that is still to win lies below one best loss for each member.
 */
export class BestLossGain {
  /** By the one objective: partials of the last value with respect to the mean of each member. */
  readonly toMeans: readonly [Float64Array];
  /** Partial of the last value with respect to the variance, length 1. */
  readonly toVariance = new Float64Array(1);
  readonly #bests: Float64Array;
  readonly #logs: Float64Array;
  readonly #byMean: Float64Array;
  readonly #byDeviation: Float64Array;
  readonly #tail: NormalTail = { h: 0, cdf: 0, density: 0 };
  readonly #interval: IntervalGain = { log: 0, toMean: 0, toDeviation: 0 };

  /** @param bests - best loss of each member */
  constructor(bests: Float64Array) {
    this.#bests = bests;
    this.toMeans = [new Float64Array(bests.length)];
    this.#logs = new Float64Array(bests.length);
    this.#byMean = new Float64Array(bests.length);
    this.#byDeviation = new Float64Array(bests.length);
  }

  /** @param moments - of the one objective @param partials - whether to fill `toMeans` and `toVariance` */
  logMean(moments: readonly MemberMoments[], partials: boolean): number {
    const { means, variance } = moments[0]!;
    const members = this.#bests.length;
    const logs = this.#logs;
    const deviation = Math.sqrt(variance);
    let max = Number.NEGATIVE_INFINITY;
    for (let s = 0; s < members; s++) {
      logs[s] = this.#memberGain(means[s]!, deviation, s);
      if (logs[s]! > max) max = logs[s]!;
    }
    if (max === Number.NEGATIVE_INFINITY) {
      if (partials) this.#fillPartials(max, 1, deviation);
      return max;
    }
    let total = 0;
    for (let s = 0; s < members; s++) total += Math.exp(logs[s]! - max);
    if (partials) this.#fillPartials(max, total, deviation);
    return max + Math.log(total / members);
  }

  #fillPartials(max: number, total: number, deviation: number): void {
    const toMean = this.toMeans[0];
    toMean.fill(0);
    this.toVariance.fill(0);
    if (max === Number.NEGATIVE_INFINITY) return;
    for (let s = 0; s < toMean.length; s++) {
      const share = Math.exp(this.#logs[s]! - max) / total;
      if (share === 0) continue;
      toMean[s] = share * this.#byMean[s]!;
      this.toVariance[0]! += share * ((0.5 * this.#byDeviation[s]!) / deviation);
    }
  }

  /** Logarithm of a member's gain; keeps its partials with respect to mean and deviation. */
  #memberGain(mean: number, deviation: number, s: number): number {
    const tail = this.#tail;
    const best = this.#bests[s]!;
    normalTail((best - mean) / deviation, tail);
    const gain = deviation * tail.h;
    if (gain > LEAST_SUM) {
      this.#byMean[s] = -tail.cdf / gain;
      this.#byDeviation[s] = tail.density / gain;
      return Math.log(gain);
    }
    const interval = this.#interval;
    intervalGain(mean, deviation, Number.NEGATIVE_INFINITY, best, interval);
    this.#byMean[s] = interval.toMean;
    this.#byDeviation[s] = interval.toDeviation;
    return Number.isNaN(interval.log) ? Number.NEGATIVE_INFINITY : interval.log;
  }
}
