import type { Latencies, Lengths } from './schedule.ts';

export interface StepSearch {
  readonly lengths: Lengths;
  /** 1 = the request counts. */
  readonly fitted: Uint8Array;
  readonly latencies: Latencies;
  /** A usual token gap. */
  readonly gapUs: number;
}

export const LEAST_SAMPLES = 12;
/** First tokens closer than this share of a step are of one step. */
export const SAME_STEP = 0.25;
