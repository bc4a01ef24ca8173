import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { commandHere } from '../../support/command-here.ts';
import { temporaryFolder } from '../../support/command-line.ts';
import { recordRun } from '../../support/record-run.ts';

const STUDY = `name: a-study-with-a-rather-long-name
strategy: toy.yaml
space: space.yaml
objectives: [{metric: p99_ms}, {metric: kv_migration_bytes}, {metric: p95_ms}]
constraints: [{metric: p50_ms, at_most: 123456.789}]
seeds: [1, 2, 3, 4, 5, 6, 7, 8]
validation: {seeds: [11, 12, 13, 14, 15], points: 3}
budget: {trials: 8}
sampler: sobol
`;

const folder = temporaryFolder();
const run = join(folder, 'one');

beforeAll(async () => {
  await recordRun(run, { study: STUDY }, ({ a, b }, seed) => ({
    p99_ms: 123456 * a! + seed,
    kv_migration_bytes: 987654321 * b! + seed,
    p95_ms: 54321 / (a! + b!) + seed,
    p50_ms: 12345 * a!,
  }));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('without a wider terminal, lines have at most 80 columns', () => {
  test.each([
    [['list']],
    [['metrics']],
    [['schema']],
    [['pareto', run]],
    [['sensitivity', run]],
    [['compare', run, run, '--point', 'baseline', '3']],
    [['pd-slo', 'run', '--requests', '200']],
    [['pd-slo', 'explain', '--requests', '20', '--request', '3']],
    [['gpu-jobs', 'roofline', '--model', 'Llama3-8B', '--gpu', 'H100']],
    [['cloud-edge', 'run', '--scheduler', 'fcfs', '--epochs', '1', '--duration', '30', '--no-save', '--quiet']],
    [['cloud-edge', 'compare', '--scheduler', 'fcfs', 'clinucb', '--epochs', '2', '--duration', '30', '--quiet']],
  ])('%j', async (argv) => {
    const { code, stdout } = await commandHere(...argv);
    expect(code).toBe(0);
    // Paths are the user's own, and cannot be broken.
    const lines = stdout.split('\n').filter((line) => !line.includes(folder));
    expect(lines.length).toBeGreaterThan(2);
    expect(lines.filter(({ length }) => length > 80)).toEqual([]);
  });
});
