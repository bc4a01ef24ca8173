import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../../src/base/json.ts';
import { createClusterSimulator } from '../../../src/simulators/cluster/cluster-simulator.ts';

const CONFIG = {
  model: 'meta-llama/llama-3.1-8b-instruct',
  hardware: 'H100',
  tp: 2,
  latency_model: 'roofline',
  total_kv_blocks: 20_000,
  num_instances: 2,
  routing_policy: 'weighted',
  routing_scorers: 'prefix-affinity:3,queue-depth:2',
} satisfies JsonObject;

const client = (sloClass: string, share: number) => ({
  id: sloClass,
  slo_class: sloClass,
  rate_fraction: share,
  arrival: { process: 'poisson' },
  prefix_group: 'system',
  prefix_length: 64,
  input_distribution: { type: 'gaussian', params: { mean: 200, std_dev: 50, min: 16, max: 400 } },
  output_distribution: { type: 'exponential', params: { mean: 60 } },
});

const WORKLOAD = {
  aggregate_rate: 300,
  num_requests: 200,
  clients: [client('critical', 0.3), client('sheddable', 0.7)],
};

function run(config: Json, workload: Json = WORKLOAD, context = { seed: 1, fidelity: 1 }) {
  const result = createClusterSimulator().prepare({ config, workload }).run(context);
  if (result.kind !== 'measured') throw new Error(result.reason);
  return result.metrics;
}

