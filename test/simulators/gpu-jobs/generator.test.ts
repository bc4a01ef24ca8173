import { describe, expect, it } from 'vitest';
import { stream } from '../../../src/base/random.ts';
import { type ArrivalProcess, arrivalTimes } from '../../../src/simulators/gpu-jobs/arrival-process.ts';
import { type CountLaw, drawCount } from '../../../src/simulators/gpu-jobs/count-law.ts';
import { generateTasks, PRESETS } from '../../../src/simulators/gpu-jobs/generator.ts';
import { parseWorkload, workloadTasks } from '../../../src/simulators/gpu-jobs/workload-document.ts';

const N = 40_000;
const times = (process: ArrivalProcess, count = N): Float64Array => arrivalTimes(process, count, stream(3, 'arrivals'));
const within = (list: Float64Array, from: number, to: number): number => list.filter((t) => t >= from && t < to).length;

describe('arrival processes', () => {
  it.each<ArrivalProcess>([
    { kind: 'poisson', rate: 5 },
    { kind: 'gamma', rate: 5, cv: 2 },
    { kind: 'gamma', rate: 5, cv: 0.5 },
    { kind: 'constant', rate: 5 },
    { kind: 'sinusoid', rate: 5, amplitude: 0.8, period: 10 },
  ])('$kind keeps its mean rate and its order', (process) => {
    const list = times(process);
    // 40,000 gaps with CV ≤ 2: standard error at most 1 %.
    expect(Math.abs(N / list.at(-1)! / 5 - 1)).toBeLessThan(0.035);
    expect(list.every((t, i) => i === 0 || t >= list[i - 1]!)).toBe(true);
  });

  it('gamma gaps have their coefficient of variation', () => {
    for (const cv of [0.5, 2]) {
      const list = times({ kind: 'gamma', rate: 1, cv });
      const gaps = list.map((t, i) => t - (i === 0 ? 0 : list[i - 1]!));
      const mean = gaps.reduce((a, b) => a + b) / N;
      const variance = gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / N;
      expect(Math.sqrt(variance) / mean / cv).toBeCloseTo(1, 1);
    }
  });

  it('rates that change with time follow their shape', () => {
    const piecewise = times({
      kind: 'piecewise',
      segments: [
        { until: 1000, rate: 2 },
        { until: 2000, rate: 8 },
        { until: 1e9, rate: 4 },
      ],
    });
    expect(within(piecewise, 1000, 2000) / within(piecewise, 0, 1000)).toBeCloseTo(4, 0);
    expect(within(piecewise, 2000, 3000) / 1000).toBeCloseTo(4, 0);
    const crowd = times({ kind: 'flash-crowd', rate: 2, peak: 10, from: 100, to: 600 });
    expect(within(crowd, 100, 600) / 500).toBeCloseTo(20, -0.5);
    expect(within(crowd, 600, 1600) / 1000).toBeCloseTo(2, 0);
    const wave = times({ kind: 'sinusoid', rate: 10, amplitude: 0.9, period: 100 });
    let [crest, trough] = [0, 0];
    for (const t of wave)
      if (t % 100 < 50) crest++;
      else trough++;
    // ∫ over the crest half: 1 + 2·0.9/π of the mean.
    expect(crest / (crest + trough)).toBeCloseTo((1 + (2 * 0.9) / Math.PI) / 2, 1);
  });

  it('bursts come in groups at their interval', () => {
    const list = times({ kind: 'burst', size: 20, interval: 50, jitter: 0.1 }, 60);
    expect([0, 1, 2].map((k) => within(list, 50 * k, 50 * k + 0.1))).toEqual([20, 20, 20]);
  });
});

describe('token laws', () => {
  const draws = (law: CountLaw): Float64Array => {
    const rng = stream(5, 'law');
    return Float64Array.from({ length: N }, () => drawCount(law, rng)).sort();
  };
  const wide = { min: 0, max: 1e9 };
  const median = (law: CountLaw): number => draws(law)[N / 2]!;
  const mean = (law: CountLaw): number => draws(law).reduce((a, b) => a + b) / N;

  it('have their medians, means and tails', () => {
    expect(median({ kind: 'lognormal', median: 500, sigma: 0.8, ...wide }) / 500).toBeCloseTo(1, 1);
    expect(median({ kind: 'pareto', scale: 100, alpha: 2, ...wide }) / (100 * Math.SQRT2)).toBeCloseTo(1, 1);
    expect(mean({ kind: 'exponential', mean: 300, ...wide }) / 300).toBeCloseTo(1, 1);
    expect(mean({ kind: 'gaussian', mean: 400, sd: 50, ...wide }) / 400).toBeCloseTo(1, 2);
    const tail = draws({ kind: 'pareto', scale: 100, alpha: 1.5, ...wide }).filter((x) => x > 1000).length / N;
    expect(tail / 10 ** -1.5).toBeCloseTo(1, 0);
  });

  it('uniform reaches both ends, and every law respects its clip', () => {
    const list = draws({ kind: 'uniform', min: 3, max: 7 });
    expect([list[0], list.at(-1)]).toEqual([3, 7]);
    for (const law of [
      { kind: 'gaussian', mean: 50, sd: 100, min: 10, max: 60 },
      { kind: 'pareto', scale: 5, alpha: 0.5, min: 10, max: 60 },
    ] as const) {
      const clipped = draws(law);
      expect([clipped[0], clipped.at(-1)]).toEqual([10, 60]);
    }
  });
});

