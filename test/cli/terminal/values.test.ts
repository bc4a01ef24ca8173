import { expect, it } from 'vitest';
import { commandHere } from '../../support/command-here.ts';

it.each([
  ['run', 'quickstart', '--out'],
  ['run', 'quickstart', '--workers', '--json'],
  ['simulate', 'quickstart', '--set'],
  ['simulate', 'quickstart', '--seed', '--json'],
  ['crosscheck', 'runs/a', '--point'],
  ['capacity', 'quickstart', '--from'],
  ['kvsched', 'run', '--scenario', 'x', '--seed'],
  ['cloud-edge', 'run', '--rate'],
  ['cloud-edge', 'build-dataset', '--prompts'],
  ['cloud-edge', 'build-dataset', '--endpoint'],
  ['gpu-jobs', 'roofline', '--tp'],
  ['pd-slo', 'run', '--config'],
  ['blis', 'run', '--model'],
  ['import', 'trace', 'x', '--out'],
])('a flag without its value is refused: %s %s %s %s', async (...argv) => {
  const { code, stderr, stdout } = await commandHere(...argv.filter((part) => part !== undefined));
  const flag = argv.findLast((part) => part?.startsWith('--') && part !== '--json')!;
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toMatch(new RegExp(`^paretune: a value is missing after ${flag}\\b.*\\n$`));
});

it.each([
  ['check', 'quickstart', '--json=perhaps'],
  ['list', '--no-json=1'],
  ['blis', 'run', '--streaming=yes'],
])('a switch takes true or false alone: %s %s %s', async (...argv) => {
  const { code, stderr, stdout } = await commandHere(...argv);
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toMatch(/^paretune: .*--|^paretune: --/);
});

it.each([
  ['run', 'quickstart', '--out='],
  ['run', 'quickstart', '--out', ''],
])('an empty value is none: %s %s %s', async (...argv) => {
  const { code, stderr } = await commandHere(...argv);
  expect([code, stderr]).toEqual([2, 'paretune: --out: needs a value, got an empty text\n']);
});
