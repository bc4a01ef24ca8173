import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BUILTIN_WORKLOADS } from '../../../src/simulators/gpu-jobs/builtin-workloads.ts';
import { clusterByName, gpuCount } from '../../../src/simulators/gpu-jobs/cluster-spec.ts';
import { flopsEstimate, NAMED_ORDERINGS, type Ordering } from '../../../src/simulators/gpu-jobs/ordering.ts';
import {
  type SimplifiedConfig,
  simulateSimplified,
  taskDuration,
} from '../../../src/simulators/gpu-jobs/simplified-engine.ts';
import { type SimplifiedMetrics, simplifiedMetrics } from '../../../src/simulators/gpu-jobs/simplified-metrics.ts';
import type { Task } from '../../../src/simulators/gpu-jobs/task.ts';
import { job } from './token-cases.ts';

type Setting = Partial<Omit<SimplifiedConfig, 'cluster' | 'ordering'>>;

function measure(
  cluster: string,
  tasks: readonly Task[],
  ordering: Ordering,
  setting: Setting = {},
): SimplifiedMetrics {
  const config: SimplifiedConfig = {
    cluster: clusterByName(cluster),
    ordering,
    slotRule: 'legacy',
    clock: 'accumulate',
    dt: 0.01,
    maxTime: 5,
    ...setting,
  };
  return simplifiedMetrics(simulateSimplified(config, tasks), tasks, config.cluster);
}

const discriminating = BUILTIN_WORKLOADS['discriminating']!;
const staggered = BUILTIN_WORKLOADS['staggered']!;
const PRIORITY_RULES = ['WeightedFIFO', 'SRPT', 'WSRPT'] as const;
const LEGACY: Setting = { slotRule: 'legacy' };
const WORK: Setting = { slotRule: 'work-conserving' };

type Figures = readonly [weighted: number, average: number, completed: number, makespan: number];

/** Printed figures are rounded to three decimals (averages in the table to four). */
function expectFigures(actual: SimplifiedMetrics, [weighted, average, completed, makespan]: Figures): void {
  expect(Math.abs(actual.weightedWaitingTime - weighted)).toBeLessThan(5e-4);
  expect(Math.abs(actual.averageWaitingTime - average)).toBeLessThan(5e-4);
  expect(actual.completedCount).toBe(completed);
  expect(Math.abs(actual.makespan - makespan)).toBeLessThan(5e-4);
}

