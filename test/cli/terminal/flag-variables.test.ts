import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, expect, it, vi } from 'vitest';
import { commandHere } from '../../support/command-here.ts';

const folder = mkdtempSync(join(tmpdir(), 'variables-'));
afterEach(() => vi.unstubAllEnvs());
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const simulate = async (...flags: string[]) =>
  await commandHere('simulate', 'quickstart', '--seed', '7', '--set', 'max_num_seqs=64', ...flags);

it('a variable stands for a flag that is not typed, and a typed one wins', async () => {
  vi.stubEnv('PARETUNE_DRY_RUN', 'true');
  vi.stubEnv('PARETUNE_MODEL', 'no/such-model');
  const fromVariable = await commandHere('init', join(folder, 'a'));
  expect(fromVariable.code).toBe(2);
  expect(fromVariable.stderr).toContain('no/such-model');
  const typed = await commandHere('init', join(folder, 'a'), '--model', 'Qwen/Qwen3-14B');
  expect(typed.code, typed.stderr).toBe(0);
  expect(readdirSync(folder)).toEqual([]);
});

it('a switch is true or false, anything else is refused by the name of the variable', async () => {
  vi.stubEnv('PARETUNE_JSON', 'perhaps');
  expect(await simulate()).toMatchObject({
    code: 2,
    stderr: 'paretune: PARETUNE_JSON: must be true or false, got "perhaps"\n',
  });
});

it('a value that a flag refuses is refused, and an empty variable is none', async () => {
  vi.stubEnv('PARETUNE_WORKERS', 'two');
  const refused = await commandHere('run', 'quickstart', '--out', join(folder, 'run'));
  expect([refused.code, readdirSync(folder)]).toEqual([2, []]);
  expect(refused.stderr).toMatch(/^paretune: --workers: /);
  vi.stubEnv('PARETUNE_WORKERS', '');
  vi.stubEnv('PARETUNE_OUT', '');
  const { stderr } = await commandHere('run', 'no-such-study');
  expect(stderr).toContain('no-such-study');
});

it('what an evaluation finds in its environment is no flag of a program that it starts', async () => {
  vi.stubEnv('PARETUNE_SEED', 'perhaps');
  const run = () => commandHere('pd-slo', 'run', '--requests', '20');
  const refused = await run();
  expect(refused.code).toBe(2);
  expect(refused.stderr).toContain('--seed');
  vi.stubEnv('PARETUNE_EVALUATION', 'mark');
  expect((await run()).code).toBe(0);
});
