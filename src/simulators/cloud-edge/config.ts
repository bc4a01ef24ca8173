import { InputError, unknownName } from '../../base/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../base/json.ts';
import { choice, flag, type NumberRule, readNumber, shown, text } from './config-values.ts';
import { type DatasetSource, parseDatasetSource, parseTrace, type TraceEntry } from './dataset-source.ts';
import { type SchedulerName, schedulerNamed } from './scheduler-names.ts';

export const MODES = ['static', 'time-series', 'continuous', 'continuous-legacy'] as const;
/**
 * - `static`: batches that last as long as their slowest member;
 * - `time-series`: the same engine with a row per decision;
 * - `continuous`: iteration-level slots, members leave when done;
 * - `continuous-legacy`: what the published program runs under that name, static batches with other defaults.
 */
export type Mode = (typeof MODES)[number];

export const LEGACY_SWITCHES = ['cloud_average', 'stale_scores', 'mixed_labels'] as const;
/** Defects of the published program that can be switched back on. */
export type LegacySwitch = (typeof LEGACY_SWITCHES)[number];

/** Times in seconds, rates per second. Key names are those of the published program. */
export interface CloudEdgeConfig {
  readonly mode: Mode;
  readonly scheduler: SchedulerName;
  readonly legacy: readonly LegacySwitch[];
  readonly llm_name: string;
  readonly simulation_duration: number;
  readonly random_seed: number;
  readonly request_rate_lambda: number;
  readonly edge_node_name: string;
  readonly edge_concurrency: number;
  readonly edge_batch_capacity_k: number;
  /** Relative slowdown for each further request on a continuous edge. */
  readonly edge_slowdown: number;
  readonly cloud_concurrency: number;
  readonly network_rtt: number;
  readonly cloud_time_multiplier: number;
  readonly inference_time_scale_factor: number;
  readonly inference_time_base_offset: number;
  readonly max_dataset_samples: number;
  readonly embedding_model_type: 'hashing' | 'bert';
  /** Length of hashed vectors. */
  readonly embedding_dim: number;
  /** Length to which ready-made vectors are cut or padded; null leaves them. */
  readonly bert_embedding_dim: number | null;
  readonly nn_hidden_layers: readonly number[];
  readonly nn_learning_rate: number;
  readonly nn_batch_size: number;
  readonly nn_train_interval: number;
  readonly nn_training_buffer_maxlen: number;
  readonly clinucb_alpha: number;
  readonly clinucb_lambda_reg: number;
  readonly cngreedy_epsilon: number;
  readonly cnducb_nu: number;
  readonly candidate_pool_size_m_factor: number;
  readonly enable_dynamics_logging: boolean;
  readonly slo_s: number | null;
  readonly dataset: DatasetSource;
  readonly arrival_trace: readonly TraceEntry[] | null;
}

const NUMBERS = {
  simulation_duration: { byDefault: 7200, above: 0 },
  random_seed: { byDefault: 42, least: 0, integer: true },
  request_rate_lambda: { byDefault: 5, least: 0 },
  edge_concurrency: { byDefault: 1, least: 0, integer: true, most: 4096 },
  edge_batch_capacity_k: { byDefault: 4, least: 1, integer: true, most: 4096 },
  edge_slowdown: { byDefault: 0, least: 0 },
  cloud_concurrency: { byDefault: 8, least: 0, integer: true, most: 65536 },
  network_rtt: { byDefault: 0.05, least: 0 },
  cloud_time_multiplier: { byDefault: 0.7, above: 0 },
  inference_time_scale_factor: { byDefault: 10, above: 0 },
  inference_time_base_offset: { byDefault: 0.1 },
  max_dataset_samples: { byDefault: 50_000, integer: true },
  embedding_dim: { byDefault: 64, least: 9, integer: true, most: 65536 },
  bert_embedding_dim: { byDefault: null, least: 1, integer: true, most: 65536 },
  nn_learning_rate: { byDefault: 0.001, above: 0 },
  nn_batch_size: { byDefault: 32, least: 1, integer: true },
  nn_train_interval: { byDefault: 5, least: 1, integer: true },
  nn_training_buffer_maxlen: { byDefault: 10_000, least: 1, integer: true, most: 10_000_000 },
  clinucb_alpha: { byDefault: 0.1, least: 0 },
  clinucb_lambda_reg: { byDefault: 1, above: 0 },
  cngreedy_epsilon: { byDefault: 0.1, least: 0, most: 1 },
  cnducb_nu: { byDefault: 0.001, least: 0 },
  candidate_pool_size_m_factor: { byDefault: 8, above: 0 },
  slo_s: { byDefault: null, above: 0 },
} as const satisfies Readonly<Record<string, NumberRule>>;

/** Defaults that the continuous variants change. */
const CONTINUOUS_DEFAULTS: Readonly<Record<string, number>> = { edge_concurrency: 4, candidate_pool_size_m_factor: 2 };

/** Read by no part of the published program, or about its threads and devices: accepted, without effect. */
export const IDLE_KEYS = [
  'linucb_feedback_buffer_max',
  'max_training_workers',
  'log_level',
  'device',
  'dynamics_log_interval',
] as const;

const OTHER_KEYS = [
  'mode',
  'scheduler',
  'legacy',
  'llm_name',
  'edge_node_name',
  'embedding_model_type',
  'nn_hidden_layers',
  'enable_dynamics_logging',
  'dataset',
  'arrival_trace',
] as const;

