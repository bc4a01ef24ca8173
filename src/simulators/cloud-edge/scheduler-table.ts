import { stream } from '../../base/random.ts';
import type { CloudEdgeConfig } from './config-schema.ts';
import { firstComeFirstServed, leastConnections, randomOffload, roundRobinOffload } from './fifo-schedulers.ts';
import type { LabelRules } from './labels.ts';
import { LatencyEstimator } from './latency-estimator.ts';
import { diagonalLinUcb, fullLinUcb, linUcbModel } from './lin-ucb.ts';
import { greedyModel, neuralUcbModel } from './neural-models.ts';
import { poolScheduler } from './pool-scheduler.ts';
import { leastResponseTime } from './response-time-scheduler.ts';
import type { Scheduler } from './scheduler.ts';

interface Ingredients {
  readonly config: CloudEdgeConfig;
  /** Length of the feature vectors. */
  readonly dimension: number;
  readonly seed: number;
}

const SCHEDULERS: Readonly<Record<CloudEdgeConfig['scheduler'], (from: Ingredients) => Scheduler>> = {
  fcfs: firstComeFirstServed,
  random: ({ seed }) => randomOffload(stream(seed, 'cloud-edge', 'coins')),
  'round-robin': roundRobinOffload,
  clinucb: ({ config, dimension }) =>
    poolScheduler(
      linUcbModel(diagonalLinUcb(dimension, config.clinucb_alpha, config.clinucb_lambda_reg), labelRules(config)),
      config.candidate_pool_size_m_factor,
    ),
  'clinucb-full': ({ config, dimension }) =>
    poolScheduler(
      linUcbModel(fullLinUcb(dimension, config.clinucb_alpha, config.clinucb_lambda_reg), labelRules(config)),
      config.candidate_pool_size_m_factor,
    ),
  'cn-greedy': (from) =>
    poolScheduler(
      greedyModel(
        estimator(from),
        from.config.cngreedy_epsilon,
        stream(from.seed, 'cloud-edge', 'coins'),
        labelRules(from.config),
      ),
      from.config.candidate_pool_size_m_factor,
    ),
  'cn-ducb': (from) =>
    poolScheduler(
      neuralUcbModel(
        estimator(from),
        {
          nu: from.config.cnducb_nu,
          lambdaReg: from.config.clinucb_lambda_reg,
          staleScores: from.config.legacy.includes('stale_scores'),
        },
        labelRules(from.config),
      ),
      from.config.candidate_pool_size_m_factor,
    ),
  'least-connections': leastConnections,
  'least-response-time': ({ config }) => leastResponseTime(config.network_rtt),
  // The published "queue length" rule decides exactly as the response-time rule does.
  'queue-length': ({ config }) => leastResponseTime(config.network_rtt),
};

/** A fresh scheduler; all randomness comes from streams of `seed`. */
export function createScheduler(config: CloudEdgeConfig, dimension: number, seed: number): Scheduler {
  return SCHEDULERS[config.scheduler]({ config, dimension, seed });
}

function labelRules(config: CloudEdgeConfig): LabelRules {
  return {
    networkRtt: config.network_rtt,
    cloudTimeMultiplier: config.cloud_time_multiplier,
    mixedLabels: config.legacy.includes('mixed_labels'),
  };
}

function estimator({ config, dimension, seed }: Ingredients): LatencyEstimator {
  return new LatencyEstimator(
    {
      dimension,
      hiddenLayers: config.nn_hidden_layers,
      learningRate: config.nn_learning_rate,
      batchSize: config.nn_batch_size,
      trainInterval: config.nn_train_interval,
      bufferSize: config.nn_training_buffer_maxlen,
      timeScale: config.inference_time_scale_factor,
      timeOffset: config.inference_time_base_offset,
    },
    stream(seed, 'cloud-edge', 'network'),
    stream(seed, 'cloud-edge', 'buffer'),
  );
}
