import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { arrivalSampler } from '../../../src/simulators/workload/arrival-sampler.ts';
import { generateWorkload } from '../../../src/simulators/workload/generate-workload.ts';
import { goRandom } from '../../../src/simulators/workload/go-random.ts';
import { lengthSampler } from '../../../src/simulators/workload/length-sampler.ts';
import { parseWorkload } from '../../../src/simulators/workload/parse-workload.ts';
import type { RequestTable } from '../../../src/simulators/workload/request-table.ts';
import {
  checkTokenCounts,
  presetLengths,
  syntheticWorkload,
} from '../../../src/simulators/workload/synthetic-workload.ts';
import type { ArrivalSpec, LengthSpec } from '../../../src/simulators/workload/workload-spec.ts';
import { TokenLog } from './token-log.ts';

const RATE_PER_US = 0.001;

function moments(draw: () => number, count: number): { readonly mean: number; readonly cv: number } {
  const values = Float64Array.from({ length: count }, draw);
  const mean = values.reduce((sum, x) => sum + x, 0) / count;
  const variance = values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / count;
  return { mean, cv: Math.sqrt(variance) / mean };
}

function process(name: ArrivalSpec['process'], cv: number | null = null): ArrivalSpec {
  return { process: name, cv, shape: null, scale: null };
}

describe('arrival processes', () => {
  it.each([
    [process('poisson'), 1],
    [process('gamma', 0.5), 0.5],
    [process('gamma', 2), 2],
    [process('weibull', 0.6), 0.6],
    [process('weibull', 1.5), 1.5],
  ])('have the mean gap of their rate and the variation asked for: %j', (spec, cv) => {
    const sampler = arrivalSampler(spec, RATE_PER_US);
    const rng = goRandom(5);
    const actual = moments(() => sampler(rng), 60_000);
    expect(Math.abs(actual.mean * RATE_PER_US - 1)).toBeLessThan(0.03);
    expect(Math.abs(actual.cv / cv - 1)).toBeLessThan(0.03);
  });

  it('at a constant rate truncate the gap, which may lose a microsecond', () => {
    expect(arrivalSampler(process('constant'), 10 / 1e6)(goRandom(1))).toBe(99_999);
    expect(arrivalSampler(process('constant'), 5)(goRandom(1))).toBe(1);
  });

  it('use a given shape and scale in place of the rate', () => {
    const sampler = arrivalSampler({ process: 'gamma', cv: null, shape: 4, scale: 100 }, RATE_PER_US);
    const rng = goRandom(5);
    const { mean, cv } = moments(() => sampler(rng), 40_000);
    expect(mean / 400).toBeCloseTo(1, 1);
    expect(cv).toBeCloseTo(0.5, 1);
  });

  it('with an extreme variation fall back to Poisson', () => {
    const bursty = arrivalSampler(process('gamma', 11), RATE_PER_US);
    const poisson = arrivalSampler(process('poisson'), RATE_PER_US);
    expect(bursty(goRandom(9))).toBe(poisson(goRandom(9)));
  });
});

