import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json } from '../../../src/base/json.ts';
import { type GeneratorSpec, generateTasks } from '../../../src/simulators/gpu-jobs/generator.ts';
import { findGpu } from '../../../src/simulators/gpu-jobs/gpu-catalog.ts';
import { findModel } from '../../../src/simulators/gpu-jobs/model-catalog.ts';
import { NAMED_ORDERINGS } from '../../../src/simulators/gpu-jobs/ordering.ts';
import { kvCapacityBlocks } from '../../../src/simulators/gpu-jobs/placement.ts';
import type { Task } from '../../../src/simulators/gpu-jobs/task.ts';
import { simulateTokens } from '../../../src/simulators/gpu-jobs/token-engine.ts';
import type { TokenInstance } from '../../../src/simulators/gpu-jobs/token-instance.ts';
import type { Iteration } from '../../../src/simulators/gpu-jobs/token-iteration.ts';
import type { TokenResult } from '../../../src/simulators/gpu-jobs/token-log.ts';
import { tokenMetrics } from '../../../src/simulators/gpu-jobs/token-metrics.ts';
import { job, tokenConfig } from './token-cases.ts';

/** Blocks are conserved, no task holds too few, and the batch respects its limits. */
function checkInvariants(limits: { readonly batch: number; readonly budget: number }) {
  const demand = (holds: boolean, rule: string): void => {
    if (!holds) throw new Error(rule);
  };
  return (instance: TokenInstance, { decode, prefill, load }: Iteration): void => {
    const { pool, blockSize } = instance.memory;
    demand(pool.used + pool.cached + pool.free === pool.total, 'blocks are conserved');
    const active = instance.running.filter(({ stage }) => stage === 'prefill' || stage === 'decode');
    demand(new Set(active.flatMap(({ blocks }) => blocks)).size === pool.used, 'used blocks are held by running tasks');
    for (const state of active) {
      const stored = state.stage === 'decode' ? state.task.prefillTokens + state.generated : state.computed;
      demand(state.blocks.length * blockSize >= stored, 'a task holds blocks for all its tokens');
    }
    demand(active.length <= limits.batch, 'the batch is within its limit');
    demand(load.prefillTokens + load.decodeBatch <= limits.budget, 'tokens are within the budget');
    demand(new Set([...decode, ...prefill]).size === decode.length + prefill.length, 'a task does one thing at a time');
  };
}

function expectAllReturned({ instances }: TokenResult): void {
  for (const { memory, outstanding } of instances) {
    expect([memory.pool.used, memory.pool.available, outstanding]).toEqual([0, memory.pool.total, 0]);
  }
}

describe('KV capacity', () => {
  const blocks = (keys: Readonly<Record<string, Json>>, gpu: string, model: string, tp: number) =>
    kvCapacityBlocks(tokenConfig(keys), { gpu: findGpu(gpu), model: findModel(model), tp });

  it('is what the weights leave of the usable memory', () => {
    // (80·0.9 − 16) GB / (131072 B · 16 tokens)
    expect(blocks({}, 'H100', 'Llama3-8B', 1)).toBe(Math.floor(56e9 / (131_072 * 16)));
    // 4 · (80·0.9 − 35) GB over four GPUs
    expect(blocks({}, 'H100', 'Llama3-70B', 4)).toBe(Math.floor(148e9 / (327_680 * 16)));
  });

  it('the short formula of the seed document lacks the layers', () => {
    const short = blocks({ kv_formula: 'single-layer' }, 'H100', 'Llama3-8B', 1);
    expect(short).toBe(Math.floor(56e9 / (4096 * 2 * 2 * 16)));
  });
});

