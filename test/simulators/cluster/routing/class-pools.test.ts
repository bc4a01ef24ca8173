import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../../src/base/json.ts';
import { createClusterSimulator } from '../../../../src/simulators/cluster/cluster-simulator.ts';
import { resolveStrategyConfig } from '../../../../src/simulators/cluster/settings/config.ts';

const CONFIG = {
  model: 'meta-llama/llama-3.1-8b-instruct',
  hardware: 'H100',
  tp: 2,
  latency_model: 'roofline',
  total_kv_blocks: 20_000,
  num_instances: 5,
  routing_policy: 'weighted',
  routing_scorers: 'active-requests:1',
} satisfies JsonObject;

const client = (sloClass: string, share: number) => ({
  id: sloClass,
  slo_class: sloClass,
  rate_fraction: share,
  arrival: { process: 'poisson' },
  input_distribution: { type: 'constant', params: { value: 100 } },
  output_distribution: { type: 'constant', params: { value: 40 } },
});

const run = (config: JsonObject, classes: readonly string[]) => {
  const workload = {
    version: '2',
    aggregate_rate: 400,
    num_requests: 200,
    clients: classes.map((name) => client(name, 1 / classes.length)),
  };
  const result = createClusterSimulator().prepare({ config, workload }).run({ seed: 3, fidelity: 1 });
  if (result.kind !== 'measured') throw new Error(result.reason);
  return result;
};

const completed = (result: ReturnType<typeof run>) =>
  (result.diagnostics!['instances'] as { completed: number }[]).map((one) => one.completed);

describe('pools by class', () => {
  const pools = { critical: { instances: 1 }, standard: {}, sheddable: { instances: 2, max_num_seqs: 1 } };

  it('serve their own class alone, side by side in the order of the section', () => {
    const config = { ...CONFIG, class_pools: pools };
    for (const [sloClass, served] of [
      ['critical', [0]],
      ['standard', [1, 2]],
      ['sheddable', [3, 4]],
    ] as const) {
      const counts = completed(run(config, [sloClass]));
      expect(counts.flatMap((count, index) => (count > 0 ? [index] : []))).toEqual(served);
      expect(counts.reduce((sum, count) => sum + count, 0)).toBe(200);
    }
  });

  it('leave classes that are not named to every instance', () => {
    expect(completed(run({ ...CONFIG, class_pools: pools }, ['batch'])).every((count) => count > 0)).toBe(true);
  });

  it('have slots of their own: one at a time waits longer than all at once', () => {
    const slow = run({ ...CONFIG, class_pools: pools }, ['sheddable']).metrics['ttft_p99_ms']!;
    const fast = run({ ...CONFIG, class_pools: { ...pools, sheddable: { instances: 2 } } }, ['sheddable']).metrics;
    expect(slow).toBeGreaterThan(3 * fast['ttft_p99_ms']!);
  });

  it('cannot be more than there are instances: such a vector is infeasible, others are errors of the file', () => {
    const of = (section: JsonObject, more: JsonObject = {}) =>
      resolveStrategyConfig({ ...CONFIG, ...more, class_pools: section });
    expect(of({ critical: { instances: 5 }, standard: {} }).kind).toBe('infeasible');
    expect(of({ critical: { instances: 6 } }).kind).toBe('infeasible');
    expect(() => of({ critical: { instances: 2 } })).toThrow(/5 instances together, got 2/);
    expect(() => of({ critical: {}, standard: {} })).toThrow(/missing here and in critical/);
    expect(() => of({ critical: { slots: 2 } })).toThrow(/slots/);
    expect(() => of(pools, { prefill_instances: 1, decode_instances: 4 })).toThrow(/prefill and decode/);
  });
});
