import { Machine } from '../compiled/machine.ts';
import type { MemberMoments } from './hypervolume-gain.ts';

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

  /** @param bests - best loss of each member */
  constructor(bests: Float64Array) {
    this.#bests = bests;
    this.toMeans = [new Float64Array(bests.length)];
  }

  /** @param moments - of the one objective @param partials - whether to fill `toMeans` and `toVariance` */
  logMean(moments: readonly MemberMoments[], partials: boolean): number {
    const { means, variance } = moments[0]!;
    const members = this.#bests.length;
    const at = place(members);
    const stride = even(members);
    const { numbers, kernels } = MACHINE;
    for (let s = 0; s < members; s++) {
      numbers[at + s] = this.#bests[s]!;
      numbers[at + stride + s] = means[s]!;
    }
    const value = kernels.logMeanGain(8 * at, members, Math.sqrt(variance), partials ? 1 : 0);
    if (partials) {
      const [toMean] = this.toMeans;
      for (let s = 0; s < members; s++) toMean[s] = numbers[at + 2 * stride + s]!;
      this.toVariance[0] = numbers[at + 9 * stride]!;
    }
    return value;
  }
}

const MACHINE = new Machine(1);
const ARRAYS = 10;
let room = 0;
let base = 0;

/** Index of arrays for so many members; nothing stays there from one value to the next. */
function place(members: number): number {
  if (members > room) {
    base = MACHINE.take(8 * ARRAYS * even(members));
    room = members;
  }
  return base >>> 3;
}

function even(n: number): number {
  return n + (n % 2);
}