describe('length distributions', () => {
  const bounded = fc.record({
    mean: fc.double({ min: 0, max: 500, noNaN: true }),
    min: fc.integer({ min: 1, max: 100 }),
    max: fc.integer({ min: 101, max: 1000 }),
  });

  it('stay within their bounds', () => {
    fc.assert(
      fc.property(bounded, fc.integer(), ({ mean, min, max }, seed) => {
        const specs: readonly LengthSpec[] = [
          { kind: 'gaussian', mean, stdDev: 100, min, max },
          { kind: 'exponential', mean, min, max },
          { kind: 'lognormal', mu: Math.log(mean + 1), sigma: 2, min, max },
        ];
        const rng = goRandom(seed);
        for (const sampler of specs.map(lengthSampler)) {
          for (let i = 0; i < 20; i++) {
            const length = sampler(rng);
            expect(Number.isInteger(length) && length >= min && length <= max).toBe(true);
          }
        }
      }),
    );
  });

  it('draw empirical lengths in proportion to their weights', () => {
    const sampler = lengthSampler({ kind: 'empirical', values: [5, 50], weights: [3, 1] });
    const rng = goRandom(2);
    const { mean } = moments(() => (sampler(rng) === 5 ? 1 : 0), 20_000);
    expect(mean).toBeCloseTo(0.75, 1);
  });

  it('draw nothing where there is no choice', () => {
    const rng = goRandom(3);
    expect(lengthSampler({ kind: 'gaussian', mean: 7, stdDev: 9, min: -4, max: -4 })(rng)).toBe(-4);
    expect(lengthSampler({ kind: 'constant', value: 0 })(rng)).toBe(1);
    expect(lengthSampler({ kind: 'empirical', values: [0], weights: [1] })(rng)).toBe(0);
    expect(rng.uint64()).toBe(goRandom(3).uint64());
  });

  it('turn overflow into the smallest length', () => {
    expect(lengthSampler({ kind: 'lognormal', mu: 800, sigma: 0, min: 6, max: 0 })(goRandom(1))).toBe(6);
    expect(lengthSampler({ kind: 'lognormal', mu: 800, sigma: 0, min: 0, max: 0 })(goRandom(1))).toBe(1);
  });
});

type Document = Record<string, unknown>;

function client(extra: Document = {}): Document {
  return {
    id: 'c',
    rate_fraction: 1,
    arrival: { process: 'poisson' },
    input_distribution: { type: 'exponential', params: { mean: 12 } },
    output_distribution: { type: 'exponential', params: { mean: 6 } },
    ...extra,
  };
}

function workload(clients: readonly Document[], extra: Document = {}): Document {
  return { version: '2', seed: 1, aggregate_rate: 1000, num_requests: 100, clients, ...extra };
}

function rows(table: RequestTable, count: number): unknown[] {
  return Array.from({ length: Math.min(count, table.length) }, (_, row) => [
    table.id(row),
    table.arrivalUs[row],
    table.client[row],
    table.inputTokens[row],
    table.outputTokens[row],
    table.parent[row],
  ]);
}

describe('generation', () => {
  const open = [
    client(),
    client({ arrival: { process: 'gamma', cv: 3 } }),
    client({ arrival: { process: 'constant' } }),
  ];

  it('with a cap gives the first requests of generation without one', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 150 }),
        fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
        (cap, seed) => {
          const spec = parseWorkload(workload(open));
          const whole = generateWorkload(spec, { seed, numRequests: 0, horizonUs: 250_000 }).initial;
          const capped = generateWorkload(spec, { seed, numRequests: cap, horizonUs: 250_000 }).initial;
          expect(capped.length).toBe(Math.min(cap, whole.length));
          expect(rows(capped, cap)).toEqual(rows(whole, cap));
        },
      ),
      { numRuns: 30 },
    );
  });

  it('with a cap gives the first rounds of many sessions', () => {
    const chat = client({
      closed_loop: false,
      reasoning: { multi_turn: { max_rounds: 5, think_time_us: 20_000, context_growth: 'accumulate' } },
    });
    const spec = parseWorkload(workload([chat, ...open]));
    for (const cap of [1, 10, 60, 150]) {
      const whole = generateWorkload(spec, { numRequests: 0, horizonUs: 400_000 }).initial;
      const capped = generateWorkload(spec, { numRequests: cap, horizonUs: 400_000 }).initial;
      expect(capped.length).toBe(cap);
      expect(rows(capped, cap)).toEqual(rows(whole, cap));
    }
  });

  it('gives the first requests of more clients than are open at a time', () => {
    const crowd = { ...client({ id: 'crowd' }), population: 5_000 };
    const spec = parseWorkload({ version: '2', aggregate_rate: 50_000, cohorts: [crowd] });
    const whole = generateWorkload(spec, { horizonUs: 20_000 }).initial;
    const capped = generateWorkload(spec, { numRequests: 300, horizonUs: 20_000 }).initial;
    expect(whole.length).toBeGreaterThan(600);
    expect(rows(capped, 300)).toEqual(rows(whole, 300));
  });

  it('is the same for equal seeds and another for others', () => {
    const spec = parseWorkload(workload(open));
    const first = rows(generateWorkload(spec).initial, 100);
    expect(rows(generateWorkload(spec).initial, 100)).toEqual(first);
    expect(rows(generateWorkload(spec, { seed: 2 }).initial, 100)).not.toEqual(first);
  });

  it('keeps the first requests when fewer are asked for', () => {
    const spec = parseWorkload(workload(open));
    const whole = generateWorkload(spec).initial;
    const short = generateWorkload(spec, { numRequests: 25 }).initial;
    expect(short.length).toBe(25);
    expect(rows(short, 25)).toEqual(rows(whole, 25));
  });

  it('refuses a workload without an end', () => {
    expect(() => generateWorkload(parseWorkload(workload(open, { num_requests: 0 })))).toThrow(/has no end/);
  });

  it('gives every request the deadline of a timeout from outside', () => {
    const spec = parseWorkload(workload([client({ timeout: 5 }), client()]));
    const { initial } = generateWorkload(spec, { timeoutUs: 1_000 });
    for (let row = 0; row < initial.length; row++) {
      expect(initial.deadlineUs[row]).toBe(initial.arrivalUs[row]! + 1_000);
    }
    expect(Math.max(...generateWorkload(spec, { timeoutUs: 0 }).initial.deadlineUs)).toBe(0);
  });
});

