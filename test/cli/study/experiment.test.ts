import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { describeInputError, InputError } from '../../../src/base/errors.ts';
import { loadExperiment } from '../../../src/study/io/load-experiment.ts';
import { paretune, temporaryFolder } from '../../support/command-line.ts';

const STRATEGY = `name: kv-demo
simulator: kvsched
config: {scheduler: kv_heuristic, ticks: 200, weights: {w_queue: "\${queue}", w_migration_ms: "\${migration}"}}
baseline: {queue: 1, migration: 1}
`;
const EXPERIMENT = `name: 01-demo
title: Demo
question: Does the migration weight matter?
published: nowhere
strategy: strategy.yaml
workload: scenario.yaml
seeds: [1, 2, 3, 4, 5, 6, 7, 8]
arms:
  base: {description: as it is}
  eager: {description: migrates often, values: {migration: 0.01}}
  same: {values: {migration: 1}}
claims:
  - {id: less, role: main, statement: eager migrates more, kind: worsens, metric: kv_migration_bytes, arm: eager, against: base, diagnostic: Look at the weight.}
  - {id: same, role: negative-control, statement: nothing changed, kind: equals, metric: p99_ms, arm: same, against: base, within: 0}
show: [p99_ms]
`;

const folder = temporaryFolder();
const at = (...names: string[]): string => join(folder, ...names);
const text = (...names: string[]): string => readFileSync(at(...names), 'utf8');

