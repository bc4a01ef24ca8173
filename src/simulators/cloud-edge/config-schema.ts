import { z } from 'zod';
import { InputError } from '../../base/errors.ts';
import { shortText } from '../../base/short-text.ts';
import { toldIssue } from '../../document/schema.ts';
import { readBy, wholeNumber } from '../../document/schema-parts.ts';
import { arrivalTrace, DEFAULT_DATASET, datasetSource, nonNegative } from './dataset-schema.ts';
import { SCHEDULER_LABELS, SCHEDULER_NAMES, schedulerNamed } from './scheduler-names.ts';

/**
 * - `static`: batches that last as long as their slowest member;
 * - `time-series`: the same engine with a row per decision;
 * - `continuous`: iteration-level slots, members leave when done;
 * - `continuous-legacy`: what the published program runs under that name, static batches with other defaults.
 */
const MODES = ['static', 'time-series', 'continuous', 'continuous-legacy'] as const;

/** Defects of the published program that can be switched back on. */
const LEGACY_SWITCHES = ['cloud_average', 'stale_scores', 'mixed_labels'] as const;

const LONGEST_SECONDS = 366 * 86_400;
const LARGEST_RATE = 1_000_000;
/** Arrivals of a run; more would not fit into memory. */
const MOST_ARRIVALS = 20_000_000;

const positive = z.number().gt(0);
const text = z.string().min(1);
const idle = z.unknown().optional();

/** Read by no part of the published program, or about its threads and devices: accepted, without effect. */
const idleKeys = {
  linucb_feedback_buffer_max: idle,
  max_training_workers: idle,
  log_level: idle,
  device: idle,
  dynamics_log_interval: idle,
};
export const IDLE_KEYS = Object.keys(idleKeys) as readonly (keyof typeof idleKeys)[];

/** A scheduler by its short name, or by the name that the published program writes. */
export const scheduler = text
  .meta({ enum: [...SCHEDULER_NAMES, ...Object.values(SCHEDULER_LABELS)] })
  .transform(readBy((name) => schedulerNamed(name)));
export const schedulers = z.array(scheduler);

/** Share of what both nodes can serve. */
export const load = positive.max(1000);

/** Times in seconds, rates per second. Key names are those of the published program. */
const keys = z.strictObject({
  mode: z.enum(MODES).default('static'),
  scheduler: scheduler.default('cn-ducb'),
  /** True switches all of them back on. */
  legacy: z
    .union([z.boolean(), z.array(z.enum(LEGACY_SWITCHES))], {
      error: `must be true, false or a list of ${LEGACY_SWITCHES.join(', ')}`,
    })
    .transform((names) => (names === true ? LEGACY_SWITCHES : names === false ? [] : names))
    .default([]),
  llm_name: text.default('Qwen'),
  /** At most a year. */
  simulation_duration: positive.max(LONGEST_SECONDS).default(7200),
  random_seed: wholeNumber({ least: 0 }).default(42),
  request_rate_lambda: nonNegative.max(LARGEST_RATE).default(5),
  edge_node_name: text.default('edge0'),
  /** Default: 1, in the continuous modes 4. */
  edge_concurrency: wholeNumber({ least: 0, most: 4096 }).optional(),
  edge_batch_capacity_k: wholeNumber({ least: 1, most: 4096 }).default(4),
  /** Relative slowdown for each further request on a continuous edge. */
  edge_slowdown: nonNegative.default(0),
  cloud_concurrency: wholeNumber({ least: 0, most: 65536 }).default(8),
  network_rtt: nonNegative.default(0.05),
  cloud_time_multiplier: positive.default(0.7),
  inference_time_scale_factor: positive.default(10),
  inference_time_base_offset: z.number().default(0.1),
  /** 0 or less keeps all. */
  max_dataset_samples: wholeNumber().default(50_000),
  embedding_model_type: z.enum(['hashing', 'bert']).default('hashing'),
  /** Length of hashed vectors. */
  embedding_dim: wholeNumber({ least: 9, most: 65536 }).default(64),
  /** Length to which ready-made vectors are cut or padded; null leaves them. */
  bert_embedding_dim: z.nullable(wholeNumber({ least: 1, most: 65536 })).default(null),
  nn_hidden_layers: z.array(wholeNumber({ least: 1, most: 4096 })).default([32, 32]),
  nn_learning_rate: positive.default(0.001),
  nn_batch_size: wholeNumber({ least: 1 }).default(32),
  nn_train_interval: wholeNumber({ least: 1 }).default(5),
  nn_training_buffer_maxlen: wholeNumber({ least: 1, most: 10_000_000 }).default(10_000),
  clinucb_alpha: nonNegative.default(0.1),
  clinucb_lambda_reg: positive.default(1),
  cngreedy_epsilon: z.number().min(0).max(1).default(0.1),
  cnducb_nu: nonNegative.default(0.001),
  /** Default: 8, in the continuous modes 2. */
  candidate_pool_size_m_factor: positive.optional(),
  enable_dynamics_logging: z.boolean().default(true),
  slo_s: z.nullable(positive).default(null),
  dataset: datasetSource.default(DEFAULT_DATASET),
  arrival_trace: arrivalTrace.optional(),
  /** Files, read by the command line before a simulation is prepared. */
  dataset_path: text.optional(),
  bert_model_name: text.optional(),
  ...idleKeys,
});