describe('content links', () => {
  /** Length of the common beginning of two prompts. */
  function common(a: readonly number[], b: readonly number[]): number {
    let n = 0;
    while (n < a.length && n < b.length && a[n] === b[n]) n++;
    return n;
  }

  it('follow a conversation over rounds that fall outside the life of the client', () => {
    const chat = client({
      prefix_group: 'g',
      prefix_length: 9,
      closed_loop: false,
      lifecycle: {
        windows: [
          { start_us: 0, end_us: 20_000 },
          { start_us: 40_000, end_us: 80_000 },
        ],
      },
      reasoning: { multi_turn: { max_rounds: 6, think_time_us: 9_000, context_growth: 'accumulate' } },
    });
    const tokens = new TokenLog();
    const { initial } = generateWorkload(parseWorkload(workload([chat])), { tokens });
    let gaps = 0;
    for (let row = 0; row < initial.length; row++) {
      const parent = initial.parent[row]!;
      const prompt = tokens.promptTokens(initial, row);
      expect(prompt.length).toBe(initial.inputTokens[row]);
      if (parent < 0) continue;
      if (initial.round[row]! - initial.round[parent]! > 1) gaps++;
      const context = [...tokens.promptTokens(initial, parent), ...tokens.outputTokens(parent)];
      expect(common(prompt, context)).toBe(context.length);
    }
    expect(gaps).toBeGreaterThan(0);
  });

  it('take the opening of the first session for a prefix longer than the group', () => {
    const chat = (growth: string) =>
      client({
        id: growth,
        input_distribution: { type: 'constant', params: { value: 40 } },
        prefix_group: 'g',
        prefix_length: 30,
        reasoning: { multi_turn: { max_rounds: 3, think_time_us: 10, context_growth: growth } },
      });
    const definer = client({ id: 'definer', prefix_group: 'g', prefix_length: 10 });
    const spec = parseWorkload(workload([definer, chat(''), chat('accumulate')]));
    const { table, followUps } = generateWorkload(spec).start();
    const initialRows = table.length;
    const openings = new Map<number, number>();
    for (let row = 0; row < initialRows; row++) {
      if (table.session[row]! < 0) continue;
      const owner = table.client[row]!;
      const first = openings.get(owner) ?? row;
      openings.set(owner, first);
      const next = followUps!.next(table, row, 'completed', table.outputTokens[row]!, table.arrivalUs[row]! + 5);
      const grows = table.names.clients[owner] === 'accumulate';
      expect(table.parent[next]).toBe(first);
      const context = table.inputTokens[row]! + table.outputTokens[row]!;
      expect(table.inputTokens[next]).toBe(grows ? context + 40 : 70);
      expect(table.inheritedTokens[next]).toBe(grows && row === first ? context : 30);
      expect(table.groupTokens[next]).toBe(10);
    }
    expect(table.length).toBeGreaterThan(initialRows + 4);
  });

  it('leave the last token of a finished round out of the conversation', () => {
    const chat = client({
      reasoning: { multi_turn: { max_rounds: 3, think_time_us: 7, context_growth: 'accumulate' } },
    });
    const { table, followUps } = generateWorkload(parseWorkload(workload([chat]))).start();
    const produced = table.outputTokens[0]! - 1;
    const next = followUps!.next(table, 0, 'completed', produced, 500_000);
    expect(table.parent[next]).toBe(0);
    expect(table.inheritedTokens[next]).toBe(table.inputTokens[0]! + produced);
    expect(table.arrivalUs[next]).toBe(500_007);
  });

  it('start each run of a closed-loop workload from the same list', () => {
    const chat = client({ reasoning: { multi_turn: { max_rounds: 3, think_time_us: 7 } } });
    const generated = generateWorkload(parseWorkload(workload([chat])));
    const drive = (): unknown[] => {
      const { table, followUps } = generated.start();
      for (let row = 0; row < table.length; row++)
        followUps!.next(table, row, 'completed', 1, table.arrivalUs[row]! + 9);
      return rows(table, table.length);
    };
    const first = drive();
    expect(first.length).toBe(3 * generated.initial.length);
    expect(drive()).toEqual(first);
  });
});

