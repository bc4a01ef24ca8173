import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../../src/base/json.ts';
import { createClusterSimulator } from '../../../../src/simulators/cluster/cluster-simulator.ts';
import { type Measurement, type MeasureWindow, WHOLE_RUN } from '../../../../src/simulators/measurement.ts';

const CONFIG = {
  model: 'meta-llama/llama-3.1-8b-instruct',
  hardware: 'H100',
  tp: 2,
  latency_model: 'trained-physics',
  total_kv_blocks: 20_000,
  num_instances: 2,
  routing_policy: 'least-loaded',
} satisfies JsonObject;

const client = (sloClass: string, share: number) => ({
  id: sloClass,
  slo_class: sloClass,
  rate_fraction: share,
  arrival: { process: 'poisson' },
  input_distribution: { type: 'gaussian', params: { mean: 200, std_dev: 50, min: 16, max: 400 } },
  output_distribution: { type: 'exponential', params: { mean: 60 } },
});

const WORKLOAD = {
  version: '2',
  aggregate_rate: 100,
  num_requests: 1_000,
  clients: [client('critical', 0.3), client('sheddable', 0.7)],
};

function metrics(measurement: Measurement | null, workload: JsonObject = WORKLOAD, config: JsonObject = CONFIG) {
  const input = { config, workload, ...(measurement === null ? {} : { measurement }) };
  const result = createClusterSimulator().prepare(input).run({ seed: 5, fidelity: 1 });
  if (result.kind !== 'measured') throw new Error(result.reason);
  return result.metrics;
}

const windowed = (window: Partial<MeasureWindow>, more: Partial<Measurement> = {}) =>
  metrics({ ...WHOLE_RUN, window: { warmup: { share: 0 }, endS: null, drain: 'outside', ...window }, ...more });

const slo = {
  critical: { ttftMs: 40, tpotMs: 8, e2eMs: 0 },
  sheddable: { ttftMs: 30, tpotMs: 7, e2eMs: 0 },
};

describe('a measure window', () => {
  it('from the first arrival to the end of the run measures what a run without one does', () => {
    const without = metrics(null);
    const whole = windowed({ warmup: { seconds: 0 }, drain: 'inside' });
    for (const [name, value] of Object.entries(without)) expect(whole[name], name).toBeCloseTo(value, 8);
  });

  it('counts arrivals after the warm-up', () => {
    const { arrival_rate_rps: rate } = windowed({ warmup: { share: 0.3 } });
    expect(rate).toBeGreaterThan(85);
    expect(rate).toBeLessThan(115);
  });

  it('leaves the drain out of rates', () => {
    const burst = { ...WORKLOAD, aggregate_rate: 2_000 };
    const inside = metrics({ ...WHOLE_RUN, window: { warmup: { seconds: 0 }, endS: null, drain: 'inside' } }, burst);
    const outside = metrics({ ...WHOLE_RUN, window: { warmup: { seconds: 0 }, endS: null, drain: 'outside' } }, burst);
    expect(outside['ttft_p99_ms']).toBe(inside['ttft_p99_ms']);
    expect(outside['responses_per_sec']).toBeGreaterThan(1.2 * inside['responses_per_sec']!);
  });

  it('closes at a given second', () => {
    const first = windowed({ warmup: { seconds: 0 }, endS: 4 });
    const second = windowed({ warmup: { seconds: 4 }, endS: 8 });
    const both = windowed({ warmup: { seconds: 0 }, endS: 8 });
    expect(both['arrival_rate_rps']).toBeCloseTo((first['arrival_rate_rps']! + second['arrival_rate_rps']!) / 2, 1);
  });

  it('tells the drift between its halves: near 1 at steady load, above it in overload', () => {
    expect(windowed({ warmup: { share: 0.3 } })['ttft_p99_drift']).toBeLessThan(1.3);
    const overload = metrics({ ...WHOLE_RUN }, { ...WORKLOAD, aggregate_rate: 2_000 }, { ...CONFIG, max_num_seqs: 16 });
    expect(overload['ttft_p99_drift']).toBeGreaterThan(1.5);
  });

  it('that is empty is refused by name', () => {
    const result = createClusterSimulator().prepare({
      config: CONFIG,
      workload: WORKLOAD,
      measurement: { ...WHOLE_RUN, window: { warmup: { seconds: 500 }, endS: null, drain: 'outside' } },
    });
    const { kind, reason } = result.run({ seed: 5, fidelity: 1 }) as { kind: string; reason: string };
    expect(kind).toBe('infeasible');
    expect(reason).toMatch(/measure window is empty/);
  });
});

describe('targets of a study', () => {
  it('decide attainment by TTFT and time per output token, and the class where it is lowest', () => {
    const values = windowed({}, { slo });
    const shares = [values['slo_attainment[critical]']!, values['slo_attainment[sheddable]']!];
    expect(values['slo_attainment_min']).toBe(Math.min(...shares));
    expect(values['slo_attainment']).toBeGreaterThanOrEqual(Math.min(...shares));
    expect(values['slo_attainment']).toBeLessThanOrEqual(Math.max(...shares));
    const loose = windowed({}, { slo: { critical: { ttftMs: 1e6, tpotMs: 1e6, e2eMs: 0 } } });
    expect([loose['slo_attainment'], loose['slo_attainment_min']]).toEqual([1, 1]);
  });

  it('count a rejected request as missed', () => {
    const limited = {
      ...CONFIG,
      admission_policy: 'token-bucket',
      token_bucket_capacity: 5_000,
      token_bucket_refill_rate: 5_000,
    };
    const loose = { critical: { ttftMs: 1e6, tpotMs: 0, e2eMs: 0 }, sheddable: { ttftMs: 1e6, tpotMs: 0, e2eMs: 0 } };
    const values = metrics({ ...WHOLE_RUN, slo: loose }, WORKLOAD, limited);
    expect(values['completion_fraction']).toBeLessThan(0.9);
    expect(values['slo_attainment']).toBeCloseTo(values['completion_fraction']!, 10);
  });

  it('for a class without requests are refused', () => {
    const measurement = { ...WHOLE_RUN, slo: { premium: slo.critical } };
    expect(() => createClusterSimulator().prepare({ config: CONFIG, workload: WORKLOAD, measurement })).toThrow(
      /premium/,
    );
  });
});

describe('measured in detail', () => {
  it('a run reports every metric it announces, and those of before with the same values', () => {
    const measurement = { ...WHOLE_RUN, capacityRps: 200 };
    const prepared = createClusterSimulator().prepare({ config: CONFIG, workload: WORKLOAD, measurement });
    const result = prepared.run({ seed: 5, fidelity: 1 });
    if (result.kind !== 'measured') throw new Error(result.reason);
    expect(Object.keys(result.metrics)).toEqual(prepared.metrics.map(({ name }) => name));
    expect(result.metrics).toMatchObject(metrics(null));
    expect(result.metrics['load_fraction']).toBe(result.metrics['arrival_rate_rps']! / 200);
  });

  it('mean TPOT lies between the shortest step and the longest gap', () => {
    const values = metrics(WHOLE_RUN);
    expect(values['tpot_mean_ms']).toBeGreaterThan(1);
    expect(values['tpot_p99_ms']).toBeLessThanOrEqual(values['longest_gap_ms']!);
    expect(values['longest_gap_p99_ms']).toBeLessThanOrEqual(values['longest_gap_ms']!);
    expect(values['tenth_token_p99_ms']).toBeGreaterThan(values['ttft_p99_ms']!);
  });
});
