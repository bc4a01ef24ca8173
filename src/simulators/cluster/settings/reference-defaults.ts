import { InputError, unknownName, within } from '../../../base/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../../base/json.ts';
import { mapAll } from '../../../base/problem-list.ts';
import { shortText } from '../../../base/short-text.ts';
import { checkTokenCounts, type SyntheticLengths, type TokenCounts } from '../../workload/synthetic-workload.ts';
import type { Coefficients } from './latency-settings.ts';
import type { DefaultDeployment } from './model-catalog.ts';
import { readSetting } from './setting-values.ts';

/** What a `defaults.yaml` of BLIS says; it takes the place of what is built in. */
export interface ReferenceDefaults {
  readonly deployments: readonly DefaultDeployment[];
  /** null = the file has none. */
  readonly trainedPhysics: Coefficients | null;
  /** Lengths of named workloads. */
  readonly workloads: Readonly<Record<string, SyntheticLengths>>;
}

const SECTIONS = ['version', 'defaults', 'workloads', 'trained_physics_coefficients', 'lora', 'kv_offload_devices'];
const DEPLOYMENT_KEYS = ['GPU', 'tensor_parallelism', 'vllm_version', 'hf_repo'];
const COUNT_KEYS = ['', '_stdev', '_min', '_max'] as const;
const WORKLOAD_KEYS = [
  'prefix_tokens',
  ...COUNT_KEYS.map((key) => `prompt_tokens${key}`),
  ...COUNT_KEYS.map((key) => `output_tokens${key}`),
];

/**
 * Reads GPU and TP of models, the lengths of named workloads and the coefficients of trained-physics. `lora` has no
 * effect without adapters, and classes of storage devices are built in.
 * @throws InputError with the path in the file
 */
export function parseReferenceDefaults(document: Json): ReferenceDefaults {
  const file = mapOf(document, SECTIONS);
  const coefficients = file['trained_physics_coefficients'];
  return {
    deployments: entries(file, 'defaults', deployment),
    trainedPhysics:
      coefficients === undefined ? null : within(['trained_physics_coefficients'], () => pair(coefficients)),
    workloads: Object.fromEntries(entries(file, 'workloads', (name, value) => [name, lengths(value)] as const)),
  };
}

function entries<T>(file: JsonObject, section: string, read: (name: string, value: Json) => T): readonly T[] {
  const value = file[section] ?? {};
  if (!isJsonObject(value)) throw new InputError('must be a map by name', { path: [section] });
  return mapAll(Object.entries(value), ([name, entry]) => within([section, name], () => read(name, entry)));
}

function deployment(model: string, value: Json): DefaultDeployment {
  const entry = mapOf(value, DEPLOYMENT_KEYS);
  const hardware = entry['GPU'];
  if (typeof hardware !== 'string' || hardware === '') {
    throw new InputError(`must be the name of a GPU, got ${shortText(hardware ?? null)}`, { path: ['GPU'] });
  }
  return { model, hardware, tp: integer(entry, 'tensor_parallelism', 1) };
}

function pair(value: Json): Coefficients {
  const entry = mapOf(value, ['alpha_coeffs', 'beta_coeffs']);
  const numbers = (key: string) =>
    within([key], () => readSetting({ kind: 'numbers' }, entry[key] ?? null, { zeroWeight: 'is-an-error' }));
  return { alpha: numbers('alpha_coeffs') as readonly number[], beta: numbers('beta_coeffs') as readonly number[] };
}

function lengths(value: Json): SyntheticLengths {
  const entry = mapOf(value, WORKLOAD_KEYS);
  return {
    prompt: tokenCounts(entry, 'prompt'),
    output: tokenCounts(entry, 'output'),
    prefixTokens: entry['prefix_tokens'] === undefined ? 0 : integer(entry, 'prefix_tokens', 0),
  };
}

function tokenCounts(entry: JsonObject, name: string): TokenCounts {
  const [mean, stdDev, min, max] = COUNT_KEYS.map((key) => integer(entry, `${name}_tokens${key}`, 0));
  const counts = { mean: mean!, stdDev: stdDev!, min: min!, max: max! };
  try {
    checkTokenCounts(name, counts);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new InputError(error.message, { path: error.path.map((key) => String(key).replaceAll('-', '_')) });
  }
  return counts;
}

function integer(entry: JsonObject, key: string, min: number): number {
  const value = entry[key];
  if (typeof value === 'number' && Number.isInteger(value) && value >= min) return value;
  throw new InputError(`must be an integer ≥ ${min}, got ${shortText(value ?? null)}`, { path: [key] });
}

function mapOf(value: Json, known: readonly string[]): JsonObject {
  if (!isJsonObject(value)) throw new InputError(`must be a map with ${known.join(', ')}`);
  mapAll(Object.keys(value), (key) => {
    if (!known.includes(key)) throw unknownName('key', key, known, { path: [key] });
  });
  return value;
}