describe('published figures', () => {
  const rows: readonly (readonly [string, string, readonly Task[], Setting, Figures, Figures])[] = [
    ['16 GPUs', 'h100_16gpu', discriminating, LEGACY, [336.4, 2.402, 20, 3.01], [108.04, 1.802, 20, 4.51]],
    ['16 GPUs, k·dt', 'h100_16gpu', discriminating, { clock: 'index' }, [336, 2.4, 20, 3], [108, 1.8, 20, 4.5]],
    ['16 GPUs, work-conserving', 'h100_16gpu', discriminating, WORK, [336.4, 2.402, 20, 3.01], [102, 1.5, 20, 3]],
    ['8 GPUs', 'h100_8gpu', discriminating, LEGACY, [405.2, 3.8825, 16, 5.02], [156.04, 2.402, 20, 5.51]],
    [
      '8 GPUs, work-conserving',
      'h100_8gpu',
      discriminating,
      WORK,
      [405.2, 3.8825, 16, 5.02],
      [156.04, 2.402, 20, 5.51],
    ],
    ['8 GPUs, 20 s', 'h100_8gpu', discriminating, { maxTime: 20 }, [626.4, 4.212, 20, 5.53], [156.04, 2.402, 20, 5.51]],
    ['32 GPUs', 'h100_32gpu', discriminating, LEGACY, [156, 1.5, 20, 2.5], [78, 1.2, 20, 2.5]],
    ['32 GPUs, work-conserving', 'h100_32gpu', discriminating, WORK, [96, 1.2, 20, 2], [78, 1.2, 20, 2.5]],
    ['64 GPUs', 'h100_64gpu', discriminating, LEGACY, [76, 1.1, 20, 2], [76, 1.1, 20, 2]],
    ['16 GPUs, staggered', 'h100_16gpu', staggered, LEGACY, [64, 17 / 15, 12, 1.5], [64, 17 / 15, 12, 1.5]],
    ['8 GPUs, staggered', 'h100_8gpu', staggered, LEGACY, [108, 1.8, 12, 2.5], [70, 49 / 30, 12, 2.5]],
    ['32 GPUs, staggered', 'h100_32gpu', staggered, LEGACY, [64, 17 / 15, 12, 1.5], [64, 17 / 15, 12, 1.5]],
    [
      '32 GPUs, staggered, work-conserving',
      'h100_32gpu',
      staggered,
      WORK,
      [28.4, 0.83667, 12, 1],
      [28.4, 0.83667, 12, 1],
    ],
  ];
  it.each(rows)('%s', (_, cluster, tasks, setting, fifo, priority) => {
    expectFigures(measure(cluster, tasks, NAMED_ORDERINGS['FIFO']!, setting), fifo);
    for (const name of PRIORITY_RULES) {
      expectFigures(measure(cluster, tasks, NAMED_ORDERINGS[name]!, setting), priority);
    }
  });

  it('agree with the stored result file of the published program to the last digit', () => {
    const fifo = measure('h100_16gpu', discriminating, NAMED_ORDERINGS['FIFO']!);
    expect(fifo.weightedWaitingTime).toBe(336.3999999999997);
    expect(fifo.averageWaitingTime).toBe(2.4019999999999984);
    expect(fifo.makespan).toBe(3.0099999999999905);
    const weighted = measure('h100_16gpu', discriminating, NAMED_ORDERINGS['WeightedFIFO']!);
    expect(weighted.weightedWaitingTime).toBe(108.03999999999996);
    expect(weighted.averageWaitingTime).toBe(1.8019999999999983);
    expect(weighted.makespan).toBe(4.509999999999991);
  });

  it('improve on FIFO by 67.9 % and 25.0 %', () => {
    const fifo = measure('h100_16gpu', discriminating, NAMED_ORDERINGS['FIFO']!);
    const weighted = measure('h100_16gpu', discriminating, NAMED_ORDERINGS['WeightedFIFO']!);
    const srpt = measure('h100_16gpu', discriminating, NAMED_ORDERINGS['SRPT']!);
    expect(((1 - weighted.weightedWaitingTime / fifo.weightedWaitingTime) * 100).toFixed(1)).toBe('67.9');
    expect(((1 - srpt.averageWaitingTime / fifo.averageWaitingTime) * 100).toFixed(1)).toBe('25.0');
  });

  it('waits until the start, and utilization', () => {
    const fifo = measure('h100_16gpu', discriminating, NAMED_ORDERINGS['FIFO']!);
    expect([fifo.weightedStartWait, fifo.averageStartWait]).toEqual([expect.closeTo(260.4), expect.closeTo(1.302)]);
    const srpt = measure('h100_16gpu', discriminating, NAMED_ORDERINGS['SRPT']!);
    expect([srpt.weightedStartWait, srpt.averageStartWait]).toEqual([expect.closeTo(32.04), expect.closeTo(0.702)]);
    const work = measure('h100_16gpu', discriminating, NAMED_ORDERINGS['SRPT']!, WORK);
    const shares = [fifo, srpt, work].map(({ gpuUtilization }) => gpuUtilization);
    expect(shares).toEqual([expect.closeTo(0.9136, 4), expect.closeTo(0.6098, 4), expect.closeTo(0.9167, 4)]);
  });
});

/** The rules word by word: every step, no skipping, sorted lists instead of heaps. */
function literal(tasks: readonly Task[], gpus: number, ordering: string, setting: Required<Setting>) {
  let queue: number[] = [];
  let running: { index: number; finish: number }[] = [];
  const completion = new Map<number, number>();
  const arrivals = tasks.map((_, i) => i).sort((a, b) => tasks[a]!.arrival - tasks[b]!.arrival || a - b);
  const key = (i: number): number => {
    const task = tasks[i]!;
    const e = flopsEstimate(task)!;
    if (ordering === 'FIFO') return task.arrival;
    if (ordering === 'WeightedFIFO') return -task.weight;
    return ordering === 'SRPT' ? e : -task.weight / Math.max(0.001, e);
  };
  const release = (t: number): void => {
    for (const { index, finish } of running.filter(({ finish }) => finish <= t)) completion.set(index, finish);
    running = running.filter(({ finish }) => finish > t);
  };
  let t = 0;
  for (let k = 1; t < setting.maxTime; k++) {
    release(t);
    while (arrivals.length > 0 && tasks[arrivals[0]!]!.arrival <= t) queue.push(arrivals.shift()!);
    const free = gpus - 2 * running.length;
    let slots = Math.floor(free / 2) - (setting.slotRule === 'legacy' ? running.length : 0);
    while (slots-- > 0 && queue.length > 0) {
      const best = queue.reduce((a, b) => (key(b) < key(a) ? b : a));
      queue = queue.filter((i) => i !== best);
      running.push({ index: best, finish: t + taskDuration(tasks[best]!) });
    }
    t = setting.clock === 'accumulate' ? t + setting.dt : k * setting.dt;
  }
  for (const { index, finish } of running) completion.set(index, finish);
  return tasks.map((_, i) => completion.get(i) ?? Number.NaN);
}

