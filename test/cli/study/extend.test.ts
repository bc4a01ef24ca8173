import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readJournal } from '../../../src/study/io/journal-file.ts';
import { replay, type StudyState } from '../../../src/study/journal.ts';
import type { Trial } from '../../../src/study/trial.ts';
import { commandHere } from '../../support/command-here.ts';
import { temporaryFolder } from '../../support/command-line.ts';
import { KV_SPACE, KV_STRATEGY, KV_WORKLOAD } from '../../support/record-run.ts';

const STUDY = `name: one
strategy: strategy.yaml
space: space.yaml
workload: scenario.yaml
objectives: [{metric: p99_ms}, {metric: kv_migration_bytes}]
seeds: [1, 2]
validation: {seeds: [11], points: 1}
budget: {trials: 6}
sampler: gp
seed: 3
`;

const folder = temporaryFolder();
const at = (...names: string[]): string => join(folder, ...names);
const SHARED = ['--workers', '1', '--quiet'];

beforeAll(async () => {
  writeFileSync(at('scenario.yaml'), KV_WORKLOAD);
  writeFileSync(at('strategy.yaml'), KV_STRATEGY);
  writeFileSync(at('space.yaml'), KV_SPACE);
  writeFileSync(at('study.yaml'), STUDY);
  expect((await commandHere('run', at('study.yaml'), '--out', at('one'), ...SHARED)).code).toBe(0);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const stateOf = (run: string): StudyState => replay(readJournal(at(run)).entries);
const journal = (run: string): string => readFileSync(at(run, 'journal.jsonl'), 'utf8');
const bySeed = ({ outcome }: Trial): unknown[] => (outcome?.kind === 'observed' ? [...outcome.replicates] : []);
const verified = async (run: string): Promise<string> => (await commandHere('verify', at(run), ...SHARED)).stdout;

describe('run --extend', () => {
  test('goes on in a new folder: trials and figures of the old run first, then new ones; verify holds bit for bit', async () => {
    const before = journal('one');
    const { code, stderr } = await commandHere(
      ...['run', '--extend', at('one'), '--trials', '9', '--out', at('more'), ...SHARED],
    );
    expect(code).toBe(0);
    expect(stderr).toMatch(/one: 1[2-9] simulations of 6 vectors are taken over\n/);
    const [old, extended] = [stateOf('one').trials, stateOf('more').trials];
    expect(extended).toHaveLength(9);
    expect(extended.slice(0, 6).map(({ values, outcome }) => ({ values, outcome }))).toEqual(
      old.map(({ values, outcome }) => ({ values, outcome })),
    );
    expect(extended.map(({ origin }) => origin)).toEqual([
      'baseline',
      ...Array.from({ length: 5 }, () => 'carried'),
      ...Array.from({ length: 3 }, () => 'sampler'),
    ]);
    expect(journal('one')).toBe(before);
    expect(await verified('more')).toMatch(/^identical: \d+ journal entries recomputed\n$/);
  });

  test.each([true, false])(
    'an interrupted extension ends in the same bytes, with the old run there: %s',
    async (there) => {
      const run = there ? 'there' : 'gone';
      cpSync(at('more'), at(run), { recursive: true });
      writeFileSync(at(run, 'journal.jsonl'), `${journal('more').split('\n').slice(0, 10).join('\n')}\n`);
      if (!there) cpSync(at('one', 'plan.json'), at('plan-of-one.json'));
      if (!there) rmSync(at('one', 'plan.json'));
      const { code, stderr } = await commandHere('resume', at(run), ...SHARED);
      if (!there) cpSync(at('plan-of-one.json'), at('one', 'plan.json'));
      expect(code).toBe(0);
      expect(stderr).toMatch(there ? /are taken over/ : /one is not there: what it measured is measured again/);
      expect(journal(run)).toBe(journal('more'));
    },
  );

  test('further seeds and a wider range: every vector is measured on the new seed only, and verify holds', async () => {
    writeFileSync(at('space.yaml'), KV_SPACE.replace('b: [0.1, 10]', 'b: [0.1, 30]'));
    const { code, stderr } = await commandHere(
      ...[
        'run',
        at('study.yaml'),
        '--extend',
        at('one'),
        '--seeds',
        '5',
        '--trials',
        '7',
        '--out',
        at('wide'),
        ...SHARED,
      ],
    );
    writeFileSync(at('space.yaml'), KV_SPACE);
    expect(code).toBe(0);
    expect(stderr).toContain('seed 5: every vector is measured, those taken over too');
    const [old, wide] = [stateOf('one').trials, stateOf('wide').trials];
    expect(wide).toHaveLength(7);
    for (const [index, trial] of old.entries()) {
      expect(bySeed(wide[index]!)).toHaveLength(3);
      expect(bySeed(wide[index]!).slice(0, 2)).toEqual(bySeed(trial));
    }
    expect(await verified('wide')).toMatch(/^identical/);
  });

  test('vectors outside of a narrower range do not count, and that is said', async () => {
    writeFileSync(at('space.yaml'), KV_SPACE.replace('a: [0.1, 10]', 'a: [0.9, 1.1]'));
    const { code, stderr } = await commandHere(
      ...['run', at('study.yaml'), '--extend', at('one'), '--out', at('narrow'), ...SHARED],
    );
    writeFileSync(at('space.yaml'), KV_SPACE);
    expect(code).toBe(0);
    expect(stderr).toMatch(/one: \d vectors lie outside of the search space and do not count/);
    expect(
      stateOf('narrow')
        .trials.map(({ values }) => values['a'] as number)
        .filter((a) => a < 0.9 || a > 1.1),
    ).toEqual([]);
  });

  test('a study of other requests takes nothing over: one line, and nothing is written', async () => {
    writeFileSync(at('scenario.yaml'), KV_WORKLOAD.replace('num_requests: 200', 'num_requests: 150'));
    const { code, stderr } = await commandHere(
      ...['run', at('study.yaml'), '--extend', at('one'), '--out', at('none'), ...SHARED],
    );
    writeFileSync(at('scenario.yaml'), KV_WORKLOAD);
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /one: nothing that was measured there counts here: other workloads: a seed stands for other requests; name the run under `warm_start`/,
    );
    expect(existsSync(at('none'))).toBe(false);
  });

  test.each([
    [['run', '--trials', '9'], '--trials goes with --extend'],
    [['run', '--seeds', '9'], '--seeds goes with --extend'],
    [['run', '--extend', at('one')], '--extend needs something new'],
    [['run', '--extend', at('one'), '--trials', '6'], /--trials: must be above the 6 trials that .*one has, got 6/],
    [
      ['run', '--extend', at('one'), '--trials', '9', '--seeds', '11'],
      /validation seeds must be fresh, but 11 is used/,
    ],
    [['run'], 'study is required'],
  ])('%j is refused in one line', async (argv, line) => {
    const { code, stderr } = await commandHere(...argv);
    expect(code).toBe(2);
    expect(stderr).toMatch(line);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });
});
