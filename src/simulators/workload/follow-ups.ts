import type { RequestTable } from './request-table.ts';

/** How a request ended, as the session rules need it. */
export type RequestEnd = 'completed' | 'length-capped' | 'timed-out' | 'dropped';

/**
 * Sessions in closed loop: asked once for each request that reaches its end, it may append the next round to the
 * table and answer its row, or −1. The caller schedules that row as a new arrival at its `arrivalUs`.
 */
export interface FollowUpSource {
  /**
   * @param row - the finished request
   * @param end - how it ended
   * @param producedTokens - output tokens present in its context (progress − prompt length)
   * @param atUs - end of the engine step (or deadline) at which it ended, µs
   */
  next(table: RequestTable, row: number, end: RequestEnd, producedTokens: number, atUs: number): number;
}

/** A generated workload: generate once per (document, seed), then take a fresh copy for every run. */
export interface Workload {
  /** Initial requests in injection order (non-decreasing arrival). Shared between runs: never write to it. */
  readonly initial: RequestTable;
  /** µs; Infinity = none. */
  readonly horizonUs: number;
  /**
   * What one run needs: for an open-loop workload the shared table itself and no follow-ups; with closed-loop
   * sessions a private copy of the table and a fresh source.
   */
  start(): { readonly table: RequestTable; readonly followUps: FollowUpSource | null };
}
