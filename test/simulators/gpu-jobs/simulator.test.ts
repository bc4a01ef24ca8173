import { describe, expect, it } from 'vitest';
import { InputError } from '../../../src/base/errors.ts';
import type { Json } from '../../../src/base/json.ts';
import { createSimulator } from '../../../src/simulators/registry.ts';
import type { SimulationResult } from '../../../src/simulators/simulator.ts';

const simulator = await createSimulator('gpu-jobs');
const run = (config: Json, workload: Json, seed = 1): SimulationResult =>
  simulator.prepare({ config, workload }).run({ seed, fidelity: 1 });

const TOKEN = { engine: 'token', cluster: 'h100_2gpu', perf: 'roofline' };
const CHAT = { generate: { count: 40, prefill: 200, decode: 20, models: { 'Llama3-8B': 1 } } };

describe('gpu-jobs as a simulator', () => {
  it('measures every metric that it declares, as finite numbers, and repeats itself to the bit', () => {
    for (const [config, workload] of [
      [{ ordering: 'SRPT' }, 'discriminating'],
      [TOKEN, CHAT],
    ] as const) {
      const prepared = simulator.prepare({ config, workload });
      const [first, again, other] = [1, 1, 2].map((seed) => prepared.run({ seed, fidelity: 1 }));
      expect(first).toEqual(again);
      if (config === TOKEN) expect(other).not.toEqual(first);
      if (first?.kind !== 'measured') throw new Error('nothing measured');
      expect(Object.keys(first.metrics)).toEqual(prepared.metrics.map(({ name }) => name));
      expect(Object.values(first.metrics).every(Number.isFinite)).toBe(true);
    }
  });

  it('is work-conserving unless told otherwise', () => {
    const weighted = (config: Json) => {
      const result = run(config, 'discriminating');
      return result.kind === 'measured' ? result.metrics['weighted_waiting_time'] : Number.NaN;
    };
    expect(weighted({ ordering: 'WSRPT' })).toBeCloseTo(102, 9);
    expect(weighted({ ordering: 'WSRPT', slot_rule: 'legacy' })).toBeCloseTo(108.04, 9);
  });

  it('no KV memory left is infeasible, not an error', () => {
    expect(run({ ...TOKEN, gpu_memory_utilization: 0.1 }, CHAT)).toMatchObject({
      kind: 'infeasible',
      reason: expect.stringContaining('no KV memory left'),
    });
  });

  it.each<[string, Json, Json, (string | number)[], RegExp]>([
    ['an unknown key', { orderng: 'FIFO' }, 'low', ['config', 'orderng'], /unknown key/],
    ['a key of the other engine', { perf: 'db' }, 'low', ['config', 'perf'], /belongs to the token engine/],
    ['an unknown ordering', { ordering: 'LIFO' }, 'low', ['config', 'ordering'], /unknown algorithm "LIFO"/],
    ['a negative weight of age', { ordering: { age: -1 } }, 'low', ['config', 'ordering', 'age'], /≥ 0, got -1/],
    ['a fractional batch', { ...TOKEN, max_batch_size: 1.5 }, CHAT, ['config', 'max_batch_size'], /integer/],
    [
      'an unknown GPU',
      { cluster: { groups: [{ gpu: 'H200' }] } },
      'low',
      ['config', 'cluster', 'groups', 0, 'gpu'],
      /unknown GPU "H200"/,
    ],
    ['a step beyond the end', { dt: 9 }, 'discriminating', ['config', 'dt'], /must be ≤ max_time/],
    ['a task too large', { cluster: 'a30_1gpu' }, 'discriminating', ['workload', 'tasks', 0], /needs 2 GPUs/],
    [
      'a model without an instance',
      { ...TOKEN, placement: [{ model: 'Qwen3' }] },
      { tasks: [{ model: 'Llama3-8B', tokens: 1 }] },
      ['config', 'placement'],
      /no instance serves/,
    ],
  ])('refuses %s, with its path', (_, config, workload, path, message) => {
    try {
      simulator.prepare({ config, workload });
    } catch (error) {
      expect(error).toBeInstanceOf(InputError);
      expect((error as InputError).path).toEqual(path);
      expect((error as InputError).message).toMatch(message);
      return;
    }
    throw new Error('nothing was refused');
  });
});
