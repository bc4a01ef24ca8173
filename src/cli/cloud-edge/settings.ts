import type { Argv } from 'yargs';
import { InputError } from '../../base/errors.ts';
import { isJsonObject, type Json } from '../../base/json.ts';
import { shortText } from '../../base/short-text.ts';
import { readDataset } from '../../companions/cloud-edge/dataset-file.ts';
import { loadEncoder, POOLINGS, type Pooling } from '../../companions/cloud-edge/encoder.ts';
import { placed, type YamlSource } from '../../document/yaml.ts';
import { rowsFor } from '../../simulators/cloud-edge/arrivals.ts';
import { capacity } from '../../simulators/cloud-edge/capacity.ts';
import {
  type CloudEdgeConfig,
  configKeys,
  FILE_KEYS,
  IDLE_KEYS,
  parseConfig,
} from '../../simulators/cloud-edge/config.ts';
import type { PromptRow } from '../../simulators/cloud-edge/dataset-source.ts';
import { SCHEDULER_NAMES, type SchedulerName, schedulerNamed } from '../../simulators/cloud-edge/scheduler-names.ts';
import { readYamlFile } from '../../study/io/yaml-file.ts';
import type { Flags } from '../terminal/command.ts';
import { integerFlag, switchFlag, textFlag } from '../terminal/flags.ts';
import { Progress } from '../terminal/progress.ts';

export interface ExperimentSettings {
  readonly config: CloudEdgeConfig;
  readonly schedulers: readonly SchedulerName[];
  readonly epochs: number;
}

/** Flags shared by `run` and `compare`. */
export function experimentFlags(parser: Argv): Argv {
  return parser
    .option('mode', { type: 'string', describe: 'static, time-series, continuous or continuous-legacy' })
    .option('scheduler', {
      type: 'string',
      array: true,
      describe: `any of ${SCHEDULER_NAMES.join(', ')}; default: all`,
    })
    .option('dataset', { type: 'string', describe: 'dataset file; default: a synthetic one for each epoch' })
    .option('encoder', { type: 'string', describe: 'folder of a BERT-type ONNX encoder; default: feature hashing' })
    .option('pooling', { choices: POOLINGS, default: 'cls' as const, describe: 'of the encoder' })
    .option('epochs', { type: 'number', default: 1, describe: 'runs per scheduler, each with its own seed' })
    .option('seed', { type: 'number', describe: 'random_seed; epoch n uses random_seed + n' })
    .option('duration', { type: 'number', describe: 'simulation_duration in seconds' })
    .option('rate', { type: 'number', describe: 'request_rate_lambda in requests/s' })
    .option('load', { type: 'number', describe: 'instead of a rate: share of what both nodes can serve, e.g. 0.9' })
    .option('config', { type: 'string', describe: 'YAML file with any of the keys' })
    .option('set', { type: 'string', array: true, describe: 'key=value, may be repeated' })
    .option('json', { type: 'boolean', describe: 'print the result as JSON' })
    .option('quiet', { type: 'boolean', describe: 'no progress' });
}

/** Reads flags, the configuration file and the dataset. @throws InputError */
export async function experimentSettings(flags: Flags): Promise<ExperimentSettings> {
  const file = textFlag(flags, 'config');
  const source = file === undefined ? null : readYamlFile(file);
  const written = source === null ? {} : placed(source, 0, () => asMap(source.value));
  const overrides: Record<string, Json> = { ...written, ...keyValues(flags), ...namedFlags(flags) };
  const encoderFolder = fileOf(overrides, flags, 'encoder', 'bert_model_name');
  const datasetFile = fileOf(overrides, flags, 'dataset', 'dataset_path');
  for (const key of FILE_KEYS) delete overrides[key];
  const chosen = chosenSchedulers(flags, overrides);
  delete overrides['scheduler'];
  const checked = complain(source, written, () => parseConfig(plainTypes(overrides, datasetFile)));
  for (const key of IDLE_KEYS) if (key in overrides) process.stderr.write(`warning: ${key} has no effect here\n`);
  const config = await withDataset(checked, overrides, datasetFile, encoderFolder, flags);
  const epochs = integerFlag(flags, 'epochs', 1, 100_000) ?? 1;
  return { config: withLoad(config, flags), schedulers: chosen, epochs };
}

/** Vectors come with the dataset, so "bert" can only be checked once the rows are there. */
function plainTypes(overrides: Readonly<Record<string, Json>>, datasetFile: string | undefined): Json {
  if (datasetFile === undefined) return overrides;
  const { embedding_model_type, ...rest } = overrides;
  if (embedding_model_type !== 'bert') return overrides;
  return rest;
}

