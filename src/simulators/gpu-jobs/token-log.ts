import type { TokenInstance } from './token-instance.ts';
import type { Iteration } from './token-iteration.ts';
import type { SchedulerFactory } from './token-scheduler.ts';
import type { TokenTask } from './token-task.ts';

/**
 * Kinds of events in the order in which they are handled at one instant: completions of tasks and prefills, then
 * batches, then the rest; insertion breaks ties.
 */
export const EVENT_KINDS = [
  'TASK_COMPLETE',
  'PREFILL_COMPLETE',
  'BATCH_DECODE',
  'DECODE_TOKEN',
  'PREFILL_TOKEN',
  'DECODE_START',
  'PREFILL_START',
  'TASK_ARRIVAL',
  'SCHEDULE',
] as const;
export type EventKind = (typeof EVENT_KINDS)[number];

export interface LoggedEvent {
  readonly time: number;
  readonly kind: EventKind;
  readonly instance: number;
  /** Absent for events of a whole batch. */
  readonly task?: string;
  /** Tokens of a prefill chunk, or tasks of a decode batch. */
  readonly tokens?: number;
}

/** One iteration as it ended; blocks as they were when it was planned. */
export interface IterationRow {
  readonly instance: number;
  readonly start: number;
  readonly end: number;
  readonly prefillTokens: number;
  readonly decodeBatch: number;
  readonly running: number;
  readonly waiting: number;
  readonly blocksUsed: number;
  readonly blocksCached: number;
  readonly blocksFree: number;
}

export interface TokenRunOptions {
  /** Keep every event. */
  readonly logEvents?: boolean;
  /** Keep a row per iteration. */
  readonly logIterations?: boolean;
  /** Called after each planned iteration; tests check invariants here. */
  readonly onIteration?: (instance: TokenInstance, iteration: Iteration, time: number) => void;
  /** Replaces the scheduler of the configured ordering. */
  readonly scheduler?: SchedulerFactory;
}

/** What a run leaves behind. */
export interface TokenResult {
  readonly tasks: readonly TokenTask[];
  readonly instances: readonly TokenInstance[];
  /** Time of the last event handled. */
  readonly endedAt: number;
  readonly events: readonly LoggedEvent[];
  readonly iterations: readonly IterationRow[];
}

/** @param end - of the iteration, which has just been planned at `start` */
export function iterationRow(instance: TokenInstance, iteration: Iteration, start: number, end: number): IterationRow {
  const { pool } = instance.memory;
  return {
    instance: instance.index,
    start,
    end,
    prefillTokens: iteration.load.prefillTokens,
    decodeBatch: iteration.load.decodeBatch,
    running: instance.running.length,
    waiting: instance.scheduler.length,
    blocksUsed: pool.used,
    blocksCached: pool.cached,
    blocksFree: pool.free,
  };
}
