import type { TraceRow } from './trace-row.ts';

/** µs from 1970 to September 2001: later times of sending are dates, earlier ones count from the start of the load. */
const FIRST_DATE_US = 1e15;

export interface ReplayTimes {
  readonly rows: readonly TraceRow[];
  /** Whether times of sending were dates. */
  readonly isMeasured: boolean;
}

/**
 * A measured trace has dates as times of sending, and arrivals and deadlines that count from the start of the load: read
 * as they stand, each request is past its deadline when it comes. Here all times count from the start of the load, which
 * is the latest one that sends no request before its arrival. A deadline counts from the sending, as the measured client's
 * did: a request that left late has its whole time.
 */
export function replayTimes(rows: readonly TraceRow[]): ReplayTimes {
  let startUs = Number.POSITIVE_INFINITY;
  for (const { sendTimeUs, arrivalTimeUs } of rows) {
    if (sendTimeUs > 0) startUs = Math.min(startUs, sendTimeUs - arrivalTimeUs);
  }
  if (!Number.isFinite(startUs) || startUs < FIRST_DATE_US) return { rows, isMeasured: false };
  return { rows: rows.map((row) => sinceStart(row, startUs)), isMeasured: true };
}

/** A request that was never sent comes when it was planned. */
function sinceStart(row: TraceRow, startUs: number): TraceRow {
  const sendTimeUs = row.sendTimeUs > 0 ? row.sendTimeUs - startUs : row.arrivalTimeUs;
  const lateUs = sendTimeUs - row.arrivalTimeUs;
  return { ...row, sendTimeUs, deadlineUs: row.deadlineUs > 0 ? row.deadlineUs + lateUs : 0 };
}