async function withDataset(
  config: CloudEdgeConfig,
  overrides: Readonly<Record<string, Json>>,
  file: string | undefined,
  encoderFolder: string | undefined,
  flags: Flags,
): Promise<CloudEdgeConfig> {
  if (file === undefined) {
    if (encoderFolder === undefined) return config;
    const drawn = rowsFor(config, config.random_seed);
    return { ...config, dataset: { kind: 'rows', rows: await embedRows(drawn, encoderFolder, flags) } };
  }
  const { rows, skipped, tooLong } = readDataset(file, config.max_dataset_samples);
  if (skipped > 0) process.stderr.write(`warning: ${file}: ${skipped} lines are no valid rows\n`);
  if (tooLong > 0) process.stderr.write(`warning: ${file}: ${tooLong} prompts of 512 tokens or more left out\n`);
  const embedded = encoderFolder === undefined ? rows : await embedRows(rows, encoderFolder, flags);
  const result: CloudEdgeConfig = { ...config, dataset: { kind: 'rows', rows: embedded } };
  if (overrides['embedding_model_type'] !== 'bert') return result;
  if (embedded[0]!.embedding === null) {
    throw new InputError('embedding_model_type "bert" needs vectors, but the dataset has none', {
      suggestion: 'name the encoder folder with --encoder, or run `paretune cloud-edge embed` first',
    });
  }
  return { ...result, embedding_model_type: 'bert' };
}

/** Encodes each different prompt once. */
export async function embedRows(
  rows: readonly PromptRow[],
  folder: string,
  flags: Flags,
): Promise<readonly PromptRow[]> {
  const encoder = await loadEncoder(folder, (textFlag(flags, 'pooling') ?? 'cls') as Pooling);
  const known = new Map<string, readonly number[]>();
  const progress = new Progress('prompts encoded', rows.length, switchFlag(flags, 'quiet'));
  const out: PromptRow[] = [];
  for (const row of rows) {
    let embedding = known.get(row.text);
    if (embedding === undefined) {
      embedding = Array.from(await encoder.embed(row.text), (value) => Number(value.toPrecision(8)));
      known.set(row.text, embedding);
    }
    out.push({ ...row, embedding });
    progress.update(out.length);
  }
  progress.end();
  await encoder.close();
  return out;
}

function withLoad(config: CloudEdgeConfig, flags: Flags): CloudEdgeConfig {
  const load = flags['load'];
  if (load === undefined) return config;
  if (flags['rate'] !== undefined) throw new InputError('--rate and --load exclude each other');
  if (typeof load !== 'number' || !(load > 0))
    throw new InputError(`--load must be a number > 0, got ${shortText(load)}`);
  if (config.arrival_trace !== null) throw new InputError('--load cannot change an arrival_trace');
  const seconds = rowsFor(config, config.random_seed).map((row) => row.seconds);
  return { ...config, request_rate_lambda: load * capacity(seconds, config) };
}

function chosenSchedulers(flags: Flags, overrides: Readonly<Record<string, Json>>): readonly SchedulerName[] {
  const listed = flags['scheduler'];
  if (Array.isArray(listed)) return [...new Set(listed.map((name) => schedulerNamed(String(name))))];
  const single = overrides['scheduler'];
  return single === undefined ? SCHEDULER_NAMES : [schedulerNamed(String(single))];
}

function fileOf(
  overrides: Readonly<Record<string, Json>>,
  flags: Flags,
  flag: string,
  key: string,
): string | undefined {
  const value = textFlag(flags, flag) ?? overrides[key];
  if (value === undefined) return undefined;
  if (typeof value !== 'string' || value === '') {
    throw new InputError(`must be a path, got ${shortText(value)}`, { path: [key] });
  }
  return value;
}

function namedFlags(flags: Flags): Record<string, Json> {
  const out: Record<string, Json> = {};
  const rows = [
    ['seed', 'random_seed'],
    ['duration', 'simulation_duration'],
    ['rate', 'request_rate_lambda'],
    ['mode', 'mode'],
  ] as const;
  for (const [flag, key] of rows) if (flags[flag] !== undefined) out[key] = flags[flag] as Json;
  return out;
}

function keyValues(flags: Flags): Record<string, Json> {
  const out: Record<string, Json> = {};
  const listed = flags['set'];
  for (const item of Array.isArray(listed) ? listed.map(String) : []) {
    const at = item.indexOf('=');
    if (at < 1) {
      throw new InputError(`--set needs key=value, got ${shortText(item)}`, {
        suggestion: `keys: ${configKeys().join(', ')}`,
      });
    }
    const value = item.slice(at + 1);
    try {
      out[item.slice(0, at)] = JSON.parse(value) as Json;
    } catch {
      out[item.slice(0, at)] = value;
    }
  }
  return out;
}

/** Complaints about keys of the configuration file name its line; those about flags do not. */
function complain<T>(source: YamlSource | null, written: Readonly<Record<string, Json>>, body: () => T): T {
  try {
    return body();
  } catch (error) {
    if (!(error instanceof InputError) || source === null) throw error;
    throw error.map((problem) =>
      Object.hasOwn(written, String(problem.path[0])) ? problem.placedBy(source.locate) : problem,
    );
  }
}

function asMap(value: Json): Readonly<Record<string, Json>> {
  if (isJsonObject(value)) return value;
  throw new InputError('must be a map of keys');
}
