import type { EngineResult } from '../engine-result.ts';

/** Where the completed requests of a class spent their time, ms; 0 where none completed. */
export interface ClassTimes {
  readonly queue_ms_mean: number;
  readonly longest_wait_ms: number;
  /** From the first step to the first token. */
  readonly prefill_ms_mean: number;
  /** From the first token to the last, pauses included. */
  readonly decode_ms_mean: number;
}

/** @param rows - the requests of the class */
export function classTimes(result: EngineResult, rows: readonly number[]): ClassTimes {
  const { schedulingDelayUs, ttftUs, e2eUs } = result;
  let [count, queue, prefill, decode, longest] = [0, 0, 0, 0, 0];
  for (const row of rows) {
    if (result.completed[row] !== 1) continue;
    const wait = schedulingDelayUs[row]!;
    count++;
    queue += wait;
    longest = Math.max(longest, wait);
    prefill += ttftUs[row]! - wait;
    decode += e2eUs[row]! - ttftUs[row]!;
  }
  const mean = (sum: number): number => (count === 0 ? 0 : sum / count / 1000);
  return {
    queue_ms_mean: mean(queue),
    longest_wait_ms: longest / 1000,
    prefill_ms_mean: mean(prefill),
    decode_ms_mean: mean(decode),
  };
}