describe('named workloads', () => {
  it('are refused by a wrong name, with the known ones', () => {
    expect(() => presetLengths('chatbt')).toThrow(/unknown workload "chatbt"/);
    expect(presetLengths('summarization').prompt.mean).toBe(4096);
  });

  it('keep virtual users busy up to the number of requests', () => {
    const lengths = { ...presetLengths('chatbot'), prefixTokens: 16 };
    const spec = syntheticWorkload(lengths, { kind: 'users', users: 4, thinkTimeMs: 100 }, 7n, 10);
    const { table, followUps } = generateWorkload(spec).start();
    expect([...table.arrivalUs]).toEqual([0, 25_000, 50_000, 75_000]);
    for (let row = 0; row < table.length; row++) followUps!.next(table, row, 'completed', 1, table.arrivalUs[row]! + 1);
    expect(table.length).toBe(10);
    expect(table.groupTokens[9]).toBe(16);
    expect(table.arrivalUs[4]).toBe(100_001);
  });

  it.each([
    [{ mean: 5, stdDev: 0, min: 0, max: 10 }, 'prompt-tokens-min'],
    [{ mean: 5, stdDev: 0, min: 6, max: 10 }, 'prompt-tokens'],
    [{ mean: 5, stdDev: 11, min: 1, max: 10 }, 'prompt-tokens-stdev'],
    [{ mean: 5, stdDev: 1, min: 2, max: 10 }, 'prompt-tokens-stdev'],
    [{ mean: 5, stdDev: -1, min: 2, max: 10 }, 'prompt-tokens-stdev'],
    [{ mean: 5, stdDev: 0, min: 12, max: 10 }, 'prompt-tokens-min'],
  ])('have lengths that make sense: %j', (counts, key) => {
    expect(() => checkTokenCounts('prompt', counts)).toThrow(expect.objectContaining({ path: [key] }));
    expect(() => checkTokenCounts('prompt', { mean: 5, stdDev: 2, min: 2, max: 10 })).not.toThrow();
  });
});
