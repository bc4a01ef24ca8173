import type { Rng } from '../../base/random.ts';
import { eachLabel, type LabelRules } from './labels.ts';
import type { LatencyEstimator } from './latency-estimator.ts';
import type { OrderingModel } from './pool-scheduler.ts';
import type { Completion, RequestView } from './scheduler.ts';

const DAMPING = 1e-9;

function learnTimes(estimator: LatencyEstimator, rules: LabelRules, completion: Completion): void {
  eachLabel(completion, rules, (request, seconds) => estimator.remember(request.features, seconds));
  estimator.feedback();
}

/** CN-greedy: shortest predicted first; with probability ε the edge batch is a random part of the pool. */
export function greedyModel(
  estimator: LatencyEstimator,
  epsilon: number,
  coins: Rng,
  rules: LabelRules,
): OrderingModel {
  const predict = (request: RequestView) => estimator.predict(request.features);
  return {
    arrivalKey: predict,
    refreshedKey: predict,
    cloudKey: (_request, stored) => stored,
    pickBatch: (pool, size) => (coins.uniform() < epsilon ? coins.shuffle([...pool]) : pool).slice(0, size),
    prediction: (_request, stored) => stored,
    learn: (completion) => learnTimes(estimator, rules, completion),
  };
}

export interface NeuralUcbSettings {
  /** Width of the confidence bound. */
  readonly nu: number;
  /** Initial value of every entry of U. */
  readonly lambdaReg: number;
  /** As published: the renewed scores are thrown away, so arrival-time scores decide. */
  readonly staleScores: boolean;
}

/**
 * CN-DUCB: optimistic (lower-confidence) times μ − σ with σ² = λν Σ g²/(U + 1e-9), g the gradient of the scaled
 * prediction and U the diagonal sum of squared gradients of every edge batch. The cloud goes by the mean alone.
 * @see Zhou, Li & Gu 2020, "Neural contextual bandits with UCB-based exploration", diagonal form
 */
export function neuralUcbModel(
  estimator: LatencyEstimator,
  settings: NeuralUcbSettings,
  rules: LabelRules,
): OrderingModel {
  const { nu, lambdaReg, staleScores } = settings;
  const { network } = estimator;
  const uncertainty = new Float64Array(network.parameterCount).fill(lambdaReg);
  const inverse = new Float64Array(network.parameterCount).fill(1 / (lambdaReg + DAMPING));

  function score(request: RequestView): number {
    const mean = estimator.predictScaled(request.features);
    const deviation = estimator.targetDeviation;
    if (deviation === 0) return estimator.toSeconds(mean);
    const variance = lambdaReg * nu * deviation * deviation * network.weightedSquaredGradient(inverse);
    return estimator.toSeconds(mean - Math.sqrt(variance));
  }

  return {
    arrivalKey: score,
    refreshedKey: (request, stored) => (staleScores ? stored : score(request)),
    cloudKey: (request) => estimator.predict(request.features),
    edgeBatchStarted(requests) {
      const deviation = estimator.targetDeviation;
      if (deviation === 0) return;
      for (const { features } of requests) {
        network.forward(features);
        network.addSquaredGradient(deviation * deviation, uncertainty);
      }
      for (let i = 0; i < inverse.length; i++) inverse[i] = 1 / (uncertainty[i]! + DAMPING);
    },
    prediction: (_request, stored) => stored,
    learn: (completion) => learnTimes(estimator, rules, completion),
  };
}
