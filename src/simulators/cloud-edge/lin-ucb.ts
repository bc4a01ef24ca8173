import type { Features } from './features.ts';
import { eachLabel, type LabelRules } from './labels.ts';
import type { OrderingModel } from './pool-scheduler.ts';

const DAMPING = 1e-9;

/** Upper confidence bound of a linear reward. */
export interface LinearBandit {
  ucb(features: Features): number;
  update(features: Features, reward: number): void;
}

/**
 * Ridge regression with a diagonal Gram matrix: θ = b/(A + 1e-9), bound α·sqrt(Σ x²/(A + 1e-9)).
 * @see Li et al. 2010, "A contextual-bandit approach to personalized news article recommendation", diagonal form
 */
export function diagonalLinUcb(dimension: number, alpha: number, ridge: number): LinearBandit {
  const gram = new Float64Array(dimension).fill(ridge);
  const moment = new Float64Array(dimension);
  return {
    ucb({ packed, nonZero }) {
      let mean = 0;
      let variance = 0;
      for (let k = 0; k < nonZero.length; k++) {
        const i = nonZero[k]!;
        const x = packed[k]!;
        const scaled = x / (gram[i]! + DAMPING);
        mean += scaled * moment[i]!;
        variance += scaled * x;
      }
      return mean + alpha * Math.sqrt(Math.max(0, variance));
    },
    update({ packed, nonZero }, reward) {
      for (let k = 0; k < nonZero.length; k++) {
        const i = nonZero[k]!;
        const x = packed[k]!;
        gram[i]! += x * x;
        moment[i]! += reward * x;
      }
    },
  };
}

/** LinUCB with the whole Gram matrix, its inverse kept by rank-one updates (Sherman–Morrison). */
export function fullLinUcb(dimension: number, alpha: number, ridge: number): LinearBandit {
  const inverse = new Float64Array(dimension * dimension);
  for (let i = 0; i < dimension; i++) inverse[i * dimension + i] = 1 / ridge;
  const moment = new Float64Array(dimension);
  const theta = new Float64Array(dimension);
  const product = new Float64Array(dimension);

  function multiply({ packed, nonZero }: Features): void {
    for (let i = 0; i < dimension; i++) {
      const row = i * dimension;
      let sum = 0;
      for (let k = 0; k < nonZero.length; k++) sum += inverse[row + nonZero[k]!]! * packed[k]!;
      product[i] = sum;
    }
  }

  return {
    ucb(features) {
      const { packed, nonZero } = features;
      let mean = 0;
      let variance = 0;
      multiply(features);
      for (let k = 0; k < nonZero.length; k++) {
        const i = nonZero[k]!;
        mean += theta[i]! * packed[k]!;
        variance += product[i]! * packed[k]!;
      }
      return mean + alpha * Math.sqrt(Math.max(0, variance));
    },
    update(features, reward) {
      const { packed, nonZero } = features;
      multiply(features);
      let norm = 1;
      for (let k = 0; k < nonZero.length; k++) norm += product[nonZero[k]!]! * packed[k]!;
      for (let i = 0; i < dimension; i++) {
        const row = i * dimension;
        const factor = product[i]! / norm;
        for (let j = 0; j < dimension; j++) inverse[row + j]! -= factor * product[j]!;
      }
      for (let k = 0; k < nonZero.length; k++) moment[nonZero[k]!]! += reward * packed[k]!;
      for (let i = 0; i < dimension; i++) {
        const row = i * dimension;
        let sum = 0;
        for (let j = 0; j < dimension; j++) sum += inverse[row + j]! * moment[j]!;
        theta[i] = sum;
      }
    },
  };
}

/** Orders by the negated bound; the reward of a finished request is its negated time. */
export function linUcbModel(bandit: LinearBandit, rules: LabelRules): OrderingModel {
  return {
    arrivalKey: (request) => -bandit.ucb(request.features),
    refreshedKey: (request) => -bandit.ucb(request.features),
    cloudKey: (_request, stored) => stored,
    prediction: () => null,
    learn: (completion) => eachLabel(completion, rules, (request, time) => bandit.update(request.features, -time)),
  };
}
