import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/base/json.ts';
import { fitArrivals } from '../../src/connect/fit/fit-arrivals.ts';
import { fitLengths } from '../../src/connect/fit/fit-lengths.ts';
import { fitWorkload } from '../../src/connect/fit/fit-workload.ts';
import { distances, traceDistance } from '../../src/connect/fit/trace-distance.ts';
import { generateWorkload } from '../../src/simulators/workload/generate-workload.ts';
import { parseWorkload } from '../../src/simulators/workload/parse-workload.ts';
import { readTraceRows } from '../../src/simulators/workload/trace-csv.ts';
import { type TraceRow, traceRowOf } from '../../src/simulators/workload/trace-row.ts';

const client = (more: object): JsonObject =>
  ({
    id: 'c',
    rate_fraction: 1,
    arrival: { process: 'poisson' },
    input_distribution: { type: 'lognormal', params: { mu: 6, sigma: 0.8, min: 1, max: 20000 } },
    output_distribution: { type: 'exponential', params: { mean: 150, min: 1, max: 4000 } },
    ...more,
  }) as JsonObject;
const workload = (clients: readonly JsonObject[], requests = 4000): JsonObject => ({
  version: '2',
  aggregate_rate: 20,
  num_requests: requests,
  clients,
});

/** Requests of a workload as a trace of it. */
function recorded(document: JsonObject): readonly TraceRow[] {
  const { initial } = generateWorkload(parseWorkload(document));
  return Array.from({ length: initial.length }, (_, row) => {
    const timing = { firstChunkTimeUs: 0, lastChunkTimeUs: 0, status: 'ok' } as const;
    const repeated = initial.parent[row]! >= 0 ? initial.inheritedTokens[row]! : 0;
    const written = traceRowOf(initial, row, row, timing);
    return { ...written, prefixLength: 0, inputTokens: initial.inputTokens[row]!, repeatedTokens: repeated };
  });
}

describe('arrivals', () => {
  const times = (arrival: object) => recorded(workload([client({ arrival })])).map((row) => row.arrivalTimeUs);

  test.each([
    ['poisson', { process: 'poisson' }, 1],
    ['gamma', { process: 'gamma', cv: 2 }, 2],
    ['gamma', { process: 'gamma', cv: 0.5 }, 0.5],
    ['weibull', { process: 'weibull', cv: 1.6 }, 1.6],
    ['constant', { process: 'constant' }, 0],
  ])('%s are told from the others, with their rate and variation', (process, arrival, cv) => {
    const fitted = fitArrivals(times(arrival));
    expect(fitted.process).toBe(process);
    expect(fitted.ratePerSecond / 20).toBeCloseTo(1, 0.9);
    expect(Math.abs(fitted.cv - cv)).toBeLessThan(0.06 * cv + 1e-9);
  });

  test('too fast for their clock have the variation of their gaps', () => {
    const fast = recorded({
      ...workload([client({ arrival: { process: 'gamma', cv: 2 } })], 20000),
      aggregate_rate: 2000,
    });
    const fitted = fitArrivals(fast.map((row) => row.arrivalTimeUs));
    expect(fitted.unresolved).toBeGreaterThan(0.05);
    expect(fitted.cv).toBeCloseTo(2, 0.9);
  });
});

describe('lengths', () => {
  test.each([
    ['lognormal', { type: 'lognormal', params: { mu: 6, sigma: 0.8, min: 1, max: 20000 } }, { mu: 6, sigma: 0.8 }],
    ['exponential', { type: 'exponential', params: { mean: 400, min: 1, max: 10000 } }, { mean: 400 }],
    [
      'gaussian',
      { type: 'gaussian', params: { mean: 500, std_dev: 90, min: 1, max: 1000 } },
      { mean: 500, std_dev: 90 },
    ],
    ['constant', { type: 'constant', params: { value: 77 } }, { value: 77 }],
  ])('%s are told from the others, with their parameters', (type, input_distribution, params) => {
    const fitted = fitLengths(recorded(workload([client({ input_distribution })], 5000)).map((row) => row.inputTokens));
    expect(fitted.type).toBe(type);
    const found = fitted.document['params'] as Record<string, number>;
    for (const [name, value] of Object.entries(params)) expect(found[name]! / value).toBeCloseTo(1, 1);
    expect(fitted.ks).toBeLessThan(0.03);
  });

  test('of two kinds are given by quantiles, no further than half a step away', () => {
    const counts = Array.from({ length: 1000 }, (_, i) => (i % 2 === 0 ? 20 + (i % 61) : 3000 + (i % 97)));
    const fitted = fitLengths(counts);
    expect(fitted.type).toBe('empirical');
    const drawn = recorded(workload([client({ input_distribution: fitted.document })], 5000)).map(
      (row) => row.inputTokens,
    );
    expect(distances(counts, drawn).ks).toBeLessThan(0.05);
  });
});