const randomTask = fc.record({
  weight: fc.integer({ min: 0, max: 5 }),
  arrival: fc.integer({ min: 0, max: 20 }).map((n) => n / 10),
  prefillTokens: fc.integer({ min: 0, max: 2000 }),
});

describe('any cluster, step and arrival', () => {
  it('follows the step rules literally', () => {
    const settings = fc.record({
      slotRule: fc.constantFrom('legacy' as const, 'work-conserving' as const),
      clock: fc.constantFrom('accumulate' as const, 'index' as const),
      dt: fc.constantFrom(0.01, 0.05, 0.1, 0.33),
      maxTime: fc.constantFrom(0.5, 2, 6),
      timeline: fc.constant(false),
    });
    fc.assert(
      fc.property(
        fc.array(randomTask, { maxLength: 14 }),
        fc.constantFrom('h100_2gpu', 'h100_6gpu', 'a100_9gpu', 'mixed_8gpu', 'mixed_32gpu'),
        fc.constantFrom('FIFO', ...PRIORITY_RULES),
        settings,
        (drawn, name, ordering, setting) => {
          const tasks = drawn.map((task, i) => job(`t${i}`, task.prefillTokens, 0, { ...task, model: 'Qwen3', tp: 2 }));
          const cluster = clusterByName(name);
          const config = { cluster, ordering: NAMED_ORDERINGS[ordering]!, ...setting };
          const { completion } = simulateSimplified(config, tasks);
          expect([...completion]).toEqual(literal(tasks, gpuCount(cluster), ordering, setting));
        },
      ),
      { numRuns: 150 },
    );
  });

  it('takes as many GPUs as the tensor parallelism says, and nobody passes a head that does not fit', () => {
    const tasks = [
      job('wide', 1000, 0, { model: 'Llama3-70B', tp: 4, weight: 5 }),
      job('wider', 1000, 0, { model: 'Llama3-70B', tp: 8, weight: 4 }),
      job('small', 1000, 0, { model: 'Llama3-8B', tp: 1, weight: 1 }),
    ];
    const config = {
      cluster: clusterByName('h100_8gpu'),
      ordering: NAMED_ORDERINGS['WeightedFIFO']!,
      dt: 0.25,
      maxTime: 9,
    };
    const { start } = simulateSimplified({ ...config, slotRule: 'work-conserving', clock: 'index' }, tasks);
    expect([...start]).toEqual([0, 1, 2]);
  });

  it('an empty task completes at its start', () => {
    const { start, completion } = simulateSimplified(
      {
        cluster: clusterByName('h100_2gpu'),
        ordering: NAMED_ORDERINGS['FIFO']!,
        slotRule: 'legacy',
        clock: 'index',
        dt: 0.5,
        maxTime: 5,
      },
      [job('first', 1000, 0), job('empty', 0, 0, { arrival: 0.3 })],
    );
    expect([start[1], completion[1]]).toEqual([1, 1]);
  });

  it('decode tokens take a fifth of the time of prefill tokens', () => {
    expect(taskDuration(job('d', 0, 5000))).toBe(1);
    expect(taskDuration(job('both', 1000, 5000))).toBe(2);
  });

  it('writes a timeline row for every step with work, and counts GPUs', () => {
    const { timeline } = simulateSimplified(
      {
        cluster: clusterByName('h100_4gpu'),
        ordering: NAMED_ORDERINGS['FIFO']!,
        slotRule: 'work-conserving',
        clock: 'index',
        dt: 0.25,
        maxTime: 5,
        timeline: true,
      },
      [0, 1, 2].map((i) => job(`t${i}`, 500, 0, { model: 'Qwen3', tp: 2 })),
    );
    expect(timeline.map((row) => [row.time, row.queued, row.running, row.completed, row.availableGpus])).toEqual([
      [0, 1, 2, 0, 0],
      [0.25, 1, 2, 0, 0],
      [0.5, 0, 1, 2, 2],
      [0.75, 0, 1, 2, 2],
    ]);
  });
});

