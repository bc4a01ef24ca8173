import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { interruptedAt, paretune, temporaryFolder } from '../../support/command-line.ts';
import { dataOf } from '../../support/json-output.ts';

const STRATEGY = `name: kv-demo
simulator: kvsched
config: {scheduler: kv_heuristic, ticks: 300, weights: {w_queue: "\${queue}", w_migration_ms: "\${migration}"}}
baseline: {queue: 1, migration: 1}
`;
const SPACE = `parameters:
  - {name: queue, type: real, low: 0.1, high: 10, log: true}
  - {name: migration, type: real, low: 0.1, high: 10, log: true}
`;
const STUDY = `name: kv-demo
strategy: strategy.yaml
space: space.yaml
workload: scenario.yaml
objectives: [{metric: p99_ms}, {metric: kv_migration_bytes}]
seeds: [1, 2, 3]
validation: {seeds: [11, 12, 13], points: 2}
budget: {trials: 14}
sampler: gp
seed: 3
`;

const folder = temporaryFolder();
const at = (...names: string[]): string => join(folder, ...names);
const journal = (run: string): string => readFileSync(at(run, 'journal.jsonl'), 'utf8');

beforeAll(async () => {
  cpSync(
    new URL('../../../studies/kvsched/scenarios/S2_edge_cloud.yaml', import.meta.url).pathname,
    at('scenario.yaml'),
  );
  writeFileSync(at('strategy.yaml'), STRATEGY);
  writeFileSync(at('space.yaml'), SPACE);
  writeFileSync(at('study.yaml'), STUDY);
  const { code, stderr } = await paretune(['run', 'study.yaml', '--out', 'one', '--workers', '1'], folder);
  expect(stderr).toContain('14/14');
  expect(code).toBe(0);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('run', () => {
  test('writes plan, journal, trials and reports', () => {
    expect(readdirSync(at('one')).sort()).toEqual([
      'journal.jsonl',
      'plan.json',
      'report.html',
      'report.json',
      'timings.jsonl',
      'trials.csv',
    ]);
    expect(readFileSync(at('one', 'trials.csv'), 'utf8').split('\n')).toHaveLength(16);
  });

  test('gives the same journal and reports with two workers', async () => {
    expect((await paretune(['run', 'study.yaml', '--out', 'two', '--workers', '2', '--quiet'], folder)).code).toBe(0);
    for (const name of ['journal.jsonl', 'plan.json', 'report.json', 'report.html', 'trials.csv']) {
      expect(readFileSync(at('two', name), 'utf8'), name).toBe(readFileSync(at('one', name), 'utf8'));
    }
  });

  test('refuses a folder that already holds a run, and changes nothing there', async () => {
    const before = journal('one');
    const { code, stderr } = await paretune(['run', 'study.yaml', '--out', 'one'], folder);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^paretune: one: already holds a run; go on with `paretune resume one`/);
    expect(journal('one')).toBe(before);
  });

  test('prints the report as JSON on stdout, progress on stderr', async () => {
    const { stdout } = await paretune(['report', 'one', '--json'], folder);
    expect(dataOf(stdout)).toEqual(JSON.parse(readFileSync(at('one', 'report.json'), 'utf8')));
  });
});

describe('resume', () => {
  test('after kill -9 in mid-study the journal ends as that of an unbroken run', async () => {
    const killed = await interruptedAt(
      at('killed', 'journal.jsonl'),
      10,
      'SIGKILL',
      ['run', 'study.yaml', '--out', 'killed', '--workers', '2'],
      folder,
    );
    expect(killed.signal).toBe('SIGKILL');
    expect(journal('killed').length).toBeLessThan(journal('one').length);
    expect((await paretune(['resume', 'killed', '--quiet'], folder)).code).toBe(0);
    expect(journal('killed')).toBe(journal('one'));
  });

  test('a line torn by a crash is dropped with a warning', async () => {
    mkdirSync(at('torn'));
    cpSync(at('one', 'plan.json'), at('torn', 'plan.json'));
    const whole = journal('one');
    writeFileSync(at('torn', 'journal.jsonl'), whole.slice(0, Math.floor(whole.length * 0.6)));
    const { code, stderr } = await paretune(['resume', 'torn', '--quiet'], folder);
    expect(stderr).toContain('dropped the last journal line');
    expect(code).toBe(0);
    expect(journal('torn')).toBe(whole);
  });

  test('Ctrl-C stops with exit code 130 and can be resumed', async () => {
    const { code, stderr } = await interruptedAt(
      at('stopped', 'journal.jsonl'),
      8,
      'SIGINT',
      ['run', 'study.yaml', '--out', 'stopped', '--workers', '1'],
      folder,
    );
    expect(code).toBe(130);
    expect(stderr).toContain('go on with `paretune resume stopped`');
    expect((await paretune(['resume', 'stopped', '--quiet'], folder)).code).toBe(0);
    expect(journal('stopped')).toBe(journal('one'));
  });
});

describe('verify', () => {
  test('recomputes the whole run', async () => {
    const { code, stdout } = await paretune(['verify', 'one', '--quiet'], folder);
    expect(stdout).toMatch(/^identical: \d+ journal entries recomputed\n$/);
    expect(code).toBe(0);
  });

  test('refuses a changed digit by its line, as all other commands do', async () => {
    cpSync(at('one'), at('tampered'), { recursive: true });
    const lines = journal('one').split('\n');
    const line = lines.findIndex((text) => text.includes('"trial-finished","trial":5'));
    lines[line] = lines[line]!.replace(/"p99_ms":(\d)/, (_, digit: string) => `"p99_ms":${(Number(digit) + 1) % 10}`);
    writeFileSync(at('tampered', 'journal.jsonl'), lines.join('\n'));
    for (const command of ['verify', 'report', 'pareto', 'sensitivity', 'export', 'resume']) {
      const { code, stdout, stderr } = await paretune([command, 'tampered'], folder);
      expect([command, code, stdout]).toEqual([command, 2, '']);
      expect(stderr).toMatch(
        new RegExp(`^paretune: tampered/journal\\.jsonl:${line + 1}: does not fit its checksum[^\\n]*\\n$`),
      );
    }
  });
});

describe('bad input', () => {
  const BAD: readonly [string, () => void, readonly string[], RegExp][] = [
    ['a missing study', () => undefined, ['run', 'nowhere.yaml'], /^paretune: nowhere\.yaml: file not found/],
    [
      'a study that names a missing file',
      () => writeFileSync(at('bad.yaml'), STUDY.replace('space.yaml', 'spaces.yaml')),
      ['run', 'bad.yaml', '--out', 'bad'],
      /^paretune: bad\.yaml:3:1 space: file not found: spaces\.yaml/,
    ],
    [
      'an unknown sampler',
      () => writeFileSync(at('bad.yaml'), STUDY.replace('sampler: gp', 'sampler: pg')),
      ['run', 'bad.yaml', '--out', 'bad'],
      /^paretune: bad\.yaml:9:1 sampler: unknown sampler "pg"; did you mean "gp"\?/,
    ],
    [
      'an unknown flag',
      () => undefined,
      ['run', 'study.yaml', '--wrokers', '2'],
      /^paretune: Unknown argument: wrokers/,
    ],
    [
      'a flag out of range',
      () => undefined,
      ['run', 'study.yaml', '--out', 'bad', '--workers', '0'],
      /^paretune: --workers: must be an integer ≥ 1 and ≤ 1024, got 0/,
    ],
    ['a folder without a run', () => undefined, ['verify', '.'], /^paretune: \.: no study was recorded here/],
    [
      'a damaged journal',
      () => damagedJournal(),
      ['resume', 'damaged'],
      /^paretune: damaged\/journal\.jsonl:3: does not fit its checksum/,
    ],
    [
      'an impossible journal',
      () => impossibleJournal(),
      ['verify', 'damaged'],
      /^paretune: damaged\/journal\.jsonl:4: does not fit its checksum/,
    ],
    [
      'a changed plan',
      () => changedPlan(),
      ['verify', 'damaged'],
      /^paretune: damaged\/plan\.json: does not fit its checksum; the plan was changed/,
    ],
  ];

  test.each(BAD)('%s gives one line and exit code 2, and writes nothing', async (_, prepare, args, expected) => {
    prepare();
    const before = readdirSync(folder).sort();
    const { code, stderr } = await paretune(args, folder);
    expect(stderr).toMatch(expected);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(code).toBe(2);
    expect(readdirSync(folder).sort()).toEqual(before);
  });

  function copyOfRun(): void {
    rmSync(at('damaged'), { recursive: true, force: true });
    cpSync(at('one'), at('damaged'), { recursive: true });
  }

  function damagedJournal(): void {
    copyOfRun();
    const lines = journal('one').split('\n');
    writeFileSync(at('damaged', 'journal.jsonl'), lines.with(2, '{"kind":').join('\n'));
  }

  function impossibleJournal(): void {
    copyOfRun();
    const lines = journal('one').split('\n');
    writeFileSync(at('damaged', 'journal.jsonl'), lines.toSpliced(3, 0, lines[2]!).join('\n'));
  }

  function changedPlan(): void {
    copyOfRun();
    const text = readFileSync(at('damaged', 'plan.json'), 'utf8');
    writeFileSync(at('damaged', 'plan.json'), text.replace('trials: 14', 'trials: 15'));
  }
});