describe('generated workloads', () => {
  it.each([
    ['low', 100, 100, 512, 4096, 128, 1024, 5],
    ['medium', 500, 50, 512, 8192, 128, 2048, 10],
    ['high', 1000, 30, 1024, 16_384, 256, 4096, 10],
    ['extreme', 2000, 20, 2048, 32_768, 512, 8192, 10],
  ] as const)('preset %s', (name, count, seconds, minP, maxP, minD, maxD, maxWeight) => {
    const tasks = generateTasks(PRESETS[name]!, 42);
    expect(tasks.length).toBe(count);
    for (const { arrival, prefillTokens, decodeTokens, weight } of tasks) {
      expect(arrival >= 0 && arrival < seconds).toBe(true);
      expect(prefillTokens >= minP && prefillTokens <= maxP).toBe(true);
      expect(decodeTokens >= minD && decodeTokens <= maxD).toBe(true);
      expect(weight >= 1 && weight <= maxWeight).toBe(true);
    }
  });

  it('70 % are prefill tasks when phases are separate; models and classes follow their shares', () => {
    const spec = {
      ...PRESETS['high']!,
      count: 4000,
      phases: 'separate' as const,
      models: { Qwen3: 3, 'DeepSeek-R1': 1 },
      weights: { kind: 'two-class' as const, low: 1, high: 8, highShare: 0.25 },
    };
    const tasks = generateTasks(spec, 1);
    const share = (holds: (task: (typeof tasks)[number]) => boolean): number => tasks.filter(holds).length / 4000;
    expect(share(({ prefillTokens }) => prefillTokens > 0)).toBeCloseTo(0.7, 1);
    expect(share(({ prefillTokens, decodeTokens }) => prefillTokens > 0 !== decodeTokens > 0)).toBe(1);
    expect(share(({ model }) => model === 'Qwen3')).toBeCloseTo(0.75, 1);
    expect(share(({ weight }) => weight === 8)).toBeCloseTo(0.25, 1);
  });

  it('equal seeds give equal tasks, and one law does not shift the draws of another', () => {
    const base = generateTasks(PRESETS['low']!, 9);
    expect(generateTasks(PRESETS['low']!, 9)).toEqual(base);
    expect(generateTasks(PRESETS['low']!, 10)).not.toEqual(base);
    const other = generateTasks({ ...PRESETS['low']!, decode: { kind: 'constant', value: 7 } }, 9);
    expect(other.map(({ arrival, prefillTokens }) => [arrival, prefillTokens])).toEqual(
      base.map(({ arrival, prefillTokens }) => [arrival, prefillTokens]),
    );
  });
});

describe('workload documents', () => {
  it('take built-ins, lists and recipes', () => {
    expect(workloadTasks(parseWorkload({ builtin: 'staggered' }, ['workload']), 1).length).toBe(12);
    const listed = parseWorkload(
      { tasks: [{ model: 'qwen3', tokens: 5 }].map((task) => ({ ...task, model: 'Qwen3' })) },
      [],
    );
    expect(workloadTasks(listed, 1)[0]).toMatchObject({ id: 'T1', prefillTokens: 5, tp: 2, weight: 1 });
    const recipe = parseWorkload({ generate: { preset: 'medium', count: 7, prefill: 64 } }, []);
    expect(workloadTasks(recipe, 1).every(({ prefillTokens }) => prefillTokens === 64)).toBe(true);
  });

  it.each([
    ['nothing known', 'discriminatng', /unknown workload "discriminatng".*/],
    ['two kinds', { builtin: 'low', generate: {} }, /exactly one of/],
    ['an unknown key', { generate: { counts: 5 } }, /unknown key "counts"/],
    ['an unknown law', { generate: { prefill: { law: 'zipf' } } }, /must be "uniform" or .*, got "zipf"/],
    ['a key of another law', { generate: { prefill: { law: 'uniform', mean: 3 } } }, /unknown key "mean"/],
    ['a missing rate', { generate: { arrivals: { process: 'poisson' } } }, /is required but missing/],
    ['a rate of 0', { generate: { arrivals: { process: 'poisson', rate: 0 } } }, /must be > 0, got 0/],
    ['an empty range', { generate: { prefill: { law: 'uniform', min: 9, max: 3 } } }, /must be ≥ min \(9\), got 3/],
    ['half a task', { tasks: [{ model: 'Qwen3', tokens: 1.5 }] }, /must be an integer, got 1.5/],
    [
      'a repeated id',
      {
        tasks: [
          { id: 'a', model: 'Qwen3', tokens: 1 },
          { id: 'a', model: 'Qwen3', tokens: 1 },
        ],
      },
      /used twice/,
    ],
    [
      'rates that end at 0',
      { generate: { arrivals: { process: 'piecewise', segments: [{ until: 1, rate: 1 }, { rate: 0 }] } } },
      /must end with a rate > 0/,
    ],
  ])('refuse %s', (_, document, message) => {
    expect(() => parseWorkload(document as never, ['workload'])).toThrow(message);
  });
});
