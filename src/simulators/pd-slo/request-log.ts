import type { Placement } from './placement.ts';

/** What became of each request; times in ms, NaN where it did not come to that. */
export interface RequestLog {
  readonly placements: (Placement | null)[];
  readonly prefillEndMs: Float64Array;
  readonly decodeArrivalMs: Float64Array;
  readonly decodeStartMs: Float64Array;
  readonly firstTokenMs: Float64Array;
  readonly completionMs: Float64Array;
  readonly preemptions: Int32Array;
  /** Prompts that no decode pod could ever hold. */
  rejected: number;
  /** Requests that admission refused. */
  refused: number;
  /** Requests with an unreadable target. */
  invalidSlo: number;
}

/** The log of a run before its first event. */
export function emptyLog(count: number): RequestLog {
  const times = (): Float64Array => new Float64Array(count).fill(Number.NaN);
  return {
    placements: new Array<Placement | null>(count).fill(null),
    prefillEndMs: times(),
    decodeArrivalMs: times(),
    decodeStartMs: times(),
    firstTokenMs: times(),
    completionMs: times(),
    preemptions: new Int32Array(count),
    rejected: 0,
    refused: 0,
    invalidSlo: 0,
  };
}