export const CONFIG_KEYS: readonly string[] = Object.keys(keys.shape).sort();

type Keys = z.output<typeof keys>;
type IdleKey = (typeof IDLE_KEYS)[number];

const isMap = ({ value }: { readonly value: unknown }): boolean => typeof value === 'object' && value !== null;
const related = keys.superRefine(checkRelations, { when: isMap });

/** A configuration as a user writes it: a flat map of overrides over the defaults of its mode. */
export const cloudEdgeConfig = related.transform(({ dataset_path = null, bert_model_name = null, ...given }) => ({
  ...complete(given),
  dataset_path,
  bert_model_name,
}));

/** What a simulation is given: the same without files, which are read before. */
export const simulationConfig = related
  .superRefine(refuseFiles, { when: isMap })
  .transform(({ dataset_path: _, bert_model_name: __, ...given }) => complete(given));

/** A checked configuration that names no files. */
export type CloudEdgeConfig = Readonly<z.output<typeof simulationConfig>>;

function complete<T extends Omit<Keys, 'dataset_path' | 'bert_model_name'>>(given: T) {
  const read = Object.entries(given).filter(([key]) => !(IDLE_KEYS as readonly string[]).includes(key));
  return {
    ...(Object.fromEntries(read) as Omit<T, IdleKey>),
    ...modeDefaults(given),
    arrival_trace: given.arrival_trace ?? null,
  };
}

/** Values that the continuous variants start from, where none is given. */
function modeDefaults({ mode, edge_concurrency, candidate_pool_size_m_factor }: Partial<Keys>) {
  const continuous = mode === 'continuous' || mode === 'continuous-legacy';
  return {
    edge_concurrency: edge_concurrency ?? (continuous ? 4 : 1),
    candidate_pool_size_m_factor: candidate_pool_size_m_factor ?? (continuous ? 2 : 8),
  };
}

/** @param given - a key that was refused for itself may be missing, or be as it was written */
function checkRelations(given: Keys, context: z.RefinementCtx): void {
  const { edge_concurrency: slots, candidate_pool_size_m_factor: factor } = modeDefaults(given);
  const { cloud_concurrency, edge_batch_capacity_k: capacity, nn_batch_size, nn_training_buffer_maxlen } = given;
  const tell = (key: keyof Keys, message: string, suggestion?: string): void => {
    const details = { path: [key], ...(suggestion === undefined ? {} : { suggestion }) };
    context.addIssue(toldIssue(new InputError(message, details)));
  };
  if (slots === 0 && cloud_concurrency === 0) {
    tell('cloud_concurrency', 'edge_concurrency and cloud_concurrency must not both be 0');
  }
  if (areNumbers(factor, capacity) && factor > 0 && capacity > 0 && factor * capacity < 1) {
    const rule = 'candidate_pool_size_m_factor · edge_batch_capacity_k must be ≥ 1';
    tell('candidate_pool_size_m_factor', `${rule}, got ${factor} · ${capacity}`);
  }
  const { simulation_duration: seconds, request_rate_lambda: rate } = given;
  if (given.arrival_trace === undefined && areNumbers(seconds, rate) && seconds * rate > MOST_ARRIVALS) {
    const rule = `request_rate_lambda · simulation_duration must be ≤ ${MOST_ARRIVALS} arrivals`;
    tell('simulation_duration', `${rule}, got ${rate} · ${seconds}`);
  }
  const vectorless = given.dataset?.kind === 'synthetic' && given.arrival_trace === undefined;
  if (given.embedding_model_type === 'bert' && vectorless && given.dataset_path === undefined) {
    tell(
      'embedding_model_type',
      '"bert" needs a dataset with vectors, but the dataset is synthetic',
      'use "hashing", or give rows made by `paretune cloud-edge embed`',
    );
  }
  if (areNumbers(nn_training_buffer_maxlen, nn_batch_size) && nn_training_buffer_maxlen < nn_batch_size) {
    const rule = `must be ≥ nn_batch_size (${nn_batch_size}), got ${nn_training_buffer_maxlen}`;
    tell('nn_training_buffer_maxlen', `${rule}: the network would never train`);
  }
}

function refuseFiles(given: Keys, context: z.RefinementCtx): void {
  for (const key of ['dataset_path', 'bert_model_name'] as const) {
    if (given[key] === undefined) continue;
    const error = new InputError(`a simulation reads no files, got ${shortText(given[key])}`, {
      path: [key],
      suggestion: 'turn the dataset into a workload file with `paretune cloud-edge pack`',
    });
    context.addIssue(toldIssue(error));
  }
}

function areNumbers(...values: readonly unknown[]): boolean {
  return values.every((value) => typeof value === 'number');
}
