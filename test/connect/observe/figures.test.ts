import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type FigureOptions, observedReport } from '../../../src/connect/observe/observed-figures.ts';
import { itlCsv, type ObservedRequest } from '../../../src/connect/observe/observed-trace.ts';
import { readTraceCsv, writeTraceCsv } from '../../../src/simulators/workload/trace-csv.ts';

const FIXTURES = new URL('../../fixtures/observe/', import.meta.url);
const text = (name: string) => readFileSync(new URL(name, FIXTURES), 'utf8');

/** Requests of a recorded run, with the times of their chunks where those were kept. */
function recorded(data: string, itl?: string): readonly ObservedRequest[] {
  const chunks = new Map<number, number[]>();
  for (const line of itl === undefined ? [] : text(itl).trim().split('\n').slice(1)) {
    const [id, , us] = line.split(',').map(Number) as [number, number, number];
    chunks.set(id, [...(chunks.get(id) ?? []), us]);
  }
  return readTraceCsv(text(data), data).map((row) => ({ row, chunkUs: chunks.get(row.requestId) ?? [] }));
}

/** Numbers to 12 digits: of sums in another order the last ones differ. */
function rounded(report: string): string {
  return report.replace(/\d+\.\d{9,}/g, (number) => Number(number).toPrecision(12));
}

const REFERENCE: FigureOptions = { wallS: 1, targets: {}, counts: 'reference', withGaps: false, detector: null };
const target = (ttftMs: number, e2eMs: number) => ({ ttftMs, itlMs: 0, e2eMs });

describe('figures of an observed run', () => {
  it('with classes, targets and chunks are those of the reference', () => {
    const report = observedReport(recorded('calib4/trace.csv', 'calib4/trace.itl.csv'), {
      ...{ wallS: 6.939624998, counts: 'reference', withGaps: true, detector: null },
      targets: { critical: target(110, 400), batch: target(500, 0) },
    });
    expect(rounded(report)).toBe(rounded(text('calib4/observe.out')));
  });

  it.each([
    ['sessions', 'closed', 0.470996556],
    ['a chat with deadlines', 'timeout', 0.466402373],
  ])('with %s are those of the reference', (_, name, wallS) => {
    const report = observedReport(recorded(`variants/${name}.csv`), { ...REFERENCE, wallS });
    expect(rounded(report)).toBe(rounded(text(`variants/${name}.out`)));
  });

  it('say on demand whether the mean E2E was too long at the end', () => {
    const levelAt = (thresholdMs: number) => {
      const detector = { thresholdMs, finalWindowUs: 30e6 };
      const report = observedReport(recorded('calib4/trace.csv'), { ...REFERENCE, detector });
      return (JSON.parse(report.slice(report.indexOf('{'))) as Record<string, unknown>)['saturation'];
    };
    expect([levelAt(1), levelAt(5000)]).toEqual([{ threshold: 'OVERLOADED' }, { threshold: 'STABLE' }]);
  });

  it('of failed requests say so, and count them among the arrived', () => {
    const [first, second, ...others] = recorded('calib4/trace.csv');
    const failed = (request: ObservedRequest, status: string): ObservedRequest => ({
      chunkUs: [],
      row: { ...request.row, status, firstChunkTimeUs: 0, lastChunkTimeUs: 0, outputTokens: 0 },
    });
    const requests = [failed(first!, 'timeout'), failed(second!, 'error'), ...others];
    const targets = { batch: target(500, 0), critical: target(500, 0) };
    const figures = (counts: FigureOptions['counts']) => {
      const report = observedReport(requests, { wallS: 7, targets, counts, withGaps: true, detector: null });
      return JSON.parse(report.slice(report.indexOf('{'))) as Record<string, unknown>;
    };
    expect(figures('all')).toMatchObject({ completed_requests: 42, injected_requests: 44, timed_out_requests: 1 });
    expect(figures('all')['slo_attainment']).toBeCloseTo(42 / 44, 12);
    expect(figures('reference')).toMatchObject({ completed_requests: 42, injected_requests: 0, slo_attainment: 1 });
  });
});

describe('files of an observed run', () => {
  it.each(['calib4/trace.csv', 'variants/closed.csv', 'variants/timeout.csv', 'variants/down.csv', 'variants/kv.csv'])(
    'have the columns and texts of %s',
    (name) => expect(writeTraceCsv(readTraceCsv(text(name), name))).toBe(text(name)),
  );

  it('list the chunks of the requests that went well', () => {
    expect([...itlCsv(recorded('calib4/trace.csv', 'calib4/trace.itl.csv'))].join('')).toBe(
      text('calib4/trace.itl.csv'),
    );
  });
});
