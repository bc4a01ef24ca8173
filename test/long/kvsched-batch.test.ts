import { readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { paretune, temporaryFolder } from '../support/command-line.ts';

const SCENARIOS = [
  'S1_kv_vs_load',
  'S2_prompt_length',
  'S3_phase_ratio',
  'S4_network_scan',
  'S5_hysteresis_horizon',
  'S6_hetero_gpu',
];
const folder = temporaryFolder();

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('batch runs 6 scenarios × 4 schedulers × 3 seeds × 4 ablations, with an index and figures', async () => {
  const root = new URL('../../studies/kvsched/scenarios/', import.meta.url).pathname;
  const files = SCENARIOS.map((name) => join(root, `${name}.yaml`)).join(',');
  const { code, stdout, stderr } = await paretune(['kvsched', 'batch', '--scenarios', files], folder);
  expect(stderr).toContain('runs 288/288');
  expect(stdout.match(/^\[OK\] /gm)).toHaveLength(6 * 4 * 3 * 4);
  expect(code).toBe(0);
  const [header, ...rows] = readFileSync(join(folder, 'results/aggregated/index.csv'), 'utf8').trim().split('\n');
  expect(rows).toHaveLength(288);
  const column = (name: string): number => header!.split(',').indexOf(name);
  // Placements do not depend on prefetch and overlap: the four ablations of a run move the same bytes.
  for (let first = 0; first < rows.length; first += 4) {
    const moved = rows.slice(first, first + 4).map((row) => row.split(',')[column('kv_migration_bytes')]);
    expect(new Set(moved).size).toBe(1);
  }
  for (const name of [
    ...SCENARIOS.map((scenario) => `cdf_decode_${scenario}`),
    'p99_total_bar',
    'p99_bar',
    'migration_bytes_bar',
  ]) {
    expect(statSync(join(folder, 'results/figures', `${name}.png`)).size).toBeGreaterThan(10_000);
  }
});
