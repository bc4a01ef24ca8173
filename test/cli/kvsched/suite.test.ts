import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { planSuite, runOfSuite } from '../../../src/companions/kvsched/suite.ts';
import { commandHere } from '../../support/command-here.ts';
import { temporaryFolder } from '../../support/command-line.ts';
import { dataOf } from '../../support/json-output.ts';

const SCENARIOS = new URL('../../../studies/kvsched/scenarios/', import.meta.url).pathname;
const folder = temporaryFolder();
const at = (...names: string[]): string => join(folder, ...names);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const SUITE = `
common: {ticks: 60, seeds: [0, 1], schedulers: [kv_heuristic, load_only]}
experiments:
  - id: network
    scenario: ${SCENARIOS}S4_network_scan.yaml
    sweeps:
      - {label: plain}
      - {label: strict, strict_network: true, prefetch: true, overlap: true}
  - id: policy
    scenario: ${SCENARIOS}S5_hysteresis_horizon.yaml
    sweeps:
      - {label: stay, scheduler_params: {policy: {hysteresis_ms: 1000}}}
`;
const suite = (...more: string[]) =>
  commandHere(
    ...['kvsched', 'suite', '--suite', at('suite.yaml'), '--out', at('raw'), '--index', at('index.csv'), '--quiet'],
    ...more,
  );

beforeAll(async () => {
  writeFileSync(at('suite.yaml'), SUITE);
  const { code, stdout } = await suite();
  expect([code, stdout]).toEqual([0, expect.stringContaining('12 of 12 runs in')]);
});

describe('kvsched suite', () => {
  test('runs every sweep with every scheduler and seed, under its own settings', async () => {
    const rows = dataOf((await suite('--json')).stdout) as Record<string, unknown>[];
    expect(new Set(rows.map(({ experiment, sweep }) => `${experiment} ${sweep}`))).toEqual(
      new Set(['network plain', 'network strict', 'policy stay']),
    );
    expect(rows.find(({ sweep }) => sweep === 'strict')).toMatchObject({
      strict_network: true,
      prefetch: true,
      ticks: 60,
    });
    // With a hysteresis of a second nothing is worth moving.
    for (const row of rows.filter(({ sweep, scheduler }) => sweep === 'stay' && scheduler === 'kv_heuristic')) {
      expect(row['kv_migrations']).toBe(0);
    }
    for (const { summary_path: path } of rows) expect(existsSync(String(path))).toBe(true);
  });

  test('a run equals that of `kvsched run` with the same settings', async () => {
    const [row] = dataOf((await suite('--json')).stdout) as [Record<string, unknown>];
    const flags = [
      '--scenario',
      `${SCENARIOS}S4_network_scan.yaml`,
      '--ticks',
      '60',
      '--seed',
      '0',
      '--out',
      at('one'),
    ];
    const single = dataOf((await commandHere('kvsched', 'run', ...flags, '--json')).stdout);
    expect([row['p99_ms'], row['kv_migration_bytes']]).toEqual([single.p99_ms, single.kv_migration_bytes]);
  });

  test('the shipped suite runs, sweep by sweep', () => {
    const runs = planSuite('studies/kvsched/suite.yaml', null);
    expect(runs).toHaveLength(180);
    const ofSweeps = runs.filter(({ scheduler, seed }) => scheduler === 'kv_heuristic' && seed === 0);
    const rows = ofSweeps.map((run) => runOfSuite({ ...run, ticks: 200 }, at('shipped')).row);
    // What a sweep is named for makes a difference.
    const p99 = (label: string): number =>
      rows[ofSweeps.findIndex(({ sweep }) => sweep.label === label)]!.summary.p99_ms;
    expect(p99('long_prompts')).toBeGreaterThan(p99('short_prompts'));
    expect(p99('prefill_heavy')).toBeGreaterThan(p99('decode_heavy'));
    expect(p99('low_bandwidth')).toBeGreaterThan(p99('high_bandwidth'));
  });

  test('mistakes are told with their place', async () => {
    writeFileSync(at('bad.yaml'), 'common: {tick: 5}\nexperiments:\n  - {id: a, scenario: x.yaml, sweeps: []}\n');
    const { code, stderr } = await commandHere('kvsched', 'suite', '--suite', at('bad.yaml'), '--index', at('no.csv'));
    expect([code, existsSync(at('no.csv'))]).toEqual([2, false]);
    expect(stderr).toMatch(/bad\.yaml:1:10 common\.tick: unknown key "tick"; did you mean "ticks"/);
  });
});