beforeAll(async () => {
  cpSync(
    new URL('../../../studies/kvsched/scenarios/S2_edge_cloud.yaml', import.meta.url).pathname,
    at('scenario.yaml'),
  );
  writeFileSync(at('strategy.yaml'), STRATEGY);
  writeFileSync(at('demo.yaml'), EXPERIMENT);
  const { code, stderr } = await paretune(
    ['experiment', 'demo.yaml', '--out', 'one', '--workers', '1', '--quiet'],
    folder,
  );
  expect(stderr).toBe('');
  expect(code).toBe(0);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('experiment', () => {
  test('writes page, figures and one ledger row, and no index for a single file', () => {
    expect(readdirSync(at('one')).sort()).toEqual(['01-demo.json', '01-demo.md', 'ledger.jsonl']);
    const figures = JSON.parse(text('one', '01-demo.json')) as {
      arms: { name: string; seeds: number[]; metrics: Record<string, number[]> }[];
      claims: { id: string; verdict: string; effect: number }[];
    };
    expect(figures.arms.map(({ name }) => name)).toEqual(['base', 'eager', 'same']);
    expect(figures.arms[0]!.metrics['p99_ms']).toHaveLength(8);
    expect(figures.arms[2]!.metrics).toEqual(figures.arms[0]!.metrics);
    expect(figures.claims[1]).toMatchObject({ id: 'same', verdict: 'confirmed', effect: 0 });
    expect(text('one', 'ledger.jsonl').trimEnd().split('\n')).toHaveLength(1);
    expect(text('one', '01-demo.md')).toContain('| same | negative-control | nothing changed | **confirmed** |');
  });

  test('gives the same page, figures and ledger with two workers', async () => {
    const { code } = await paretune(['experiment', 'demo.yaml', '--out', 'two', '--workers', '2', '--quiet'], folder);
    expect(code).toBe(0);
    for (const name of ['01-demo.json', '01-demo.md', 'ledger.jsonl']) {
      expect(text('two', name), name).toBe(text('one', name));
    }
  });

  test('a folder gets an index, a repetition no second ledger row, a changed experiment one', async () => {
    mkdirSync(at('all'));
    const move = (source: string): string =>
      source.replace('strategy.yaml', '../strategy.yaml').replace('scenario.yaml', '../scenario.yaml');
    writeFileSync(at('all', 'b.yaml'), move(EXPERIMENT).replace('01-demo', '02-other').replace('Demo', 'Other'));
    writeFileSync(at('all', 'a.yaml'), move(EXPERIMENT));
    const run = async (): Promise<void> => {
      expect((await paretune(['experiment', 'all', '--out', 'out', '--workers', '1', '--quiet'], folder)).code).toBe(0);
    };
    await run();
    const rows = text('out', 'ledger.jsonl');
    expect(rows.trimEnd().split('\n')).toHaveLength(2);
    const index = text('out', 'README.md');
    expect(index).toContain('[Demo](01-demo.md)');
    expect(index.indexOf('Demo')).toBeLessThan(index.indexOf('Other'));
    writeFileSync(at('all', 'a.yaml'), move(EXPERIMENT).replace('migration: 0.01', 'migration: 0.02'));
    await run();
    expect(text('out', 'ledger.jsonl').startsWith(rows)).toBe(true);
    expect(text('out', 'ledger.jsonl').trimEnd().split('\n')).toHaveLength(3);
  });
});

describe('bad input', () => {
  const wrong = (from: string | RegExp, to: string) => (): void =>
    writeFileSync(at('bad.yaml'), EXPERIMENT.replace(from, to));
  const BAD: readonly [string, () => void, RegExp][] = [
    [
      'an unknown arm',
      wrong('arm: eager', 'arm: eagre'),
      /^paretune: bad\.yaml:13:\d+ claims\[0\]\.arm: unknown arm "eagre"; did you mean "eager"\?/,
    ],
    [
      'a claim named twice',
      wrong('id: same', 'id: less'),
      /^paretune: bad\.yaml:14:\d+ claims\[1\]\.id: claim "less" is named twice/,
    ],
    [
      'an unknown metric',
      wrong('metric: p99_ms', 'metric: p98_ms'),
      /^paretune: bad\.yaml:14:\d+ claims\[1\]\.metric: unknown metric "p98_ms" in arm "same"; did you mean "p95_ms"\?/,
    ],
    [
      'an unknown metric to show',
      wrong('[p99_ms]', '[p98_ms]'),
      /^paretune: bad\.yaml:15:\d+ show\[0\]: unknown metric "p98_ms"/,
    ],
    [
      'an unknown key',
      wrong('question:', 'questoin:'),
      /^paretune: bad\.yaml:3:1 questoin: unknown key "questoin"; did you mean "question"\?/,
    ],
    ['an unknown kind of claim', wrong('kind: equals', 'kind: equal'), /^paretune: bad\.yaml:14:\d+ claims\[1\]/],
    [
      'a missing strategy',
      wrong('strategy: strategy.yaml\n', ''),
      /^paretune: bad\.yaml:8:3 arms\.base\.strategy: is required but missing/,
    ],
    [
      'a strategy file that is not there',
      wrong('strategy.yaml', 'strategies.yaml'),
      /^paretune: bad\.yaml:9:3 arms\.base\.strategy: file not found: strategies\.yaml/,
    ],
    [
      'a workload file that is not there',
      wrong('scenario.yaml', 'scene.yaml'),
      /^paretune: bad\.yaml:9:3 arms\.base\.workload: file not found: scene\.yaml/,
    ],
    [
      'a parameter that the strategy lacks',
      wrong('{migration: 0.01}', '{migratoin: 0.01}'),
      /^paretune: bad\.yaml:10:\d+ arms\.eager\.values\.migratoin: strategy "kv-demo" has no parameter "migratoin"/,
    ],
    [
      'a setting that the simulator refuses',
      wrong('{migration: 0.01}', '{migration: -1}'),
      /^paretune: bad\.yaml:10:\d+ arms\.eager/,
    ],
    ['one seed', wrong('[1, 2, 3, 4, 5, 6, 7, 8]', '[1]'), /^paretune: bad\.yaml:7:1 seeds: must be ≥ 2 entries/],
    [
      'too few seeds',
      wrong('[1, 2, 3, 4, 5, 6, 7, 8]', '[1, 2, 3]'),
      /^paretune: bad\.yaml:7:1 seeds: 3 seeds cannot confirm anything: 1 comparisons give p ≥ 0\.25; give at least 6 seeds/,
    ],
    [
      'a seed listed twice',
      wrong('[1, 2, 3,', '[1, 2, 2,'),
      /^paretune: bad\.yaml:7:\d+ seeds\[2\]: seed 2 is listed twice/,
    ],
    [
      'no claims',
      wrong(/claims:[\s\S]*within: 0}\n/, 'claims: []\n'),
      /^paretune: bad\.yaml:12:1 claims: must be ≥ 1 entries/,
    ],
    ['broken YAML', wrong('arms:', 'arms: ['), /^paretune: bad\.yaml:\d+:\d+: /],
    [
      'a tuned point of no run',
      wrong('{description: as it is}', '{point: {run: nowhere, trial: 1}}'),
      /^paretune: nowhere: no study was recorded here/,
    ],
    ['no file', () => undefined, /^paretune: bad\.yaml: file not found/],
  ];

  test.each(BAD)('%s is told with file, line and key', async (_, prepare, expected) => {
    rmSync(at('bad.yaml'), { force: true });
    prepare();
    const error = await loadExperiment(at('bad.yaml')).then(
      () => null,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(InputError);
    expect(`paretune: ${describeInputError(error as InputError).replaceAll(`${folder}/`, '')}`).toMatch(expected);
  });

  test('gives one line and exit code 2, and writes nothing', async () => {
    writeFileSync(at('bad.yaml'), EXPERIMENT.replace('arm: eager', 'arm: eagre'));
    const { code, stderr, stdout } = await paretune(['experiment', 'bad.yaml', '--out', 'none'], folder);
    expect(stderr).toMatch(/^paretune: bad\.yaml:13:\d+ claims\[0\]\.arm: unknown arm "eagre"[^\n]*\n$/);
    expect(stdout).toBe('');
    expect(code).toBe(2);
    expect(existsSync(at('none'))).toBe(false);
  });

  test('a strategy with a mistake is named with its own line', async () => {
    writeFileSync(at('broken.yaml'), STRATEGY.replace('baseline:', 'baselines:'));
    writeFileSync(at('bad.yaml'), EXPERIMENT.replace('strategy.yaml', 'broken.yaml'));
    await expect(loadExperiment(at('bad.yaml'))).rejects.toMatchObject({
      message: 'unknown key "baselines"',
      position: { file: at('broken.yaml'), line: 4, column: 1 },
    });
  });

  test('two experiments of one name and an empty folder are refused before anything runs', async () => {
    mkdirSync(at('twins'));
    mkdirSync(at('empty'));
    const moved = EXPERIMENT.replace('strategy.yaml', '../strategy.yaml').replace('scenario.yaml', '../scenario.yaml');
    for (const name of ['a.yaml', 'b.yaml']) writeFileSync(at('twins', name), moved);
    const twins = await paretune(['experiment', 'twins', '--out', 'none'], folder);
    expect(twins.stderr).toMatch(/^paretune: twins\/b\.yaml name: "01-demo" is also the name of twins\/a\.yaml/);
    const empty = await paretune(['experiment', 'empty', '--out', 'none'], folder);
    expect(empty.stderr).toMatch(/^paretune: empty: holds no experiment files/);
    expect([twins.code, empty.code]).toEqual([2, 2]);
    expect(existsSync(at('none'))).toBe(false);
  });
});
