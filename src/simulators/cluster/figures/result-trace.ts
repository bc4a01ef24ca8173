import { type TraceRow, traceRowOf } from '../../workload/trace-row.ts';
import type { EngineResult } from '../engine-result.ts';

/**
 * Trace records of a run, in order of arrival: every request that arrived before the end, whatever became of it. As in
 * the reference, what became of the sub-requests of a disaggregated request is not known to its record.
 * @param count - rows to write from the start of the table; later rows are follow-ups
 */
export function resultTrace(result: EngineResult, horizonUs: number, count = result.table.length): TraceRow[] {
  const { table } = result;
  const rows: number[] = [];
  for (let row = 0; row < count; row++) if (table.arrivalUs[row]! <= horizonUs) rows.push(row);
  rows.sort((a, b) => table.arrivalUs[a]! - table.arrivalUs[b]! || a - b);
  const endUs = result.instances.reduce((latest, one) => Math.max(latest, one.simEndedUs), 0);
  return rows.map((row, index) => {
    const produced = result.disaggregated[row] === 0 && Number.isFinite(result.ttftUs[row]!);
    const first = produced ? table.arrivalUs[row]! + result.ttftUs[row]! : 0;
    return traceRowOf(table, row, index, {
      firstChunkTimeUs: first,
      lastChunkTimeUs: produced ? first + (Number.isFinite(result.itlSumUs[row]!) ? result.itlSumUs[row]! : 0) : 0,
      status: statusOf(result, row, endUs),
    });
  });
}

/** A registered request that is past its deadline without having completed has timed out. */
function statusOf(result: EngineResult, row: number, endUs: number): 'ok' | 'timeout' | 'incomplete' {
  if (result.disaggregated[row] === 1) return 'incomplete';
  if (result.completed[row] === 1) return 'ok';
  const deadline = result.table.deadlineUs[row]!;
  return result.registered[row] === 1 && deadline > 0 && deadline <= endUs ? 'timeout' : 'incomplete';
}