describe('prefix cache', () => {
  const shared = { prefix: 'system', prefixTokens: 256 };
  const computed = ({ instances }: TokenResult): number => instances[0]!.counters.prefillTokens;

  it('full blocks of a prefix are computed once; the rest of each prompt always', () => {
    const tasks = [job('a', 300, 2, shared), job('b', 300, 2, { ...shared, arrival: 1 })];
    expect(computed(simulateTokens(tokenConfig(), tasks))).toBe(300 + 44);
    expect(computed(simulateTokens(tokenConfig({ prefix_cache: false }), tasks))).toBe(600);
  });

  it('the last prompt token is computed even when the whole prompt is cached', () => {
    const tasks = [job('a', 256, 2, shared), job('b', 256, 2, { ...shared, arrival: 1 })];
    const result = simulateTokens(tokenConfig(), tasks);
    expect(computed(result)).toBe(256 + 16);
    expect(tokenMetrics(result).prefixHitRate).toBeCloseTo(240 / 512, 12);
  });

  it('a partial block is not shared, another prefix is not confused with it', () => {
    const partial = { prefix: 'p', prefixTokens: 40 };
    const tasks = [
      job('a', 64, 1, partial),
      job('b', 64, 1, { ...partial, arrival: 1 }),
      job('c', 64, 1, { prefix: 'q', prefixTokens: 40, arrival: 2 }),
    ];
    expect(computed(simulateTokens(tokenConfig(), tasks))).toBe(64 + 32 + 64);
  });

  it('tasks that run together share blocks instead of copies', () => {
    const tasks = [job('a', 256, 100, shared), job('b', 272, 100, { ...shared, arrival: 0.3 })];
    const result = simulateTokens(tokenConfig({ kv_blocks: 100 }), tasks);
    // 16 shared blocks; 7 own blocks for a's output, 8 for b's last prompt block and output.
    expect(result.instances[0]!.memory.counters.peakUsed).toBeLessThanOrEqual(16 + 7 + 8);
    expectAllReturned(result);
  });

  it('evicts the prefix that was used longest ago when memory is short', () => {
    const prefixed = (id: string, prefix: string, arrival: number) =>
      job(id, 160, 1, { prefix, prefixTokens: 160, arrival });
    // 22 blocks hold two prefixes of 10; the third evicts 9 blocks of the older, its second user the last one.
    const tasks = [prefixed('a', 'x', 0), prefixed('b', 'y', 1), prefixed('c', 'z', 2), prefixed('d', 'y', 3)];
    const result = simulateTokens(tokenConfig({ kv_blocks: 22 }), tasks);
    expect(result.instances[0]!.memory.pool.evictions).toBe(10);
    expect(computed(result)).toBe(160 * 3 + 16);
  });
});

describe('memory pressure', () => {
  it('under FIFO the latest arrival is preempted first', () => {
    const tasks = [0, 1, 2].map((i) => job(`t${i}`, 200, 300, { arrival: i / 100 }));
    const result = simulateTokens(tokenConfig({ kv_blocks: 64 }), tasks);
    const counts = result.tasks.map(({ preemptions }) => preemptions);
    expect(counts[0]).toBe(0);
    expect(counts[2]).toBeGreaterThan(0);
    expect(result.tasks.every(({ stage, generated }) => stage === 'done' && generated === 300)).toBe(true);
  });

  it('swapping keeps what was computed and pays for the transfer twice', () => {
    const tasks = [job('a', 400, 200), job('b', 400, 200)];
    const result = simulateTokens(tokenConfig({ kv_blocks: 64, preempt_mode: 'swap', pcie_gbps: 25 }), tasks);
    const { counters } = result.instances[0]!;
    expect([counters.preemptions, counters.recomputedTokens]).toEqual([1, 0]);
    expect(counters.swappedBytes).toBe(2 * 512 * 131_072);
    // b waits until a is done, comes back and decodes its last 88 tokens.
    const transfer = (512 * 131_072) / 25e9;
    expect(result.tasks[0]!.completion).toBeCloseTo(0.8398 + transfer, 9);
    expect(result.tasks[1]!.completion).toBeCloseTo(0.8398 + 2 * transfer + 88 * 0.0002, 9);
  });

  it('a prompt that never fits is rejected with a reason, and so is a context that outgrows the memory', () => {
    const tasks = [job('huge', 2000, 5), job('growing', 100, 2000), job('fine', 100, 5)];
    const result = simulateTokens(tokenConfig({ kv_blocks: 32 }), tasks);
    expect(result.tasks.map(({ stage }) => stage)).toEqual(['rejected', 'rejected', 'done']);
    expect(result.tasks[0]!.rejection).toMatch(/prompt of 2000 tokens never fits 32 KV blocks/);
    expect(result.tasks[1]!.rejection).toMatch(/outgrew the KV memory/);
    expect(tokenMetrics(result)).toMatchObject({ rejectedCount: 2, completedCount: 1 });
    expectAllReturned(result);
  });
});