describe('distances', () => {
  const sample = fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 1 });

  test('are those of distribution functions', () => {
    expect(distances([1, 2, 3], [11, 12, 13])).toEqual({ ks: 1, area: 10 });
    expect(distances([0, 0, 10, 10], [0, 10, 10, 10])).toEqual({ ks: 0.25, area: 2.5 });
    fc.assert(
      fc.property(sample, sample, fc.integer({ min: 0, max: 9 }), (a, b, shift) => {
        expect(distances(a, a)).toEqual({ ks: 0, area: 0 });
        expect(distances(a, b).ks).toBeCloseTo(distances(b, a).ks, 12);
        expect(distances(a, b).area).toBeCloseTo(distances(b, a).area, 9);
        const moved = a.map((value) => value + shift);
        expect(distances(a, moved).area).toBeCloseTo(shift, 9);
      }),
    );
  });
});

describe('a fitted workload', () => {
  const marginal = (rows: readonly TraceRow[], document: JsonObject) => {
    const distance = traceDistance(rows, document);
    return { ...distance, of: Object.fromEntries(distance.marginals.map((one) => [one.name, one])) };
  };

  test('of a bursty stream is near to it in every figure', () => {
    const rows = recorded(workload([client({ arrival: { process: 'gamma', cv: 2 } })]));
    const { document } = fitWorkload(rows);
    const { of } = marginal(rows, document);
    for (const name of ['gaps between starts', 'starts in a window', 'prompt tokens', 'output tokens']) {
      expect(of[name]!.ks).toBeLessThan(0.05);
      expect(of[name]!.wasserstein).toBeLessThan(0.1);
    }
    expect(document['num_requests']).toBe(rows.length);
  });

  test('has the prefixes that spare most, from block ids', () => {
    const lines = Array.from({ length: 3000 }, (_, i) => {
      const group = i % 10 < 6 ? 'a b' : i % 10 < 9 ? 'a c d e' : `x${i}`;
      const ids = `${group} o${i}`.split(' ');
      return `${i},${512 * (ids.length - 1) + 100},5,${i * 1000},512,${ids.join(' ')}`;
    });
    const rows = readTraceRows(
      `request_id,input_tokens,output_tokens,arrival_time_us,hash_block_tokens,hash_ids\n${lines.join('\n')}\n`,
      'rows.csv',
      { partial: true },
    );
    const { document } = fitWorkload(rows);
    const clients = document['clients'] as readonly JsonObject[];
    expect(clients.map((one) => [one['prefix_length'] ?? 0, one['rate_fraction']])).toEqual([
      [1024, 0.6],
      [2048, 0.3],
      [0, 0.1],
    ]);
    const { sharedByTrace, sharedByFit } = marginal(rows, document);
    expect(Math.abs(sharedByFit - sharedByTrace)).toBeLessThan(0.02);
  });

  test('has sessions with their rounds, pauses and growing prompts, and as many of them', () => {
    const sessions = (id: string, rounds: number, share: number) =>
      client({
        id,
        rate_fraction: share,
        closed_loop: false,
        reasoning: { multi_turn: { max_rounds: rounds, think_time_us: 5_000_000, context_growth: 'accumulate' } },
      });
    const rows = recorded({
      ...workload([sessions('short', 2, 0.75), sessions('long', 6, 0.25), client({ id: 'one' })], 6000),
      aggregate_rate: 10,
    });
    const started = rows.filter((row) => row.roundIndex === 0).length;
    const { document } = fitWorkload(rows);
    const clients = document['clients'] as readonly JsonObject[];
    const rounds = clients.map((one) => (one['reasoning'] as JsonObject | undefined)?.['multi_turn'] as JsonObject);
    expect(rounds.filter(Boolean).map((one) => one['max_rounds'])).toEqual(expect.arrayContaining([2, 6]));
    for (const one of rounds.filter(Boolean)) {
      expect(one['context_growth']).toBe('accumulate');
      expect((one['think_time_us'] as number) / 5e6).toBeCloseTo(1, 2);
    }
    const { initial } = generateWorkload(parseWorkload(document));
    expect(Math.abs(initial.length - started) / started).toBeLessThan(0.02);
    const { of, sharedByTrace, sharedByFit } = marginal(rows, document);
    expect(of['prompt tokens']!.ks).toBeLessThan(0.06);
    expect(Math.abs(sharedByFit - sharedByTrace)).toBeLessThan(0.06);
  });

  test('says what it leaves out', () => {
    const slow = recorded(workload([client({})], 2000));
    const rows = slow.map((row, i) => ({ ...row, arrivalTimeUs: i < 1000 ? i * 1_000_000 : 1e9 + i * 10_000 }));
    const { notes } = fitWorkload(rows);
    expect(notes.join('\n')).toMatch(/drawn independently/);
    expect(notes.join('\n')).toMatch(/the rate is not steady: .*fit a window of it/);
    const grain = fitWorkload(
      slow.map((row) => ({ ...row, arrivalTimeUs: Math.floor(row.arrivalTimeUs / 1e6) * 1e6 })),
    );
    expect(grain.notes.join('\n')).toMatch(/starts came at the moment of another; they were moved apart evenly/);
    expect(() => fitWorkload(slow.slice(0, 1))).toThrow('two requests at least, got 1');
  });
});
