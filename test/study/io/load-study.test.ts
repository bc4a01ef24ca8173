import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { describeInputError, InputError } from '../../../src/base/errors.ts';
import { loadStudySources } from '../../../src/study/io/load-study.ts';
import { paretune, temporaryFolder } from '../../support/command-line.ts';

const folder = temporaryFolder();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function write(name: string, texts: Readonly<Record<string, string>>): string {
  mkdirSync(join(folder, name));
  for (const [file, text] of Object.entries(texts)) writeFileSync(join(folder, name, file), text);
  return join(folder, name, 'study.yaml');
}

const STUDY = 'name: s\nstrategy: strategy.yaml\nspace: space.yaml\nseeds: [1, 1]\nbudget: {trials: 0}\nbatch: none\n';
const STRATEGY = 'name: t\nsimulator: cluster\nconfig: {}\nbaseline: {w: {a: 0}}\nextra: 1\n';
const SPACE = 'parameters:\n- {name: x, type: real, low: 2, high: 1}\n- {name: y, type: integer, low: 3, high: 3}\n';

test('study, strategy and search space are judged together', () => {
  const study = write('together', { 'study.yaml': STUDY, 'strategy.yaml': STRATEGY, 'space.yaml': SPACE });
  let text = '';
  try {
    loadStudySources(study);
  } catch (error) {
    text = describeInputError(error as InputError).replaceAll(`${folder}/together/`, '');
    expect(error).toBeInstanceOf(InputError);
  }
  expect(text.split('\n').map((line) => line.replace(/: .*/, ''))).toEqual([
    'study.yaml:5:10 budget.trials',
    'study.yaml:6:1 batch',
    'strategy.yaml:5:1 extra',
    'space.yaml:2:25 parameters[0].low',
    'space.yaml:3:28 parameters[1].low',
  ]);
});

test('the command line prints a line for each of 20 problems and the count of the rest, exits with 2 and writes nothing', async () => {
  const keys = Array.from({ length: 37 }, (_, i) => `stray_${i}: 1\n`).join('');
  const study = write('many', {
    'study.yaml': STUDY.slice(0, -12).replace('trials: 0', 'trials: 4').replace('1, 1', '1') + keys,
    'strategy.yaml': 'name: t\nsimulator: cluster\nconfig: {}\n',
    'space.yaml': 'parameters: {x: [1, 9]}\n',
  });
  const { code, stdout, stderr } = await paretune(['run', study, '--out', join(folder, 'out')], folder);
  expect([code, stdout]).toEqual([2, '']);
  const lines = stderr.trimEnd().split('\n');
  expect(lines).toHaveLength(21);
  expect(lines[0]).toMatch(/^paretune: .*study\.yaml:\d+:1 stray_0: unknown key "stray_0"; known keys: /);
  expect(lines.at(-1)).toBe('paretune: and 17 more');
});
