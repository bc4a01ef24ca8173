import { InputError } from '../../base/errors.ts';
import { type Rng, stream } from '../../base/random.ts';
import type { CloudEdgeConfig } from './config-schema.ts';
import type { PromptRow } from './dataset-source.ts';
import { type Features, type PromptEncoder, resize, toFeatures } from './features.ts';
import { hashingEncoder } from './hashing-encoder.ts';
import { syntheticDataset } from './synthetic-dataset.ts';

export interface Arrival {
  /** Seconds. */
  readonly time: number;
  readonly baseTime: number;
  readonly features: Features;
}

/** Arrivals in order of time; null after the last. */
export interface ArrivalSource {
  readonly dimension: number;
  next(): Arrival | null;
}

/** Prompts with their features, encoded when first used. */
export interface PromptSet {
  readonly size: number;
  readonly dimension: number;
  seconds(row: number): number;
  features(row: number): Features;
}

/** @throws InputError when vectors are asked for that the rows do not carry */
export function promptSet(rows: readonly PromptRow[], config: CloudEdgeConfig): PromptSet {
  const ready = rows[0]?.embedding ?? null;
  if (ready === null && config.embedding_model_type === 'bert') {
    throw new InputError('"bert" needs rows with an "embedding"', {
      path: ['embedding_model_type'],
      suggestion: 'add them with `paretune cloud-edge embed`, or use "hashing"',
    });
  }
  const encoder: PromptEncoder | null = ready === null ? hashingEncoder(config.embedding_dim) : null;
  const dimension = encoder?.dimension ?? config.bert_embedding_dim ?? ready!.length;
  const cache: (Features | undefined)[] = new Array<Features | undefined>(rows.length).fill(undefined);
  return {
    size: rows.length,
    dimension,
    seconds: (row) => rows[row]!.seconds,
    features(row) {
      cache[row] ??= toFeatures(encoder?.encode(rows[row]!.text) ?? resize(rows[row]!.embedding!, dimension));
      return cache[row];
    },
  };
}

/** The dataset of a run: the rows as given, or synthetic ones. */
export function rowsFor(config: CloudEdgeConfig, seed: number): readonly PromptRow[] {
  const { dataset, max_dataset_samples: limit } = config;
  if (dataset.kind === 'rows') return limit > 0 ? dataset.rows.slice(0, limit) : dataset.rows;
  const size = limit > 0 ? Math.min(limit, dataset.rows) : dataset.rows;
  return syntheticDataset(size, dataset.seed ?? seed).map((line) => ({
    text: line.request_text,
    seconds: line.inference_time,
    embedding: null,
  }));
}

/** Poisson arrivals that walk the dataset in order, again and again; at most ⌊1.5 · expected⌋ + 100 of them. */
function poissonArrivals(prompts: PromptSet, rate: number, duration: number, rng: Rng): ArrivalSource {
  const most = rate > 0 ? Math.floor(duration * rate * 1.5) + 100 : 0;
  let made = 0;
  let time = 0;
  return {
    dimension: prompts.dimension,
    next() {
      if (made >= most) return null;
      time += rng.exponential() / rate;
      const row = made++ % prompts.size;
      return { time, baseTime: prompts.seconds(row), features: prompts.features(row) };
    },
  };
}

/** Arrivals as listed, with hashed prompts. */
export function tracedArrivals(config: CloudEdgeConfig): ArrivalSource {
  const encoder = hashingEncoder(config.embedding_dim);
  const trace = config.arrival_trace ?? [];
  let made = 0;
  return {
    dimension: encoder.dimension,
    next() {
      const entry = trace[made++];
      if (entry === undefined) return null;
      return { time: entry.t, baseTime: entry.base_time, features: toFeatures(encoder.encode(entry.text)) };
    },
  };
}

/** The arrivals of one seed: equal for every scheduler. */
export function arrivalsFor(
  config: CloudEdgeConfig,
  seed: number,
  duration: number,
  prompts: PromptSet | null,
): ArrivalSource {
  if (config.arrival_trace !== null) return tracedArrivals(config);
  const set = prompts ?? promptSet(rowsFor(config, seed), config);
  return poissonArrivals(set, config.request_rate_lambda, duration, stream(seed, 'cloud-edge', 'arrivals'));
}