describe('preemption at token boundaries', () => {
  const tasks = [job('long', 4000, 100), job('short', 100, 10, { arrival: 0.3, weight: 10 })];
  const run = (keys: Readonly<Record<string, Json>>, name = 'SRPT') =>
    simulateTokens(tokenConfig({ max_batch_size: 1, ...keys }, NAMED_ORDERINGS[name]!), tasks);

  it('a clearly better task displaces the running one at the end of its iteration', () => {
    const result = run({ preempt: true });
    expect(result.tasks[1]!.start).toBeCloseTo(0.512, 12);
    expect(result.tasks[0]!.preemptions).toBe(1);
    expect(result.instances[0]!.counters.recomputedTokens).toBe(512);
    expect(run({}).tasks[0]!.preemptions).toBe(0);
  });

  it('not when the margin is not met, the limit is used up, or under FIFO', () => {
    expect(run({ preempt: true, preempt_margin: 1000 }).tasks[0]!.preemptions).toBe(0);
    expect(run({ preempt: true, max_preempt_per_task: 0 }).tasks[0]!.preemptions).toBe(0);
    expect(run({ preempt: true }, 'FIFO').tasks[0]!.preemptions).toBe(0);
    expect(run({ preempt: true }, 'WSRPT').tasks[0]!.preemptions).toBe(1);
    expect(run({ preempt: true }, 'WeightedFIFO').tasks[0]!.preemptions).toBe(1);
  });

  it('not when both fit', () => {
    expect(run({ preempt: true, max_batch_size: 2 }).tasks[0]!.preemptions).toBe(0);
  });

  it('also when the token budget is what keeps the better task out', () => {
    const keys = { max_batch_size: 32, max_num_batched_tokens: 512, prefill_chunk: 512 };
    const firstToken = (preempt: boolean) => run({ ...keys, preempt }).tasks[1]!.firstToken;
    expect(firstToken(false)).toBeGreaterThan(4);
    // At 0.512 s the first chunk of the long prompt ends; 100 tokens take 0.1 s.
    expect(firstToken(true)).toBeCloseTo(0.612, 12);
    // With smaller chunks the budget leaves room for both.
    expect(run({ ...keys, prefill_chunk: 256, preempt: true }).tasks[0]!.preemptions).toBe(0);
  });

  const shared = { prefix: 'p', prefixTokens: 256 };
  it.each<[string, Record<string, unknown>, readonly Task[]]>([
    // At 0.0208 s 40 blocks are 15 for each running task and 10 free; waits needs 25, stays its sixteenth.
    [
      'their next block',
      { kv_blocks: 40, block_size: 1 },
      [job('stays', 10, 20, { weight: 9 }), job('light', 10, 10), job('waits', 24, 2, { arrival: 0.0207, weight: 5 })],
    ],
    // 16 of the 18 blocks of the light task are those of the prefix, which both hold.
    [
      'shared blocks',
      { kv_blocks: 34 },
      [
        job('stays', 272, 200, { ...shared, weight: 9 }),
        job('light', 272, 10, { ...shared, arrival: 0.273 }),
        job('waits', 400, 2, { arrival: 0.275, weight: 5 }),
      ],
    ],
    // The prefill that stays takes every token that the light task gives up.
    [
      'the last tokens',
      { max_num_batched_tokens: 3, max_batch_size: 2 },
      [
        job('light', 1, 15),
        job('stays', 60, 5, { arrival: 0.0005, weight: 9 }),
        job('waits', 2, 2, { arrival: 0.003, weight: 5 }),
      ],
    ],
  ])('not when the tasks that stay take the room: %s', (_, settings, list) => {
    const weighted = NAMED_ORDERINGS['WeightedFIFO']!;
    const result = simulateTokens(tokenConfig({ ...settings, preempt: true }, weighted), list);
    expect(result.tasks.map(({ displacements, stage }) => [displacements, stage])).toEqual(Array(3).fill([0, 'done']));
  });
});

