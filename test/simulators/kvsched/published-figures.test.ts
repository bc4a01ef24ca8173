import { describe, expect, it } from 'vitest';
import type { SchedulerName } from '../../../src/simulators/kvsched/scheduler-names.ts';
import { resolvePolicy, resolveWeights } from '../../../src/simulators/kvsched/settings.ts';
import { loadScenario, run } from './scenario-files.ts';

type LegacyRow = readonly [string, SchedulerName, number, number, number, number, number, number, number];

const LEGACY: readonly LegacyRow[] = [
  ['S1_cloud', 'kv_heuristic', 0, 89.36, 154.36, 168.72, 106.72, 66.0, 0],
  ['S1_cloud', 'kv_only', 0, 89.36, 154.36, 168.72, 106.72, 66.0, 0],
  ['S1_cloud', 'load_only', 0, 88.36, 128.36, 139.73, 106.72, 37.01, 796],
  ['S1_cloud', 'random', 0, 92.36, 135.72, 145.73, 106.72, 45.0, 844],
  ['S1_cloud', 'rr', 0, 90.72, 129.378, 149.72, 106.72, 46.01, 830],
  ['S1_cloud', 'load_only', 1, 113.36, 151.378, 161.75, 130.72, 37.01, 855],
  ['S2_edge_cloud', 'kv_heuristic', 0, 96.72, 174.36, 187.72, 126.74, 61.0, 0],
  ['S2_edge_cloud', 'kv_only', 0, 96.72, 174.36, 187.72, 126.74, 61.0, 0],
  ['S2_edge_cloud', 'load_only', 0, 92.72, 149.72, 162.72, 126.74, 37.0, 863],
  ['S2_edge_cloud', 'random', 0, 97.72, 156.752, 170.72, 126.74, 45.0, 834],
  ['S2_edge_cloud', 'rr', 1, 180.36, 225.72, 235.74, 200.72, 50.0, 833],
  ['S3_hetero_gpu', 'kv_heuristic', 0, 91.36, 156.41, 171.72, 106.72, 69.0, 0],
  ['S3_hetero_gpu', 'kv_only', 0, 91.36, 156.41, 171.72, 106.72, 69.0, 0],
  ['S3_hetero_gpu', 'load_only', 1, 117.72, 159.752, 168.72, 138.72, 37.0, 592],
  ['S3_hetero_gpu', 'random', 0, 90.72, 130.36, 139.72, 106.72, 43.0, 854],
];

type WiredRow = readonly [string, SchedulerName, number, number, number, number, number, number];

const WIRED: readonly WiredRow[] = [
  ['S1_kv_vs_load', 'kv_heuristic', 0, 89.72, 165.214312, 39.0, 322, 489684992],
  ['S1_kv_vs_load', 'load_only', 0, 89.119873, 162.42616, 35.521611, 511, 782237696],
  ['S2_prompt_length', 'kv_heuristic', 1, 168.68, 220.787646, 43.0, 355, 238551040],
  ['S2_prompt_length', 'load_only', 1, 165.292068, 226.360395, 50.932068, 800, 547356672],
  ['S4_network_scan', 'kv_heuristic', 0, 101.319471, 179.72, 49.0, 647, 2713714688],
  ['S4_network_scan', 'load_only', 0, 103.72, 203.704684, 87.974684, 466, 1954545664],
  ['S4_network_scan', 'kv_only', 0, 105.72, 191.72, 61.0, 0, 0],
];

/** Sums of a few doubles: rounding stays far below this. */

const MICRO = 0.000_001;

function expectWithin(actual: number, expected: number, tolerance: number, what: string): void {
  expect(Math.abs(actual - expected), `${what}: ${actual} against ${expected}`).toBeLessThanOrEqual(tolerance);
}

describe('the legacy fidelity', () => {
  it.each(LEGACY)('gives the published figures of %s, %s, seed %i', (name, scheduler, seed, ...figures) => {
    const summary = run(name, scheduler, { fidelity: 'legacy', seed });
    const [p50, p95, p99, p99Prefill, p99Decode, migrations] = figures;
    expectWithin(summary.p50_ms, p50, MICRO, 'p50');
    expectWithin(summary.p95_ms, p95, MICRO, 'p95');
    expectWithin(summary.p99_ms, p99, MICRO, 'p99');
    expectWithin(summary.p99_prefill_ms, p99Prefill, MICRO, 'p99 of prefill');
    expectWithin(summary.p99_decode_ms, p99Decode, MICRO, 'p99 of decode');
    expect(summary.kv_migrations).toBe(migrations);
    expect(summary.kv_migration_bytes).toBe(migrations * 2147483648);
  });
});

describe('the wired fidelity', () => {
  it.each(WIRED)('gives the reference figures of %s, %s, seed %i', (name, scheduler, seed, ...figures) => {
    const summary = run(name, scheduler, { fidelity: 'wired', seed });
    const [p50, p99, p99Decode, migrations, bytes] = figures;
    expectWithin(summary.p50_ms, p50, MICRO, 'p50');
    expectWithin(summary.p99_ms, p99, MICRO, 'p99');
    expectWithin(summary.p99_decode_ms, p99Decode, MICRO, 'p99 of decode');
    expect(summary.kv_migrations).toBe(migrations);
    expect(summary.kv_migration_bytes).toBe(bytes);
  });
});

describe('the trade-offs that the reference observed, means over seeds 0 to 2', () => {
  const means = (name: string, migrationMs: number, hysteresisMs: number): readonly [number, number] => {
    const scenario = loadScenario(name, 'wired');
    const policy = resolvePolicy(scenario, { hysteresisMs, enableOverlap: false });
    const weights = resolveWeights({ migrationMs });
    const runs = [0, 1, 2].map((seed) => run(name, 'kv_heuristic', { fidelity: 'wired', seed, weights, policy }));
    const mean = (key: 'p99_ms' | 'kv_migrations'): number => runs.reduce((sum, one) => sum + one[key], 0) / 3;
    return [mean('p99_ms'), mean('kv_migrations')];
  };

  it.each([
    [0.01, 207.4],
    [3, 194.3],
    [10, 210.1],
  ])('on S4, migration weight %d gives a P99 of %d ms', (weight, p99) => {
    expectWithin(means('S4_network_scan', weight, 5)[0], p99, 0.05, 'p99');
  });

  it.each([
    [0, 188.0, 751],
    [50, 209.4, 0],
  ])('on S5, hysteresis %d gives a P99 of %d ms and %d migrations', (hysteresis, p99, migrations) => {
    const [latency, moved] = means('S5_hysteresis_horizon', 1, hysteresis);
    expectWithin(latency, p99, 0.05, 'p99');
    expect(Math.round(moved)).toBe(migrations);
  });
});
