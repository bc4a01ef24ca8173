import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pairedChange } from '../../../src/numeric/statistics.ts';
import type { RunComparison } from '../../../src/report/run-comparison.ts';
import { commandHere } from '../../support/command-here.ts';
import { temporaryFolder } from '../../support/command-line.ts';
import { dataOf } from '../../support/json-output.ts';
import { type ClosedForm, KV_WORKLOAD, recordRun } from '../../support/record-run.ts';

const STUDY = `name: one
strategy: toy.yaml
space: space.yaml
objectives: [{metric: p99_ms}, {metric: kv_migration_bytes}]
constraints: [{metric: p95_ms, at_most: 85}]
seeds: [1, 2, 3]
validation: {seeds: [11, 12, 13], points: 2}
budget: {trials: 6}
sampler: sobol
`;

const folder = temporaryFolder();
const at = (name: string): string => join(folder, name);

/** What both runs share on a seed is far larger than what tells them apart. */
const shared = (seed: number): number => 100 * (seed % 7);

/** Figures `gain` below those of a run without gain, and a noise of its own that is ten times smaller. */
const lower =
  (gain: number): ClosedForm =>
  ({ a, b }, seed) => ({
    p99_ms: 50 + shared(seed) - gain + 0.1 * gain * Math.sin(seed),
    kv_migration_bytes: a! + 1 / b! + shared(seed),
    p95_ms: 80 + (seed % 3),
  });

beforeAll(async () => {
  await recordRun(at('one'), { study: STUDY }, lower(0));
  await recordRun(at('two'), { study: STUDY.replace('one', 'two') }, lower(5));
  await recordRun(
    at('seeds'),
    { study: STUDY.replace('[1, 2, 3]', '[21, 22]').replace('[11, 12, 13]', '[31]') },
    lower(0),
  );
  await recordRun(at('fewer'), { study: STUDY.replace(/validation.*\n/, '').replace('[1, 2, 3]', '[3]') }, lower(1));
  await recordRun(
    at('load'),
    { study: STUDY, workload: KV_WORKLOAD.replace('num_requests: 200', 'num_requests: 150') },
    lower(0),
  );
  await recordRun(
    at('maximize'),
    { study: STUDY.replace('{metric: p99_ms}', '{metric: p99_ms, direction: maximize}') },
    lower(0),
  );
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const compared = async (...argv: string[]): Promise<RunComparison> =>
  dataOf((await commandHere('compare', ...argv, '--json')).stdout);

describe('compare', () => {
  test('pairs by seed: what both share on a seed cancels, and a small gain is told apart', async () => {
    const { stages } = await compared(at('one'), at('two'), '--point', 'baseline');
    expect(stages.map(({ kind, seeds }) => [kind, seeds])).toEqual([
      ['fresh', [11, 12, 13]],
      ['tuning', [1, 2, 3]],
    ]);
    const row = stages[0]!.rows.find(({ metric }) => metric === 'p99_ms')!;
    const figures = (gain: number) => [11, 12, 13].map((seed) => lower(gain)({ a: 1, b: 1 }, seed)['p99_ms']!);
    expect(row.change).toEqual(pairedChange(figures(0), figures(5)));
    expect(row.difference.value).toBeCloseTo(row.b - row.a, 9);
    expect(row.difference.high!).toBeLessThan(0);
    expect(row.verdict).toBe('B is better');
  });

  test('the other way round the verdict names the other one', async () => {
    const { stages } = await compared(at('two'), at('one'), '--point', 'baseline');
    expect(stages[0]!.rows.map(({ metric, verdict }) => [metric, verdict])).toEqual([
      ['p99_ms', 'A is better'],
      ['kv_migration_bytes', 'equal on every seed'],
      ['p95_ms', 'equal on every seed'],
    ]);
  });

  test('one point each, and what differs between them', async () => {
    const { a, b, parameters, stages } = await compared(at('one'), at('one'), '--point', 'baseline', '3');
    expect([a.trial, b.trial]).toEqual([0, 3]);
    expect(parameters.map(({ name }) => name)).toEqual(['a', 'b']);
    expect(stages.at(-1)!.seeds).toEqual([1, 2, 3]);
  });

  test('says it in words, in 80 columns, with constraints and their room', async () => {
    const { code, stdout } = await commandHere('compare', at('one'), at('two'));
    expect(code).toBe(0);
    expect(stdout).toContain('Paired on fresh seeds 11, 12, 13');
    expect(stdout).toMatch(/p99_ms .* B is better/);
    expect(stdout).toMatch(/A {2}holds p95_ms ≤ 85 ms: 81 \(4 below\)/);
    const lines = stdout.split('\n').filter((line) => !line.includes(folder));
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(80);
  });

  test('one common seed gives no interval, and says so', async () => {
    const { stages } = await compared(at('one'), at('fewer'), '--point', 'baseline');
    expect(stages).toHaveLength(1);
    expect(stages[0]!.seeds).toEqual([3]);
    expect(stages[0]!.rows[0]!.verdict).toBe('one seed: may be luck');
  });

  test.each([
    [
      'no seed in common',
      'seeds',
      /: no seed in common: .*one was measured on 1, 2, 3, 11, 12, 13, .*seeds on 21, 22, 31$/,
    ],
    ['other requests', 'load', /: other workloads: a seed stands for other requests$/],
  ])('refuses %s in one line', async (_, other, line) => {
    const { code, stdout, stderr } = await commandHere('compare', at('one'), at(other), '--point', 'baseline');
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr.trim()).toMatch(line);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });

  test('leaves out a metric that one study minimizes and the other maximizes, by name', async () => {
    const { code, stderr, stdout } = await commandHere('compare', at('one'), at('maximize'), '--point', 'baseline');
    expect(code).toBe(0);
    expect(stderr).toBe('paretune: not compared: p99_ms is minimized in one study and maximized in the other\n');
    expect(stdout).not.toContain('p99_ms');
  });

  test('a point that is not there is named with its run', async () => {
    const { code, stderr } = await commandHere('compare', at('one'), at('two'), '--point', '3', '99');
    expect(code).toBe(2);
    expect(stderr).toMatch(/two --point: the run has no point "99"; a trial number below 6/);
  });

  test('more than two points are refused', async () => {
    const { code, stderr } = await commandHere('compare', at('one'), at('two'), '--point', '1', '2', '3');
    expect(code).toBe(2);
    expect(stderr).toContain('--point takes one point for both runs or one for each, got 3');
  });
});