describe('optimal orders', () => {
  /** Every order of the tasks, served first come first served. */
  function* orders(tasks: readonly Task[]): Generator<readonly Task[]> {
    if (tasks.length <= 1) yield tasks;
    for (const [i, first] of tasks.entries()) {
      for (const rest of orders([...tasks.slice(0, i), ...tasks.slice(i + 1)])) yield [first, ...rest];
    }
  }

  // Eighths of a second are exact in binary, so a step never misses a completion by rounding.
  const tasks = fc.array(
    fc.record({ eighths: fc.integer({ min: 1, max: 12 }), weight: fc.integer({ min: 1, max: 9 }) }),
    {
      minLength: 1,
      maxLength: 5,
    },
  );
  const setting: Setting = { slotRule: 'work-conserving', clock: 'index', dt: 0.125, maxTime: 50 };
  const build = (drawn: readonly { eighths: number; weight: number }[]): Task[] =>
    drawn.map(({ eighths, weight }, i) => job(`t${i}`, eighths * 125, 0, { model: 'Qwen3', tp: 2, weight }));
  const best = (list: readonly Task[], cluster: string, read: (m: SimplifiedMetrics) => number): number =>
    Math.min(...[...orders(list)].map((order) => read(measure(cluster, order, NAMED_ORDERINGS['FIFO']!, setting))));

  it('SRPT gives the least average waiting time of all orders, on one and on two slots', () => {
    fc.assert(
      fc.property(tasks, fc.constantFrom('h100_2gpu', 'h100_4gpu'), (drawn, cluster) => {
        const list = build(drawn);
        const srpt = measure(cluster, list, NAMED_ORDERINGS['SRPT']!, setting);
        expect(srpt.averageWaitingTime).toBeCloseTo(
          best(list, cluster, (m) => m.averageWaitingTime),
          9,
        );
      }),
      { numRuns: 40 },
    );
  });

  it('WSRPT gives the least weighted waiting time of all orders on one slot', () => {
    fc.assert(
      fc.property(tasks, (drawn) => {
        const list = build(drawn);
        const wsrpt = measure('h100_2gpu', list, NAMED_ORDERINGS['WSRPT']!, setting);
        expect(wsrpt.weightedWaitingTime).toBeCloseTo(
          best(list, 'h100_2gpu', (m) => m.weightedWaitingTime),
          9,
        );
      }),
      { numRuns: 40 },
    );
  });

  it('the score family contains the four rules', () => {
    fc.assert(
      fc.property(fc.array(randomTask, { minLength: 1, maxLength: 12 }), (drawn) => {
        const list = drawn.map((task, i) =>
          job(`t${i}`, task.prefillTokens + 1, 0, {
            ...task,
            prefillTokens: task.prefillTokens + 1,
            model: 'Qwen3',
            tp: 2,
            weight: task.weight + 1,
          }),
        );
        const score = (weight: number, size: number, age: number): Ordering => ({ kind: 'score', weight, size, age });
        const pairs = [
          [NAMED_ORDERINGS['FIFO']!, score(0, 0, 1)],
          [NAMED_ORDERINGS['WeightedFIFO']!, score(1, 0, 0)],
          [NAMED_ORDERINGS['SRPT']!, score(0, 1, 0)],
          [NAMED_ORDERINGS['WSRPT']!, score(1, 1, 0)],
        ] as const;
        for (const [rule, same] of pairs) {
          const [a, b] = [rule, same].map((ordering) => measure('h100_4gpu', list, ordering, { ...WORK, maxTime: 60 }));
          expect(b!.weightedWaitingTime).toBeCloseTo(a!.weightedWaitingTime, 9);
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe('what cannot run is refused', () => {
  const run = (cluster: string, task: Task, setting: Setting = {}) =>
    measure(cluster, [task], NAMED_ORDERINGS['FIFO']!, setting);
  it.each([
    [
      'more GPUs than there are',
      () => run('h100_4gpu', job('t', 1, 0, { model: 'Llama3-70B', tp: 8 })),
      /needs 8 GPUs, cluster h100_4gpu has 4/,
    ],
    [
      'weights larger than a GPU',
      () => run('h100_8gpu', job('t', 1, 0, { model: 'Llama3-70B', tp: 1 })),
      /needs 140 GB per GPU, the largest GPU of h100_8gpu has 80 GB/,
    ],
    [
      'too few GPUs with the memory',
      () => run('mixed_8gpu', job('t', 1, 0, { model: 'DeepSeek-R1', tp: 8 })),
      /needs 84 GB per GPU/,
    ],
    ['a step of 0', () => run('h100_8gpu', job('t', 1, 0), { dt: 0 }), /must be a number > 0, got 0/],
    ['no time', () => run('h100_8gpu', job('t', 1, 0), { maxTime: 0 }), /must be a number > 0, got 0/],
    ['a step beyond the end', () => run('h100_8gpu', job('t', 1, 0), { dt: 6 }), /must be ≤ max_time \(5\), got 6/],
    [
      'an endless number of steps',
      () => run('h100_8gpu', job('t', 1, 0), { dt: 1e-12 }),
      /use a larger step|steps, at most/,
    ],
  ])('%s', (_, body, message) => {
    expect(body).toThrow(message);
  });
});
