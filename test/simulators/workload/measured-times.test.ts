import { describe, expect, it } from 'vitest';
import { replayTimes } from '../../../src/simulators/workload/measured-times.ts';
import { readTraceCsv } from '../../../src/simulators/workload/trace-csv.ts';
import type { TraceRow } from '../../../src/simulators/workload/trace-row.ts';
import { readText } from './fixtures.ts';

const simulated = readTraceCsv(readText('target2.csv'), 'target2.csv').slice(0, 40);
const DATE_US = 1_795_953_465_303_875;
const TIMEOUT_US = 300_000_000;

/** As a load generator writes it that leaves `lateUs` after each arrival. */
function measured(rows: readonly TraceRow[], lateUs: (index: number) => number): readonly TraceRow[] {
  return rows.map((row, i) => ({
    ...row,
    sendTimeUs: DATE_US + row.arrivalTimeUs + lateUs(i),
    deadlineUs: i % 4 === 0 ? 0 : row.arrivalTimeUs + TIMEOUT_US,
  }));
}

describe('times of a measured trace', () => {
  it('count from the start of the load', () => {
    const { rows, isMeasured } = replayTimes(measured(simulated, (i) => 100 + 7 * i));
    expect(isMeasured).toBe(true);
    for (const [i, row] of rows.entries()) {
      expect(row.sendTimeUs).toBe(row.arrivalTimeUs + 7 * i);
      expect(row.deadlineUs).toBe(i % 4 === 0 ? 0 : row.sendTimeUs + TIMEOUT_US);
    }
  });

  it('leave the other columns alone, and a request that was never sent at its arrival', () => {
    const [first, ...others] = measured(simulated, () => 0);
    const { rows } = replayTimes([{ ...first!, sendTimeUs: 0 }, ...others]);
    expect(rows[0]!.sendTimeUs).toBe(first!.arrivalTimeUs);
    const rest = ({ sendTimeUs: _send, deadlineUs: _deadline, ...row }: TraceRow) => row;
    expect(rows.map(rest)).toEqual([first!, ...others].map(rest));
  });

  it('are those of the file where nothing is mixed: simulated traces, and traces with dates alone', () => {
    const late = simulated.map((row) => ({ ...row, sendTimeUs: row.arrivalTimeUs + 5000 }));
    const dates = measured(simulated, () => 3).map((row) => ({
      ...row,
      arrivalTimeUs: row.arrivalTimeUs + DATE_US,
      deadlineUs: row.deadlineUs === 0 ? 0 : row.deadlineUs + DATE_US,
    }));
    const unsent = simulated.map((row) => ({ ...row, sendTimeUs: 0 }));
    for (const rows of [simulated, late, dates, unsent, []]) {
      expect(replayTimes(rows)).toEqual({ rows, isMeasured: false });
    }
  });
});
