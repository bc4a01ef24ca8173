import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { InputError } from '../../../src/base/errors.ts';
import {
  benchTemplate,
  fitLatencies,
  fittedProfiles,
  type MeasuredLatency,
  readMeasurements,
} from '../../../src/companions/kvsched/latency-fit.ts';
import { temporaryFolder } from '../../support/command-line.ts';

const grid = { gpus: ['A', 'B'], stages: ['total'], tokens: [128, 256, 512], batches: [1, 4] };
const measured = (ms: (gpu: string, tokens: number, batch: number) => number): MeasuredLatency[] =>
  grid.gpus.flatMap((gpu) =>
    grid.tokens.flatMap((tokens) =>
      grid.batches.map((batch) => ({ gpu, stage: 'total', tokens, batch, ms: ms(gpu, tokens, batch) })),
    ),
  );

describe('latencies by length and batch', () => {
  test('coefficients come back exactly from latencies that follow them', () => {
    const rows = measured((gpu, tokens, batch) => (gpu === 'A' ? 0.2 + 0.002 * tokens + 0.01 * batch : 7 + 3 * batch));
    const [a, b] = fitLatencies(rows, 'f.csv');
    expect([a!.alphaMs, a!.betaMsPerToken, a!.gammaMsPerRequest]).toEqual([
      expect.closeTo(0.2, 9),
      expect.closeTo(0.002, 12),
      expect.closeTo(0.01, 10),
    ]);
    expect([a!.rmseMs, a!.r2]).toEqual([expect.closeTo(0, 6), expect.closeTo(1, 9)]);
    expect([b!.betaMsPerToken, b!.gammaMsPerRequest]).toEqual([expect.closeTo(0, 9), expect.closeTo(3, 9)]);
  });

  test('residuals of a least-squares fit are orthogonal to what it is made of', () => {
    const rows = measured((_, tokens, batch) => Math.sqrt(tokens) + batch ** 2);
    const [{ alphaMs, betaMsPerToken, gammaMsPerRequest }] = fitLatencies(rows, 'f.csv') as [
      ReturnType<typeof fitLatencies>[number],
    ];
    const own = rows.filter(({ gpu }) => gpu === 'A');
    const residual = (row: MeasuredLatency) =>
      row.ms - alphaMs - betaMsPerToken * row.tokens - gammaMsPerRequest * row.batch;
    for (const of of [() => 1, (row: MeasuredLatency) => row.tokens, (row: MeasuredLatency) => row.batch]) {
      expect(own.reduce((sum, row) => sum + residual(row) * of(row), 0)).toBeCloseTo(0, 6);
    }
  });

  test.each([
    ['five rows', measured(() => 1).slice(0, 5), /A: needs at least 6 measurements, got 5/],
    [
      'one batch size',
      measured(() => 1).map((row) => ({ ...row, batch: 2 })),
      /A: lengths and batch sizes must both vary/,
    ],
    ['batches that grow with lengths', measured(() => 1).map((row) => ({ ...row, batch: row.tokens })), /not together/],
  ])('%s are refused', (_, rows, message) => {
    expect(() => fitLatencies(rows, 'f.csv')).toThrow(InputError);
    expect(() => fitLatencies(rows, 'f.csv')).toThrow(message);
  });
});

describe('the table of measurements', () => {
  const file = join(temporaryFolder(), 'bench.csv');
  const write = (text: string): string => {
    writeFileSync(file, text);
    return file;
  };

  test('is refused until it is filled in, cell by cell', () => {
    expect(() => readMeasurements(write(benchTemplate(grid)))).toThrow(/latency_ms is empty/);
    expect(() => readMeasurements(write('gpu,seq_len,batch,latency_ms\nA,1,1,fast\n'))).toThrow(
      /must be a number ≥ 0, got "fast"/,
    );
  });

  test('filled in, gives a profile for each GPU, and for each stage where there are any', () => {
    const filled = (stages: string[]): string =>
      benchTemplate({ ...grid, stages }).replace(
        /,(\d+),(\d+),$/gm,
        (_, tokens, batch) => `,${tokens},${batch},${Number(tokens) + Number(batch)}`,
      );
    const profiles = fittedProfiles(fitLatencies(readMeasurements(write(filled(['total']))), file));
    expect(profiles).toMatchObject({ A: { beta_ms_per_token: expect.closeTo(1, 9), rows: 6 }, B: { rows: 6 } });
    const staged = fittedProfiles(fitLatencies(readMeasurements(write(filled(['prefill', 'decode']))), file));
    expect(staged).toMatchObject({ A: { prefill: { rows: 6 }, decode: { gamma_ms_per_batch: expect.closeTo(1, 9) } } });
  });
});
