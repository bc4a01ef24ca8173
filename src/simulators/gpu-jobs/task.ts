import { InputError } from '../../base/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../base/json.ts';
import { MappingReader } from '../../document/document-reader.ts';
import { findModel, knownModel, type ModelSpec } from './model-catalog.ts';
import { integerIn, numberIn } from './read-values.ts';

/** One LLM job. Times in seconds, memory in GB. */
export interface Task {
  readonly id: string;
  readonly model: string;
  readonly memoryGB: number;
  /** ≥ 0; larger is more urgent. */
  readonly weight: number;
  readonly arrival: number;
  readonly prefillTokens: number;
  readonly decodeTokens: number;
  readonly tp: number;
  /** Tasks with the same prefix start with the same `prefixTokens` prompt tokens; null = nothing shared. */
  readonly prefix: string | null;
  readonly prefixTokens: number;
  /** Latencies measured elsewhere (trace replay), seconds. */
  readonly recordedTtft?: number;
  readonly recordedE2e?: number;
}

export type Phase = 'prefill' | 'decode';

const TASK_KEYS = [
  'id',
  'model',
  'memory',
  'weight',
  'arrival',
  'phase',
  'tokens',
  'prefill_tokens',
  'decode_tokens',
  'tp',
  'prefix',
  'prefix_tokens',
];

/** A task entry of a workload document. `phase` + `tokens`, or `prefill_tokens` and `decode_tokens`. */
export function parseTask(document: Json, path: readonly (string | number)[], index: number): Task {
  const reader = new MappingReader(document, path, TASK_KEYS);
  if (!reader.has('model')) throw reader.fail('model', 'is required but missing');
  const model = findModel(reader.text('model'), reader.at('model'));
  const tokens = taskTokens(reader);
  const prefixTokens = integerIn(reader, 'prefix_tokens', { fallback: 0, min: 0 });
  return {
    id: reader.text('id', `T${index + 1}`),
    model: model.name,
    memoryGB: numberIn(reader, 'memory', { fallback: model.parametersBillions, min: 0 }),
    weight: numberIn(reader, 'weight', { fallback: 1, min: 0 }),
    arrival: numberIn(reader, 'arrival', { fallback: 0, min: 0 }),
    ...tokens,
    tp: integerIn(reader, 'tp', { fallback: model.recommendedTp, min: 1 }),
    prefix: reader.has('prefix') ? reader.text('prefix') : null,
    prefixTokens,
  };
}

function taskTokens(reader: MappingReader): { prefillTokens: number; decodeTokens: number } {
  const split = reader.has('prefill_tokens') || reader.has('decode_tokens');
  if (split && reader.has('tokens')) throw reader.fail('tokens', 'cannot stand beside prefill_tokens or decode_tokens');
  if (split) {
    return {
      prefillTokens: integerIn(reader, 'prefill_tokens', { fallback: 0, min: 0 }),
      decodeTokens: integerIn(reader, 'decode_tokens', { fallback: 0, min: 0 }),
    };
  }
  if (!reader.has('tokens')) throw reader.fail('tokens', 'is required but missing');
  const tokens = integerIn(reader, 'tokens', { fallback: 0, min: 0 });
  const phase = parsePhase(reader.raw('phase') ?? 'PREFILL', reader.at('phase'));
  return phase === 'prefill' ? { prefillTokens: tokens, decodeTokens: 0 } : { prefillTokens: 0, decodeTokens: tokens };
}

/** 1 or PREFILL, 0 or DECODE. */
export function parsePhase(value: unknown, path: readonly (string | number)[] = []): Phase {
  const text = String(value).trim().toUpperCase();
  if (text === '1' || text === 'PREFILL') return 'prefill';
  if (text === '0' || text === 'DECODE') return 'decode';
  throw new InputError(`phase must be PREFILL (1) or DECODE (0), got ${JSON.stringify(value)}`, { path });
}

/** @throws InputError at the first id that occurs twice */
export function refuseDuplicateIds(tasks: readonly Task[], path: readonly (string | number)[]): void {
  const seen = new Set<string>();
  for (const [index, task] of tasks.entries()) {
    if (seen.has(task.id)) throw new InputError(`task id "${task.id}" is used twice`, { path: [...path, index, 'id'] });
    seen.add(task.id);
  }
}

/** Things worth a second look that are not errors. */
export function taskWarnings(tasks: readonly Task[]): readonly string[] {
  return tasks.flatMap((task) => {
    const limit = 3 * (knownModel(task.model)?.parametersBillions ?? Number.POSITIVE_INFINITY);
    return task.memoryGB > limit
      ? [
          `task ${task.id}: memory ${task.memoryGB} GB is more than 3 bytes per parameter of ${task.model} (${limit} GB)`,
        ]
      : [];
  });
}

export function isTaskList(document: Json): document is JsonObject {
  return isJsonObject(document) && 'tasks' in document;
}

/** FLOP of the whole task by the scheduler's estimate. */
export function taskFlops(task: Task, model: ModelSpec): number {
  return task.prefillTokens * model.prefillFlops + task.decodeTokens * model.decodeFlops;
}
