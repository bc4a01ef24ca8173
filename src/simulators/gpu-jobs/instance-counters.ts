import type { Iteration } from './token-iteration.ts';

/** What an instance has done so far. */
export interface InstanceCounters {
  iterations: number;
  busySeconds: number;
  prefillTokens: number;
  decodeTokens: number;
  prefillSeconds: number;
  decodeSeconds: number;
  /** Σ batch size × seconds. */
  batchSeconds: number;
  preemptions: number;
  recomputedTokens: number;
  swappedBytes: number;
  rejected: number;
}

export function newInstanceCounters(): InstanceCounters {
  return {
    iterations: 0,
    busySeconds: 0,
    prefillTokens: 0,
    decodeTokens: 0,
    prefillSeconds: 0,
    decodeSeconds: 0,
    batchSeconds: 0,
    preemptions: 0,
    recomputedTokens: 0,
    swappedBytes: 0,
    rejected: 0,
  };
}

/** Books an iteration that has ended. */
export function countIteration(counters: InstanceCounters, { load, seconds, batch: running }: Iteration): void {
  const batch = load.decodeBatch;
  counters.iterations++;
  counters.busySeconds += seconds;
  counters.prefillTokens += load.prefillTokens;
  counters.decodeTokens += batch;
  const both = load.prefillTokens + batch;
  if (both > 0) {
    counters.prefillSeconds += (seconds * load.prefillTokens) / both;
    counters.decodeSeconds += (seconds * batch) / both;
  }
  counters.batchSeconds += running * seconds;
}
