import type { StepLoad } from './step-model.ts';
import { contextLength, type TokenTask } from './token-task.ts';

/** What an instance does until its next token boundary. */
export interface Iteration {
  readonly decode: readonly TokenTask[];
  /** Tasks with a prefill chunk in flight; the size is in `chunk`. */
  readonly prefill: readonly TokenTask[];
  /** Tasks admitted now, in order. */
  readonly admitted: readonly TokenTask[];
  readonly load: StepLoad;
  /** Running tasks. */
  readonly batch: number;
  readonly seconds: number;
}

/** False for an idle instance and for a boundary at which only empty tasks came and went. */
export function hasWork(iteration: Iteration | null): boolean {
  return iteration !== null && iteration.decode.length + iteration.prefill.length > 0;
}

/** What a step computes for these tasks. */
export function stepLoad(decode: readonly TokenTask[], prefill: readonly TokenTask[]): StepLoad {
  let attended = 0;
  let storedContext = 0;
  let prefillTokens = 0;
  for (const state of decode) {
    const context = contextLength(state);
    attended += Math.max(1, context);
    storedContext += Math.max(0, context - 1);
  }
  for (const { chunk, computed } of prefill) {
    prefillTokens += chunk;
    attended += chunk * computed + (chunk * (chunk + 1)) / 2;
    storedContext += computed;
  }
  return { prefillTokens, decodeBatch: decode.length, attended, storedContext };
}