/** Files, resolved by the command line before a simulation is prepared. */
export const FILE_KEYS = ['dataset_path', 'bert_model_name'] as const;

export function configKeys(): readonly string[] {
  return [...Object.keys(NUMBERS), ...OTHER_KEYS, ...FILE_KEYS, ...IDLE_KEYS].sort();
}

/**
 * Checks a flat map of overrides and merges it over the defaults of its mode.
 * @throws InputError with the offending key as path
 */
export function parseConfig(document: Json): CloudEdgeConfig {
  if (!isJsonObject(document)) throw new InputError(`must be a map of keys, got ${shown(document)}`);
  refuseUnknownKeys(document);
  const mode = choice(document, 'mode', MODES, 'static');
  const numbers: Record<string, number | null> = {};
  const defaults = mode.startsWith('continuous') ? CONTINUOUS_DEFAULTS : {};
  for (const [key, rule] of Object.entries(NUMBERS) as [string, NumberRule][]) {
    numbers[key] = readNumber(document[key], key, { ...rule, byDefault: defaults[key] ?? rule.byDefault });
  }
  const config = {
    ...(numbers as unknown as Pick<CloudEdgeConfig, keyof typeof NUMBERS>),
    mode,
    scheduler: schedulerNamed(text(document, 'scheduler', 'Proposed_CN_DUCB')),
    legacy: readLegacy(document['legacy']),
    llm_name: text(document, 'llm_name', 'Qwen'),
    edge_node_name: text(document, 'edge_node_name', 'edge0'),
    embedding_model_type: choice(document, 'embedding_model_type', ['hashing', 'bert'] as const, 'hashing'),
    nn_hidden_layers: readLayers(document['nn_hidden_layers']),
    enable_dynamics_logging: flag(document, 'enable_dynamics_logging', true),
    arrival_trace: document['arrival_trace'] === undefined ? null : parseTrace(document['arrival_trace']),
    dataset: parseDatasetSource(document['dataset']),
  };
  checkRelations(config);
  return config;
}

function refuseUnknownKeys(document: JsonObject): void {
  const known = configKeys();
  for (const key of Object.keys(document)) {
    if (!known.includes(key)) throw unknownName('key', key, known, { path: [key] });
    if ((FILE_KEYS as readonly string[]).includes(key)) {
      throw new InputError(`a simulation reads no files, got ${shown(document[key]!)}`, {
        path: [key],
        suggestion: 'turn the dataset into a workload file with `paretune cloud-edge pack`',
      });
    }
  }
}

function checkRelations(config: CloudEdgeConfig): void {
  const { edge_concurrency, cloud_concurrency, candidate_pool_size_m_factor, edge_batch_capacity_k } = config;
  if (edge_concurrency === 0 && cloud_concurrency === 0) {
    throw new InputError('edge_concurrency and cloud_concurrency must not both be 0', { path: ['cloud_concurrency'] });
  }
  if (candidate_pool_size_m_factor * edge_batch_capacity_k < 1) {
    throw new InputError(
      `candidate_pool_size_m_factor · edge_batch_capacity_k must be ≥ 1, got ${candidate_pool_size_m_factor} · ${edge_batch_capacity_k}`,
      { path: ['candidate_pool_size_m_factor'] },
    );
  }
  if (config.embedding_model_type === 'bert' && config.dataset.kind === 'synthetic' && config.arrival_trace === null) {
    throw new InputError('"bert" needs a dataset with vectors, but the dataset is synthetic', {
      path: ['embedding_model_type'],
      suggestion: 'use "hashing", or give rows made by `paretune cloud-edge embed`',
    });
  }
  if (config.nn_training_buffer_maxlen < config.nn_batch_size) {
    throw new InputError(
      `must be ≥ nn_batch_size (${config.nn_batch_size}), got ${config.nn_training_buffer_maxlen}: the network would never train`,
      { path: ['nn_training_buffer_maxlen'] },
    );
  }
}

function readLayers(value: Json | undefined): readonly number[] {
  if (value === undefined) return [32, 32];
  if (!Array.isArray(value)) {
    throw new InputError(`must be a list of widths, got ${shown(value)}`, { path: ['nn_hidden_layers'] });
  }
  return value.map((width, index) => {
    if (typeof width !== 'number' || !Number.isInteger(width) || width < 1 || width > 4096) {
      throw new InputError(`must be an integer from 1 to 4096, got ${shown(width)}`, {
        path: ['nn_hidden_layers', index],
      });
    }
    return width;
  });
}

function readLegacy(value: Json | undefined): readonly LegacySwitch[] {
  if (value === undefined || value === false) return [];
  if (value === true) return LEGACY_SWITCHES;
  if (!Array.isArray(value)) {
    throw new InputError(`must be true, false or a list of switches, got ${shown(value)}`, {
      path: ['legacy'],
      suggestion: `switches: ${LEGACY_SWITCHES.join(', ')}`,
    });
  }
  return value.map((name, index) => {
    const known = LEGACY_SWITCHES.find((item) => item === name);
    if (known === undefined) {
      throw unknownName('legacy switch', String(name), LEGACY_SWITCHES, { path: ['legacy', index] });
    }
    return known;
  });
}