describe('conservation', () => {
  const task = fc.record({
    prefillTokens: fc.integer({ min: 0, max: 300 }),
    decodeTokens: fc.integer({ min: 0, max: 120 }),
    arrival: fc.integer({ min: 0, max: 10 }).map((n) => n / 10),
    weight: fc.integer({ min: 1, max: 9 }),
    prefix: fc.constantFrom(null, 'p', 'q'),
  });
  const keys = fc.record({
    kv_blocks: fc.integer({ min: 28, max: 90 }),
    max_batch_size: fc.integer({ min: 1, max: 6 }),
    max_num_batched_tokens: fc.integer({ min: 1, max: 300 }),
    prefill_chunk: fc.integer({ min: 1, max: 300 }),
    preempt: fc.boolean(),
    preempt_margin: fc.constantFrom(0, 0.2),
    preempt_mode: fc.constantFrom('recompute', 'swap'),
    prefix_cache: fc.boolean(),
    allow_skip: fc.boolean(),
    arrival_window: fc.constantFrom(0, 0.15),
  });

  it('holds for blocks, tokens and tasks under any settings, ordering and preemption', () => {
    fc.assert(
      fc.property(
        fc.array(task, { minLength: 1, maxLength: 12 }),
        keys,
        fc.constantFrom(...Object.values(NAMED_ORDERINGS)),
        (drawn, settings, ordering) => {
          const tasks: Task[] = drawn.map((each, i) =>
            job(`t${i}`, each.prefillTokens, each.decodeTokens, {
              ...each,
              prefixTokens: each.prefix === null ? 0 : 100,
            }),
          );
          const limits = { batch: settings.max_batch_size, budget: settings.max_num_batched_tokens };
          const result = simulateTokens(tokenConfig(settings, ordering), tasks, {
            onIteration: checkInvariants(limits),
          });
          expectAllReturned(result);
          // 28 blocks hold the largest context, so nothing is rejected and everything ends.
          for (const state of result.tasks) {
            expect(state.stage).toBe('done');
            expect(state.generated).toBe(state.task.decodeTokens);
            expect(state.start).toBeGreaterThanOrEqual(state.task.arrival);
            expect(state.completion).toBeGreaterThanOrEqual(state.start);
          }
          const prompts = tasks.reduce((sum, { prefillTokens }) => sum + prefillTokens, 0);
          const { counters, memory } = result.instances[0]!;
          if (counters.preemptions === 0) expect(counters.prefillTokens + memory.counters.hitTokens).toBe(prompts);
        },
      ),
      { numRuns: 100 },
    );
  });

  it('survives 2000 tasks in batches of 256 under memory pressure', () => {
    const uniform = (min: number, max: number) => ({ kind: 'uniform', min, max }) as const;
    const spec: GeneratorSpec = {
      count: 2000,
      arrivals: { kind: 'uniform', start: 0, end: 5 },
      prefill: uniform(64, 1024),
      decode: uniform(16, 128),
      weights: uniform(1, 10),
      models: { 'Llama3-8B': 1 },
      phases: 'both',
      prefillShare: 1,
      prefixes: { groups: 5, tokens: 128, share: 0.5 },
    };
    const tasks = generateTasks(spec, 42);
    const config = tokenConfig(
      { perf: 'roofline', max_batch_size: 256, max_num_batched_tokens: 8192, kv_blocks: 6000 },
      NAMED_ORDERINGS['WSRPT']!,
    );
    const conserved = (instance: TokenInstance): void => {
      const { pool } = instance.memory;
      if (pool.used + pool.cached + pool.free !== pool.total) throw new Error('blocks were lost');
      if (instance.running.length > 256) throw new Error('batch too large');
    };
    const result = simulateTokens(config, tasks, { onIteration: conserved });
    expect(tokenMetrics(result)).toMatchObject({ completedCount: 2000, completionRate: 1 });
    expect(result.instances[0]!.counters.preemptions).toBeGreaterThan(0);
    expectAllReturned(result);
  });
});
