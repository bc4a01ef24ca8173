import { describe, expect, test } from 'vitest';
import {
  BENCHMARK_ROWS,
  type BenchmarkOptions,
  byLoad,
  compareBenchmarks,
  errorSummary,
} from '../../../src/companions/gpu-jobs/benchmark-comparison.ts';

const perf: BenchmarkOptions['perf'] = {
  ...{ kind: 'roofline', mfu: 0.5, mbu: 0.8, overhead: 0, quant: 16 },
  attention: true,
};
const rows = [...compareBenchmarks({ requests: 2, perf })];

describe('published figures', () => {
  test('are at least ten for either model and GPU together, each with an address', () => {
    expect(rows).toHaveLength(BENCHMARK_ROWS);
    for (const model of ['Llama3-8B', 'Llama3-70B']) {
      for (const gpu of ['H100', 'A100']) {
        expect(rows.filter((row) => row.model === model && row.gpu === gpu).length).toBeGreaterThanOrEqual(4);
      }
    }
    for (const { source } of rows) expect(source.address).toMatch(/^https:\/\/[\w.-]+\/\S+$/);
  });

  test('are compared by speed: twice the simulated throughput or half the simulated time is an error of +100 %', () => {
    for (const { unit, published, simulated, error } of rows) {
      expect(1 + error).toBeCloseTo(unit === 'ms' ? published / simulated : simulated / published, 12);
    }
    const { mean, median, worstFactor } = errorSummary(rows);
    const sizes = rows.map(({ error }) => Math.abs(error)).sort((a, b) => a - b);
    expect(median).toBeCloseTo(
      sizes.length % 2 ? sizes[(sizes.length - 1) / 2]! : (sizes[sizes.length / 2 - 1]! + sizes[sizes.length / 2]!) / 2,
      12,
    );
    expect(mean).toBeCloseTo(sizes.reduce((sum, size) => sum + size, 0) / sizes.length, 12);
    for (const { error } of rows) expect(Math.max(1 + error, 1 / (1 + error))).toBeLessThanOrEqual(worstFactor);
  });

  test('every row belongs to one load', () => {
    expect(byLoad(rows).flatMap(([, group]) => group)).toHaveLength(rows.length);
  });
});

describe('the roofline beside them', () => {
  test('one request on one H100 reads 16 GB of weights a token: 5.97 ms at 80 % of the bandwidth', () => {
    const single = rows.find(({ load, gpu, unit }) => load === '1 at a time' && gpu === 'H100' && unit === 'ms')!;
    // 16 GB and 256 + 1 tokens of 131,072 bytes.
    expect(single.simulated).toBeCloseTo((1000 * (16e9 + 257 * 131_072)) / (0.8 * 3350e9), 6);
  });

  test('prompts are bound by arithmetic, few long answers by bandwidth, and a fixed time a step slows both', () => {
    /** The row of Llama 3 8B on one H100, which is among the first. */
    const speed = (part: Partial<typeof perf>, load: string): number => {
      for (const row of compareBenchmarks({ requests: 2, perf: { ...perf, ...part } })) {
        if (row.load === load) return row.simulated / rows.find((one) => one.load === load)!.simulated;
      }
      return Number.NaN;
    };
    expect(speed({ mbu: 0.4 }, '128 → 2048')).toBeCloseTo(0.5, 1);
    expect(speed({ mfu: 0.25 }, '128 → 2048')).toBeGreaterThan(0.95);
    expect(speed({ mfu: 0.25 }, '2048 → 128')).toBeLessThan(0.9);
    expect(speed({ overhead: 0.01 }, '128 → 2048')).toBeLessThan(0.5);
    expect(speed({ overhead: 0.01 }, '2048 → 128')).toBeLessThan(1);
  });
});
