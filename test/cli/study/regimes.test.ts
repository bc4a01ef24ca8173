import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createSimulator } from '../../../src/simulators/registry.ts';
import { loadStudySources } from '../../../src/study/io/load-study.ts';
import { readPlanFile } from '../../../src/study/io/plan-file.ts';
import { resolvePlan, type StudyPlan } from '../../../src/study/plan/study-plan.ts';
import { paretune, temporaryFolder } from '../../support/command-line.ts';

const STRATEGY = `name: kv-demo
simulator: kvsched
config: {scheduler: kv_heuristic, ticks: 150, weights: {w_queue: "\${queue}", w_migration_ms: "\${migration}"}}
baseline: {queue: 1, migration: 1}
parameters:
  - {name: queue, type: real, low: 0.1, high: 10, log: true}
  - {name: migration, type: real, low: 0.1, high: 10, log: true}
`;
const STUDY = `name: regimes-demo
strategy: strategy.yaml
regime: mean
workloads:
  - {name: cloud, workload: edge-cloud.yaml}
  - {name: short, workload: edge-cloud.yaml, config: {ticks: 60}}
objectives: [{metric: p99_ms}]
constraints: [{metric: p99_ms@short, at_most: 1000000}]
seeds: [1, 2]
budget: {trials: 6}
sampler: random
`;

const folder = temporaryFolder();
const at = (...names: string[]): string => join(folder, ...names);
const planOf = async (text: string): Promise<StudyPlan> => {
  writeFileSync(at('case.yaml'), text);
  return await resolvePlan(loadStudySources(at('case.yaml')), createSimulator);
};

beforeAll(() => {
  const scenario = new URL('../../../studies/kvsched/scenarios/S2_edge_cloud.yaml', import.meta.url).pathname;
  cpSync(scenario, at('edge-cloud.yaml'));
  writeFileSync(at('strategy.yaml'), STRATEGY);
  writeFileSync(at('study.yaml'), STUDY);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a study over several workloads', () => {
  test('runs, reports each workload, and is recomputed to the digit', async () => {
    const { code, stderr, stdout } = await paretune(
      ['run', 'study.yaml', '--out', 'run', '--workers', '1', '--quiet'],
      folder,
    );
    expect(stdout).toMatch(/p99_ms: trial \d has the best mean ratio to the baseline/);
    expect(stderr).toBe('');
    expect(code).toBe(0);
    const report = JSON.parse(readFileSync(at('run', 'report.json'), 'utf8')) as {
      trials: { origin: string; metrics: Record<string, { mean: number; values: number[] }> }[];
      regimes: {
        metric: string;
        aggregate: string;
        robust: number;
        rows: { workload: string; gap: number; own: number }[];
      }[];
    };
    expect(report.trials[0]!.metrics['p99_ms']!.values).toEqual([1, 1]);
    const [table] = report.regimes;
    expect(table).toMatchObject({ metric: 'p99_ms', aggregate: 'mean' });
    expect(table!.rows.map(({ workload }) => workload)).toEqual(['cloud', 'short']);
    for (const row of table!.rows) {
      const column = `p99_ms@${row.workload}`;
      const values = report.trials.map(({ metrics }) => metrics[column]!.mean);
      expect(values[row.own]).toBe(Math.min(...values));
      expect(row.gap).toBeCloseTo((values[row.own]! - values[table!.robust]!) / values[row.own]!, 12);
      expect(row.gap).toBeLessThanOrEqual(0);
    }
    expect(readFileSync(at('run', 'report.html'), 'utf8')).toContain('<h2>Workloads</h2>');
    const verified = await paretune(['verify', 'run', '--quiet'], folder);
    expect(verified.stdout).toMatch(/^identical: /);
  });

  test('its plan holds every workload, so that it can be restored from the run folder', async () => {
    const plan = await resolvePlan(readPlanFile(at('run')), createSimulator);
    expect(plan.hash).toBe((await planOf(STUDY)).hash);
    expect(plan.regimes!.workloads.map(({ name }) => name)).toEqual(['cloud', 'short']);
  });

  test('a changed workload file changes the plan', async () => {
    const before = (await planOf(STUDY)).hash;
    const original = readFileSync(at('edge-cloud.yaml'), 'utf8');
    writeFileSync(at('edge-cloud.yaml'), `${original}\n# changed\n`);
    expect((await planOf(STUDY)).hash).not.toBe(before);
    writeFileSync(at('edge-cloud.yaml'), original);
  });

  test.each<[string, string, string, readonly (string | number)[]]>([
    ['a workload named twice', 'name: short', 'name: cloud', ['workloads', 1]],
    ['an unknown key', 'config: {ticks: 60}', 'confg: {ticks: 60}', ['workloads', 1, 'confg']],
    ['an unknown setting', 'config: {ticks: 60}', 'config: {tiks: 60}', ['config', 'tiks']],
    ['a missing file', 'short, workload: edge-cloud.yaml', 'short, workload: edge.yaml', ['workloads', 1, 'workload']],
    ['a single workload', '  - {name: cloud, workload: edge-cloud.yaml}\n', '', ['workloads']],
    ['no baseline', 'regime: mean', 'regime: mean\nbaseline: false', ['workloads']],
    ['an unknown regime', 'regime: mean', 'regime: median', ['regime']],
    ['a metric of no workload', 'p99_ms@short', 'p99_ms@long', ['constraints', 0, 'metric']],
  ])('%s is refused with its place', async (_, from, to, path) => {
    const attempt = planOf(STUDY.replace(from, to));
    await expect(attempt).rejects.toMatchObject({ path, position: { line: expect.any(Number) } });
  });

  test('a regime without several workloads is refused', async () => {
    const single = STUDY.replace(/workloads:[\s\S]*?objectives/, 'workload: edge-cloud.yaml\nobjectives');
    await expect(planOf(single)).rejects.toThrow('needs several workloads');
  });
});

test('the study of load regimes that comes with paretune resolves: eight workloads, one of them short of KV blocks', async () => {
  const file = new URL('../../../studies/regimes.yaml', import.meta.url).pathname;
  const plan = await resolvePlan(loadStudySources(file), createSimulator);
  expect(plan.regimes!.workloads).toHaveLength(8);
  expect(plan.regimes!.workloads.filter(({ config }) => config !== null).map(({ name }) => name)).toEqual([
    'kv-starved',
  ]);
  expect(plan.metrics.find(({ name }) => name === 'ttft_p99_ms')).toMatchObject({
    unit: '× baseline',
    better: 'lower',
  });
  expect(plan.metrics.find(({ name }) => name === 'ttft_p99_ms@bursty')).toMatchObject({ unit: 'ms' });
});