describe('kvsched plots-s1s6', () => {
  test('draws every experiment and all together, with distributions where the summaries are', async () => {
    const [head, ...rows] = readFileSync(at('index.csv'), 'utf8').trim().split('\n');
    writeFileSync(at('policy.csv'), `${[head, ...rows.filter((row) => row.startsWith('policy,'))].join('\n')}\n`);
    const flags = ['--suite-index', at('policy.csv'), '--out', at('figures'), '--title-prefix', 'Trial:', '--quiet'];
    const { code } = await commandHere('kvsched', 'plots-s1s6', ...flags);
    expect(code).toBe(0);
    const names = readdirSync(at('figures')).filter((name) => name.endsWith('.svg'));
    for (const name of ['policy_p99_total', 'policy_cdf_decode', 'policy_migration_bytes', 'summary_p99_decode']) {
      expect(names).toContain(`${name}.svg`);
    }
    expect(readFileSync(at('figures/policy_p99_total.svg'), 'utf8')).toContain('Trial: policy: P99');
    expect(existsSync(at('figures/policy_p99_total.png'))).toBe(true);
  });
});

describe('kvsched topology-table', () => {
  test('has a row a scenario, in Markdown, LaTeX and JSON', async () => {
    const markdown = await commandHere('kvsched', 'topology-table', '--scenarios', SCENARIOS);
    expect(markdown.stdout).toMatch(
      /^\| S4_network_scan \| 1 prefill, 2 decode \| 2 L40S_48GB, 1 A100_80GB \| 2 edge, 1 cloud \| 4 \| 2 \| 2–25 \| 2–30 \|$/m,
    );
    const flags = ['--scenarios', `${SCENARIOS}S4_network_scan.yaml`, '--format', 'latex', '--out', at('t.tex')];
    expect((await commandHere('kvsched', 'topology-table', ...flags)).code).toBe(0);
    expect(readFileSync(at('t.tex'), 'utf8')).toContain('S4\\_network\\_scan & 1 prefill, 2 decode');
    const strict = await commandHere(
      'kvsched',
      'topology-table',
      '--scenarios',
      SCENARIOS,
      '--require-bidirectional',
      '--json',
    );
    expect([strict.code, dataOf(strict.stdout).length]).toEqual([1, readdirSync(SCENARIOS).length]);
  });
});

describe('kvsched microbench, fit-latency', () => {
  test('the template, filled in, is fitted', async () => {
    const table = at('bench.csv');
    const template = await commandHere('kvsched', 'microbench', '--gpus', 'A100_80GB', '--out', table);
    expect([template.code, template.stdout]).toEqual([0, expect.stringMatching(/^16 rows to fill in/)]);
    const empty = await commandHere('kvsched', 'fit-latency', '--in', table, '--out', at('fit.yaml'));
    expect([empty.code, existsSync(at('fit.yaml'))]).toEqual([2, false]);
    const filled = readFileSync(table, 'utf8').replace(
      /,(\d+),(\d+),$/gm,
      (_, n, b) => `,${n},${b},${5 + 0.1 * n + 2 * b}`,
    );
    writeFileSync(table, filled);
    const { code, stdout } = await commandHere('kvsched', 'fit-latency', '--in', table, '--out', at('fit.yaml'));
    expect(code).toBe(0);
    expect(stdout).toMatch(/^A100_80GB +total +5\.0000 +0\.100000 +2\.00000 +16/m);
    expect(Number(/beta_ms_per_token: (\S+)/.exec(readFileSync(at('fit.yaml'), 'utf8'))![1])).toBeCloseTo(0.1, 9);
    // Twice as slow a token as an A100 in the file: the L40S, which serves all prefills of this scenario.
    writeFileSync(
      at('profiles.yaml'),
      'A100_80GB: {beta_ms_per_token: 1}\nL40S_48GB: {prefill: {beta_ms_per_token: 2}}\n',
    );
    const flags = ['--scenario', `${SCENARIOS}S4_network_scan.yaml`, '--ticks', '60', '--out', at('one'), '--json'];
    const plain = dataOf((await commandHere('kvsched', 'run', ...flags)).stdout);
    const slow = dataOf((await commandHere('kvsched', 'run', ...flags, '--gpu-profiles', at('profiles.yaml'))).stdout);
    // 20 ms and 0.06 ms for each of 512 tokens once more; queues stay as they were.
    expect(slow.p50_prefill_ms - plain.p50_prefill_ms).toBeCloseTo(20 + 0.06 * 512, 9);
    const other = await commandHere('kvsched', 'fit-latency', '--in', table, '--gpu', 'H100', '--out', at('no.yaml'));
    expect(other.stderr).toMatch(/--gpu: no rows of H100; the table has A100_80GB/);
  });
});
