import type { OrderView } from './ordering.ts';
import type { StepModel } from './step-model.ts';
import type { Task } from './task.ts';

export type Stage = 'pending' | 'waiting' | 'prefill' | 'decode' | 'done' | 'rejected';

/** A task inside the token engine. Times in seconds, NaN until they happen. */
export interface TokenTask {
  readonly task: Task;
  readonly index: number;
  /** Place in arrival order: breaks every tie. */
  readonly place: number;
  stage: Stage;
  instance: number;
  /** Tokens of this life's prefill: the prompt, plus what had been generated before a recomputation. */
  prefillLength: number;
  /** Prefill tokens whose KV entries exist. */
  computed: number;
  /** Output tokens produced. */
  generated: number;
  /** KV blocks in content order. */
  blocks: number[];
  /** Tokens of the prefill chunk in flight. */
  chunk: number;
  /** KV entries lie in host memory (swap preemption). */
  swapped: boolean;
  /** Tokens computed before a recompute preemption and dropped by it. */
  lost: number;
  /** Of `preemptions`, those that made room for a better task. */
  displacements: number;
  preemptions: number;
  outstanding: number;
  start: number;
  firstToken: number;
  decodeStart: number;
  completion: number;
  rejection: string | null;
}

export function newTokenTask(task: Task, index: number, place: number): TokenTask {
  return {
    task,
    index,
    place,
    stage: 'pending',
    instance: -1,
    prefillLength: task.prefillTokens,
    computed: 0,
    generated: 0,
    blocks: [],
    chunk: 0,
    swapped: false,
    lost: 0,
    displacements: 0,
    preemptions: 0,
    outstanding: 0,
    start: Number.NaN,
    firstToken: Number.NaN,
    decodeStart: Number.NaN,
    completion: Number.NaN,
    rejection: null,
  };
}

/** Tokens in the context: prompt and output so far. */
export function contextLength({ task, generated }: TokenTask): number {
  return task.prefillTokens + generated;
}

export function remainingTokens(state: TokenTask): number {
  return state.prefillLength - state.computed + state.task.decodeTokens - state.generated;
}

/** What the orderings see: the time left if the task ran alone. */
export function orderView(state: TokenTask, model: StepModel): OrderView {
  const prefill = (state.prefillLength - state.computed) / model.prefillRate;
  const decode = (state.task.decodeTokens - state.generated) / model.decodeRate;
  return { weight: state.task.weight, arrival: state.task.arrival, estimate: prefill + decode };
}

/** Place of each task in order of arrival, list order breaking ties. */
export function placesByArrival(tasks: readonly Task[]): Int32Array {
  const places = new Int32Array(tasks.length);
  const sorted = tasks.map((_, index) => index).sort((a, b) => tasks[a]!.arrival - tasks[b]!.arrival || a - b);
  for (const [place, index] of sorted.entries()) places[index] = place;
  return places;
}

/** Numbers of the prefixes that tasks name. */
export function numberPrefixes(tasks: readonly Task[]): ReadonlyMap<string, number> {
  const ids = new Map<string, number>();
  for (const { prefix } of tasks) if (prefix !== null && !ids.has(prefix)) ids.set(prefix, ids.size);
  return ids;
}
