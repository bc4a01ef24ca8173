import { InputError } from '../../base/errors.ts';
import { shortText } from '../../base/short-text.ts';
import { knownModel, type ModelSpec } from './model-catalog.ts';

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

/** 1 or PREFILL, 0 or DECODE. */
export function parsePhase(value: unknown, path: readonly (string | number)[] = []): Phase {
  const text = String(value).trim().toUpperCase();
  if (text === '1' || text === 'PREFILL') return 'prefill';
  if (text === '0' || text === 'DECODE') return 'decode';
  throw new InputError(`phase must be PREFILL (1) or DECODE (0), got ${shortText(value)}`, { path });
}

/** @throws InputError at every id that is used already */
export function refuseDuplicateIds(tasks: readonly Task[]): void {
  const seen = new Set<string>();
  for (const [index, { id }] of tasks.entries()) {
    if (seen.has(id)) throw new InputError(`task id ${shortText(id)} is used twice`, { path: [index, 'id'] });
    seen.add(id);
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

/** FLOP of the whole task by the scheduler's estimate. */
export function taskFlops(task: Task, model: ModelSpec): number {
  return task.prefillTokens * model.prefillFlops + task.decodeTokens * model.decodeFlops;
}