describe('cluster simulator', () => {
  it('reports every metric it announces, all finite', () => {
    const prepared = createClusterSimulator().prepare({ config: CONFIG, workload: WORKLOAD });
    const result = prepared.run({ seed: 3, fidelity: 1 });
    if (result.kind !== 'measured') throw new Error(result.reason);
    expect(Object.keys(result.metrics)).toEqual(prepared.metrics.map((metric) => metric.name));
    for (const [name, value] of Object.entries(result.metrics)) expect(value, name).toSatisfy(Number.isFinite);
    expect(new Set(Object.keys(result.metrics)).size).toBe(prepared.metrics.length);
  });

  it('gives the same metrics for the same seed, on one object or another, and others for another seed', () => {
    const prepared = createClusterSimulator().prepare({ config: CONFIG, workload: WORKLOAD });
    const again = prepared.run({ seed: 7, fidelity: 1 });
    expect(prepared.run({ seed: 7, fidelity: 1 })).toEqual(again);
    expect(again.kind === 'measured' && again.metrics).toEqual(run(CONFIG, WORKLOAD, { seed: 7, fidelity: 1 }));
    expect(run(CONFIG, WORKLOAD, { seed: 8, fidelity: 1 })).not.toEqual(
      run(CONFIG, WORKLOAD, { seed: 7, fidelity: 1 }),
    );
  });

  it('takes nothing over from the run before, whose memory it uses', () => {
    const simulator = createClusterSimulator();
    const pressed = { ...CONFIG, total_kv_blocks: 300 };
    for (const [config, seed, fidelity] of [
      [pressed, 1, 1],
      [{ ...pressed, kv_cpu_blocks: 100 }, 2, 1],
      [CONFIG, 1, 0.5],
      [pressed, 1, 1],
    ] as const) {
      const result = simulator.prepare({ config, workload: WORKLOAD }).run({ seed, fidelity });
      expect(result.kind === 'measured' && result.metrics).toEqual(run(config, WORKLOAD, { seed, fidelity }));
    }
  });

  it('meets the same workload under every configuration', () => {
    const simulator = createClusterSimulator();
    const totals = ['round-robin', 'least-loaded', 'weighted'].map((routing_policy) => {
      const result = simulator
        .prepare({ config: { ...CONFIG, routing_policy }, workload: WORKLOAD })
        .run({ seed: 5, fidelity: 1 });
      if (result.kind !== 'measured') throw new Error(result.reason);
      const { classes } = result.diagnostics as unknown as {
        classes: Record<string, { arrived: number; completed: number }>;
      };
      return Object.entries(classes).map(([name, { arrived, completed }]) => ({ name, arrived, completed }));
    });
    expect(totals[1]).toEqual(totals[0]);
    expect(totals[2]).toEqual(totals[0]);
  });

  it('simulates a share of the workload at low fidelity', () => {
    const { metrics } = { metrics: run(CONFIG, WORKLOAD, { seed: 1, fidelity: 0.25 }) };
    expect(metrics['completion_fraction']).toBe(1);
    const result = createClusterSimulator()
      .prepare({ config: CONFIG, workload: WORKLOAD })
      .run({ seed: 1, fidelity: 0.25 });
    const classes = (result as unknown as { diagnostics: { classes: Record<string, { arrived: number }> } }).diagnostics
      .classes;
    expect(Object.values(classes).reduce((sum, one) => sum + one.arrived, 0)).toBe(50);
  });

  it('does not let a class that is shut out look fast or fairly served', () => {
    const open = run(CONFIG);
    const shut = run({
      ...CONFIG,
      admission: { policy: 'tier-shed', tier_shed_threshold: 0, tier_shed_min_priority: 3 },
    });
    expect(shut['completion_fraction[sheddable]']!).toBeLessThan(0.3);
    expect(shut['completion_fraction[critical]']).toBe(1);
    expect(shut['fairness_jain']!).toBeLessThan(open['fairness_jain']!);
    const long = { ...client('sheddable', 0.7), input_distribution: { type: 'constant', params: { value: 900 } } };
    const starved = run({ ...CONFIG, max_model_len: 800 }, { ...WORKLOAD, clients: [client('critical', 0.3), long] });
    expect(starved['completion_fraction[sheddable]']).toBe(0);
    expect(starved['ttft_p99_ms[sheddable]']!).toBeGreaterThan(starved['e2e_p99_ms[critical]']!);
    expect(starved['fairness_jain']).toBe(0.5);
  });

  it('adds goodput metrics exactly when targets are known', () => {
    const names = (config: Json, workload: Json) =>
      createClusterSimulator()
        .prepare({ config, workload })
        .metrics.map((metric) => metric.name);
    expect(names(CONFIG, WORKLOAD)).not.toContain('goodput_rps');
    expect(names({ ...CONFIG, slo_ttft: 'critical=50ms' }, WORKLOAD)).toContain('goodput_rps[critical]');
    expect(names(CONFIG, { ...WORKLOAD, goodput_slo_targets: { critical: { ttft_ms: 50 } } })).toContain(
      'slo_attainment',
    );
    const tight = run({ ...CONFIG, slo_ttft: { critical: 0.001 } });
    expect([tight['slo_attainment'], tight['goodput_rps[critical]'], tight['goodput_rps[sheddable]']]).toEqual([
      0,
      0,
      undefined,
    ]);
  });

  it('lets policy modules add scorers, with settings from the configuration', () => {
    const seen: unknown[] = [];
    const create = (settings: JsonObject) => {
      seen.push(settings);
      return {
        scorers: {
          'first-only': { score: (_: unknown, all: readonly unknown[]) => all.map((_, i) => (i === 0 ? 1 : 0)) },
        },
      };
    };
    const result = createClusterSimulator()
      .prepare({
        config: { ...CONFIG, routing_scorers: { 'first-only': 1 }, policy: { alpha: 0.5 } },
        workload: WORKLOAD,
        policies: [{ file: 'p.ts', create }],
      })
      .run({ seed: 1, fidelity: 1 });
    const instances = (result as unknown as { diagnostics: { instances: { completed: number }[] } }).diagnostics
      .instances;
    expect(instances.map((one) => one.completed)).toEqual([200, 0]);
    expect(seen).toEqual([{ alpha: 0.5 }, { alpha: 0.5 }]);
  });

  it('is infeasible where memory does not suffice, or nothing completes', () => {
    const { total_kv_blocks: _, ...withoutBlocks } = CONFIG;
    const outcome = (config: Json) =>
      createClusterSimulator().prepare({ config, workload: WORKLOAD }).run({ seed: 1, fidelity: 1 });
    expect(outcome({ ...withoutBlocks, model: 'meta-llama/llama-3.1-70b-instruct', tp: 1 })).toMatchObject({
      kind: 'infeasible',
    });
    expect(outcome({ ...CONFIG, admission_policy: 'reject-all' })).toEqual({
      kind: 'infeasible',
      reason: 'no request completed',
    });
  });

  it('is infeasible where requests block each other for ever', () => {
    const traffic = (id: string, share: number, process: string, prefix: number, outputs: number) => ({
      id,
      slo_class: 'standard',
      rate_fraction: share,
      arrival: { process, cv: 2 },
      ...(prefix > 0 ? { prefix_group: `g${prefix}`, prefix_length: prefix } : {}),
      input_distribution: { type: 'gaussian', params: { mean: 200, std_dev: 50, min: 1, max: 600 } },
      output_distribution: { type: 'exponential', params: { mean: outputs } },
    });
    const workload = {
      aggregate_rate: 300,
      num_requests: 150,
      clients: [
        traffic('A', 0.2, 'poisson', 64, 40),
        traffic('B', 0.5, 'gamma', 200, 40),
        traffic('C', 0.3, 'poisson', 0, 4),
      ],
    };
    const config = {
      model: 'qwen/qwen3-14b',
      total_kv_blocks: 120,
      kv_cpu_blocks: 1000,
      num_instances: 5,
      scheduler: 'reverse-priority',
      max_num_batched_tokens: 256,
      max_num_seqs: 4,
      prefill_instances: 1,
      decode_instances: 3,
      pd_decider: 'always',
      pd_transfer_contention: true,
    };
    const result = createClusterSimulator().prepare({ config, workload }).run({ seed: 284, fidelity: 1 });
    expect(result).toMatchObject({
      kind: 'infeasible',
      reason: expect.stringMatching(/^cannot progress: \d+ requests/),
    });
  });

  it('does not let requests that are lost between prefill and decode look fast', () => {
    const length = (value: number) => ({ type: 'constant', params: { value } });
    const workload = {
      aggregate_rate: 30,
      num_requests: 60,
      clients: [
        {
          id: 'a',
          rate_fraction: 1,
          arrival: { process: 'poisson' },
          input_distribution: length(300),
          output_distribution: length(40),
        },
      ],
    };
    const measured = (blocks: number) => {
      const config = {
        model: 'qwen/qwen3-14b',
        num_instances: 2,
        prefill_instances: 1,
        decode_instances: 1,
        pd_decider: 'always',
        total_kv_blocks: blocks,
      };
      const result = createClusterSimulator().prepare({ config, workload }).run({ seed: 1, fidelity: 1 });
      if (result.kind !== 'measured') throw new Error(result.reason);
      return result.metrics;
    };
    const [tight, ample] = [measured(140), measured(8000)];
    expect(tight['completion_fraction']).toBeLessThan(0.8);
    expect(tight['e2e_mean_ms']).toBeGreaterThan(0.95 * ample['e2e_mean_ms']!);
    expect(tight['ttft_mean_ms']).toBeGreaterThan(ample['ttft_mean_ms']!);
  });

  it.each<[Json, Json, (string | number)[]]>([
    [{ ...CONFIG, scheduler: 'x' }, WORKLOAD, ['config', 'scheduler']],
    [CONFIG, { ...WORKLOAD, clints: [] }, ['workload', 'clints']],
    [CONFIG, { ...WORKLOAD, num_requests: 0 }, ['workload', 'num_requests']],
    [{ ...CONFIG, policy: 3 }, WORKLOAD, ['config', 'policy']],
    [{ ...CONFIG, routing_scorers: { nope: 1 } }, WORKLOAD, ['config', 'routing_scorers', 'nope']],
  ])('refuses bad input at prepare, with its path: %#', (config, workload, path) => {
    expect(() => createClusterSimulator().prepare({ config, workload })).toThrow(expect.objectContaining({ path }));
  });
});
