import type { z } from 'zod';
import { InputError } from '../../base/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../base/json.ts';
import { parseWith } from '../../document/schema.ts';
import { placed } from '../../document/yaml.ts';
import { rowsFor } from '../../simulators/cloud-edge/arrivals.ts';
import { capacity } from '../../simulators/cloud-edge/capacity.ts';
import { type CloudEdgeConfig, cloudEdgeConfig, IDLE_KEYS } from '../../simulators/cloud-edge/config-schema.ts';
import type { PromptRow } from '../../simulators/cloud-edge/dataset-source.ts';
import { runNeeds } from '../../simulators/cloud-edge/run-needs.ts';
import { SCHEDULER_NAMES, type SchedulerName } from '../../simulators/cloud-edge/scheduler-names.ts';
import { requireAffordable } from '../../simulators/run-bounds.ts';
import { readYamlFile } from '../../study/io/yaml-file.ts';
import { datasetWarnings, readDataset } from './dataset-file.ts';
import { type Encoding, embedRows } from './embed-dataset.ts';

/** A key that a flag sets. */
export interface Override {
  readonly value: Json;
  /** For messages, which name it instead of the key: `--rate`. */
  readonly flag: string;
}

export interface ExperimentRequest {
  /** YAML file with any of the keys. */
  readonly file: string | undefined;
  /** By key; they win over the file. */
  readonly overrides: Readonly<Record<string, Override>>;
  /** Absent: the one that file or overrides name, else all. */
  readonly schedulers: readonly SchedulerName[] | undefined;
  /** Instead of a rate: share of what both nodes can serve. */
  readonly load: number | undefined;
  readonly encoding: Omit<Encoding, 'encoder'>;
  readonly warn: (line: string) => void;
}

export interface Experiment {
  readonly config: CloudEdgeConfig;
  readonly schedulers: readonly SchedulerName[];
}

/** Reads configuration file, dataset and encoder. @throws InputError with the place in the file, or the flag */
export async function loadExperiment(request: ExperimentRequest): Promise<Experiment> {
  const { file, overrides, warn } = request;
  const source = file === undefined ? null : readYamlFile(file);
  const written = source === null ? {} : placed(source, 0, () => asMap(source.value));
  const given = Object.fromEntries(Object.entries(overrides).map(([key, { value }]) => [key, value]));
  const document: JsonObject = { ...written, ...given };
  const read = (): Checked => flagged(overrides, () => parseWith(cloudEdgeConfig, document));
  const checked = source === null ? read() : placed(source, 0, read);
  for (const key of IDLE_KEYS) if (key in document) warn(`${key} has no effect here`);
  const single = 'scheduler' in document ? [checked.scheduler] : SCHEDULER_NAMES;
  const config = withLoad(await withRows(checked, request), request.load);
  const schedulers = request.schedulers ?? single;
  const afford = (): void => {
    for (const scheduler of schedulers) requireAffordable(runNeeds({ ...config, scheduler }));
  };
  flagged(overrides, () => (source === null ? afford() : placed(source, 0, afford)));
  return { config, schedulers };
}

type Checked = z.output<typeof cloudEdgeConfig>;

/** Problems of keys that a flag sets name the flag. */
function flagged<T>(overrides: ExperimentRequest['overrides'], body: () => T): T {
  try {
    return body();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw error.map((problem) => {
      const { message, path, suggestion } = problem;
      const [key, ...rest] = path;
      if (!Object.hasOwn(overrides, String(key))) return problem;
      const position = { file: overrides[String(key)]!.flag };
      return new InputError(message, { path: rest, position, ...(suggestion === undefined ? {} : { suggestion }) });
    });
  }
}

/** The configuration with the rows of its files, which it no longer names. */
async function withRows(checked: Checked, { encoding, warn }: ExperimentRequest): Promise<CloudEdgeConfig> {
  const { dataset_path: file, bert_model_name: encoder, ...config } = checked;
  const embedded = async (rows: readonly PromptRow[]): Promise<CloudEdgeConfig> => ({
    ...config,
    dataset: { kind: 'rows', rows: encoder === null ? rows : await embedRows(rows, { ...encoding, encoder }) },
  });
  if (file === null) return encoder === null ? config : await embedded(rowsFor(config, config.random_seed));
  const loaded = readDataset(file, config.max_dataset_samples);
  for (const warning of datasetWarnings(file, loaded)) warn(warning);
  const { rows } = loaded;
  const result = await embedded(rows);
  if (config.embedding_model_type === 'bert' && encoder === null && rows[0]!.embedding === null) {
    throw new InputError('embedding_model_type "bert" needs vectors, but the dataset has none', {
      suggestion: 'name the encoder folder with --encoder, or run `paretune cloud-edge embed` first',
    });
  }
  return result;
}

function withLoad(config: CloudEdgeConfig, load: number | undefined): CloudEdgeConfig {
  if (load === undefined) return config;
  if (config.arrival_trace !== null) throw new InputError('--load cannot change an arrival_trace');
  const seconds = rowsFor(config, config.random_seed).map((row) => row.seconds);
  return { ...config, request_rate_lambda: load * capacity(seconds, config) };
}

function asMap(value: Json): JsonObject {
  if (isJsonObject(value)) return value;
  throw new InputError('must be a map of keys');
}
