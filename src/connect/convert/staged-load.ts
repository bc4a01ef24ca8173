import { InputError, within } from '../../base/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../base/json.ts';
import { shortText } from '../../base/short-text.ts';
import { expandClients } from '../../simulators/workload/expand-clients.ts';
import { parseWorkload } from '../../simulators/workload/parse-workload.ts';
import type { InferencePerfSpec } from '../../simulators/workload/workload-spec.ts';

/** Stages of load by users of shared system prompts. */
export interface StagedLoad {
  readonly seed: Json | bigint;
  readonly spec: Omit<InferencePerfSpec, 'questionTokens' | 'outputTokens'>;
  /** Distributions of tokens as a workload document states them. */
  readonly question: JsonObject;
  readonly output: JsonObject;
  readonly streaming: boolean;
  /** Between two stages. */
  readonly pauseS: number;
  /** Members of the document that say when it ends and how it is judged. */
  readonly kept: JsonObject;
  readonly notes: readonly string[];
}

const KEPT = ['num_requests', 'horizon', 'goodput_slo_targets'];

/**
 * Reads a workload with an `inference_perf` section, or a configuration of inference-perf.
 * @throws InputError whose path starts at the document
 */
export function readStagedLoad(document: Json): StagedLoad {
  if (!isJsonObject(document)) throw new InputError('must be a map');
  if (document['inference_perf'] === undefined && document['load'] !== undefined) return readConfiguration(document);
  const workload = parseWorkload(document);
  const { inferencePerf: spec, seed, cohorts, warnings } = workload;
  if (spec === null) {
    throw new InputError('has neither inference_perf nor load', {
      suggestion: 'give a workload with an inference_perf section or a configuration of inference-perf',
    });
  }
  if (cohorts.length > 0)
    throw new InputError('cannot be converted together with inference_perf', { path: ['cohorts'] });
  expandClients(workload);
  return {
    seed: BigInt(Number(seed)) === seed ? Number(seed) : seed,
    spec,
    question: constant(spec.questionTokens),
    output: constant(spec.outputTokens),
    streaming: false,
    pauseS: 0,
    kept: Object.fromEntries(Object.entries(document).filter(([key]) => KEPT.includes(key))),
    notes: warnings,
  };
}

function constant(value: number): JsonObject {
  return { type: 'constant', params: { value } };
}

/** What a configuration has by default. */
const DEFAULTS = { groups: 10, prompts: 10, systemPrompt: 100, question: 50, output: 50, pauseS: 1, seed: 42 };
const RATE_LOADS = ['constant', 'poisson'];

function readConfiguration({ load, data, api }: JsonObject): StagedLoad {
  const loads = mapAt(load, ['load']);
  const sources = mapAt(data, ['data']);
  const type = loads['type'] ?? 'constant';
  if (!RATE_LOADS.includes(String(type))) throw unsupported(['load', 'type'], RATE_LOADS, type);
  const source = sources['type'] ?? null;
  if (source !== 'shared_prefix') throw unsupported(['data', 'type'], ['shared_prefix'], source);
  const path = ['data', 'shared_prefix'];
  const prefix = mapAt(sources['shared_prefix'] ?? {}, path);
  const { groups, prompts, systemPrompt, pauseS, seed } = DEFAULTS;
  return {
    seed: number(prefix['seed'] ?? seed, [...path, 'seed'], Number.isSafeInteger),
    spec: {
      stages: readStages(loads['stages'] ?? []),
      systemPrompts: count(prefix, ['num_unique_system_prompts', 'num_groups'], groups, path),
      usersPerPrompt: count(prefix, ['num_users_per_system_prompt', 'num_prompts_per_group'], prompts, path),
      systemPromptTokens: count(prefix, ['system_prompt_len'], systemPrompt, path),
      multiTurn: prefix['enable_multi_turn_chat'] === true,
    },
    question: tokens(prefix, 'question', path),
    output: tokens(prefix, 'output', path),
    streaming: isJsonObject(api) && api['streaming'] === true,
    pauseS: number(loads['interval'] ?? pauseS, ['load', 'interval'], (value) => value >= 0),
    kept: {},
    notes: type === 'constant' ? ['load.type constant: requests arrive at random (Poisson), at the same rate'] : [],
  };
}

function readStages(value: Json): InferencePerfSpec['stages'] {
  const path = ['load', 'stages'];
  if (!Array.isArray(value) || value.length === 0) {
    throw new InputError('must be a list of {rate, duration}', {
      path,
      suggestion: 'stages that a sweep finds on a server cannot be converted',
    });
  }
  return value.map((item: Json, index) => {
    const stage = mapAt(item, [...path, index]);
    const at = (key: string) => [...path, index, key];
    return {
      rate: number(stage['rate'] ?? null, at('rate'), (rate) => rate > 0),
      durationS: number(stage['duration'] ?? null, at('duration'), (s) => Number.isSafeInteger(s) && s > 0),
    };
  });
}

/** Tokens of one kind: a number, or a normal distribution in one of two places. */
function tokens(prefix: JsonObject, name: 'question' | 'output', path: readonly string[]): JsonObject {
  const [lengthKey, distributionKey] = [`${name}_len`, `${name}_distribution`];
  const inline = isJsonObject(prefix[lengthKey]);
  const key = inline ? lengthKey : distributionKey;
  const distribution = prefix[key] ?? null;
  if (distribution === null) return constant(count(prefix, [lengthKey], DEFAULTS[name], path));
  return within([...path, key], () => {
    if (!isJsonObject(distribution)) throw new InputError(`must be a map, got ${shortText(distribution)}`);
    const { type, min, max, mean, std_dev } = distribution;
    if ((type ?? 'normal') !== 'normal') throw unsupported(['type'], ['normal'], type!);
    const params = { mean: mean ?? 512, std_dev: std_dev ?? 200, min: min ?? 10, max: max ?? 1024 };
    for (const [name, value] of Object.entries(params)) number(value, [name], (one) => one >= 0);
    return { type: 'gaussian', params };
  });
}

/** The first of several names that is given. */
function count(map: JsonObject, names: readonly string[], fallback: number, path: readonly string[]): number {
  const name = names.find((one) => map[one] !== undefined && map[one] !== null) ?? names[0]!;
  return number(map[name] ?? fallback, [...path, name], (value) => Number.isSafeInteger(value) && value >= 0);
}

function number(value: Json, path: readonly (string | number)[], isValid: (value: number) => boolean): number {
  if (typeof value === 'number' && Number.isFinite(value) && isValid(value)) return value;
  throw new InputError(`must be a positive number, got ${value === null ? 'nothing' : shortText(value)}`, { path });
}

function mapAt(value: Json | undefined, path: readonly (string | number)[]): JsonObject {
  if (isJsonObject(value)) return value;
  throw new InputError(`must be a map, got ${value === undefined ? 'nothing' : shortText(value)}`, { path });
}

function unsupported(path: readonly string[], known: readonly string[], value: Json): InputError {
  return new InputError(`must be ${known.join(' or ')} to be converted, got ${shortText(value)}`, { path });
}
