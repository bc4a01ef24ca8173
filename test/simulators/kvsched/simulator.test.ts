import { describe, expect, it } from 'vitest';
import { formatPath, InputError } from '../../../src/base/errors.ts';
import type { Json, JsonObject } from '../../../src/base/json.ts';
import { simulate } from '../../../src/simulators/kvsched/simulate.ts';
import { createSimulator } from '../../../src/simulators/registry.ts';
import type { SimulationResult } from '../../../src/simulators/simulator.ts';
import { loadScenario, run, scenarioDocument, settingsFor } from './scenario-files.ts';

const simulator = await createSimulator('kvsched');

function metrics(config: Json, workload: Json, seed = 0, fidelity = 1): Readonly<Record<string, number>> {
  const result: SimulationResult = simulator.prepare({ config, workload }).run({ seed, fidelity });
  if (result.kind !== 'measured') throw new Error(result.reason);
  return result.metrics;
}

function placeOf(config: Json, workload: Json): string {
  try {
    simulator.prepare({ config, workload }).run({ seed: 0, fidelity: 1 });
  } catch (error) {
    if (error instanceof InputError) return formatPath(error.path);
    throw error;
  }
  return '';
}

const S4 = scenarioDocument('S4_network_scan') as JsonObject;
const POLICY = { enable_overlap: false };

describe('the kvsched backend', () => {
  it('measures what the tick simulator measures', () => {
    for (const fidelity of ['wired', 'legacy'] as const) {
      expect(metrics({ scheduler: 'kv_heuristic', policy: POLICY, fidelity }, S4, 2)).toEqual(
        run('S4_network_scan', 'kv_heuristic', { fidelity, seed: 2 }),
      );
    }
  });

  it('gives every metric it lists, and repeats itself', () => {
    const prepared = simulator.prepare({ config: {}, workload: S4 });
    const once = prepared.run({ seed: 7, fidelity: 1 });
    expect(prepared.run({ seed: 7, fidelity: 1 })).toEqual(once);
    if (once.kind !== 'measured') throw new Error(once.reason);
    expect(Object.keys(once.metrics).sort()).toEqual(prepared.metrics.map(({ name }) => name).sort());
    for (const value of Object.values(once.metrics)) expect(Number.isFinite(value)).toBe(true);
  });

  it('simulates a share of the ticks at a lower fidelity', () => {
    expect(metrics({ ticks: 1000 }, S4, 3, 0.25)).toEqual(metrics({ ticks: 250 }, S4, 3));
  });

  it.each<[string, Json, Json, string]>([
    ['an unknown key', { schedulr: 'rr' }, S4, 'config.schedulr'],
    ['an unknown scheduler', { scheduler: 'best' }, S4, 'config.scheduler'],
    ['a negative weight', { weights: { w_queue: -1 } }, S4, 'config.weights.w_queue'],
    ['no tick', { ticks: 0 }, S4, 'config.ticks'],
    [
      'a fraction for tokens',
      { policy: { prefetch_horizon_tokens: 0.5 } },
      S4,
      'config.policy.prefetch_horizon_tokens',
    ],
    ['no workload', {}, null, 'workload'],
    ['a workload without nodes', {}, { scenario_id: 'x', workload: {}, network: {} }, 'workload.nodes'],
    ['a bad workload', {}, { ...S4, workload: { num_requests: 0 } }, 'workload.workload.num_requests'],
    ['queue dynamics in legacy', { fidelity: 'legacy' }, { ...S4, dynamics: 'queue' }, 'workload.dynamics'],
  ])('places %s', (_, config, workload, path) => {
    expect(placeOf(config, workload)).toBe(path);
  });
});

describe('queue dynamics', () => {
  it('with requests far apart meet the initial loads only', () => {
    const scenario = loadScenario('S4_network_scan', 'wired', { dynamics: 'queue', tick_ms: 1e6 });
    const record = simulate(scenario, settingsFor(scenario, 'kv_only', { fidelity: 'wired' }));
    // prefillX holds nothing: 20 + 0.06·512 ms, then 10 ms on the same idle node.
    expect(new Set(record.prefillMs)).toEqual(new Set([20 + 0.06 * 512]));
    expect(new Set(record.decodeMs)).toEqual(new Set([10]));
  });

  it('with all requests at once pile up one by one', () => {
    const scenario = loadScenario('S4_network_scan', 'wired', { dynamics: 'queue', tick_ms: 1e-9 });
    const record = simulate(scenario, settingsFor(scenario, 'kv_only', { fidelity: 'wired', ticks: 50 }));
    expect(Array.from(record.decodeMs)).toEqual(Array.from({ length: 50 }, (_, tick) => 10 + tick));
  });

  it('slow down monotonically as requests come faster', () => {
    const p99 = [8, 4, 2, 1].map((tick_ms) => metrics({}, { ...S4, dynamics: 'queue', tick_ms })['p99_ms']!);
    expect([...p99].sort((a, b) => a - b)).toEqual(p99);
  });
});

describe('options', () => {
  it('decode roles keep decodes off the prefill nodes', () => {
    const scenario = loadScenario('S4_network_scan', 'wired', { decode_roles: ['decode'] });
    for (const scheduler of ['kv_heuristic', 'load_only', 'random', 'rr'] as const) {
      const { owners, targets } = simulate(scenario, settingsFor(scenario, scheduler, { fidelity: 'wired' }));
      expect(new Set(owners)).toEqual(new Set([0]));
      expect(new Set(targets)).not.toContain(0);
    }
  });

  it('GPU latencies stretch what is not queueing', () => {
    const slow = loadScenario('S4_network_scan', 'wired', { dynamics: 'queue', tick_ms: 1e6, gpu_latency: 'on' });
    const record = simulate(slow, settingsFor(slow, 'kv_only', { fidelity: 'wired', ticks: 1 }));
    expect(record.prefillMs[0]).toBeCloseTo(1.25 * (20 + 0.06 * 512), 9);
    expect(record.decodeMs[0]).toBeCloseTo(12.5, 9);
  });
});
