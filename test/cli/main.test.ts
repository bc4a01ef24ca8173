import { execFileSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { paretune, startParetune, temporaryFolder } from '../support/command-line.ts';

const SCENARIOS = new URL('../../studies/kvsched/scenarios/', import.meta.url).pathname;
const folder = temporaryFolder();

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('a reader of stdout that leaves ends the program without a stack trace', async () => {
  const argv = ['kvsched', 'batch', '--scenarios', SCENARIOS, '--ticks', '100', '--no-plots', '--quiet'];
  const { process, finished } = startParetune(argv, folder);
  process.stdout!.destroy();
  const { code, stderr } = await finished;
  expect([code, stderr]).toEqual([141, '']);
  expect(existsSync(join(folder, 'results/aggregated/index.csv'))).toBe(false);
});

test.each([['--help'], ['--version']])('%s from the bundle of pages is what the modules say', async (flag) => {
  const page = await paretune([flag]);
  expect(page.code).toBe(0);
  expect(page.stdout).toMatch(/^(paretune <command>|\d+\.\d+\.\d+)\n/);
  // Said twice, it comes from the modules.
  expect(page).toEqual(await paretune([flag, flag]));
});

test.each([[['blis', '--help']], [['blis', 'run', '--help']]])(
  '%j from its bundle is what the modules say',
  async (argv) => {
    const module = new URL('../../dist/src/cli/blis/main.js', import.meta.url).href;
    const code = `const { run } = await import(${JSON.stringify(module)}); await run(${JSON.stringify(argv)});`;
    const said = execFileSync(process.execPath, ['--input-type=module', '--eval', code], { encoding: 'utf8' });
    expect(said).toMatch(/^paretune blis/);
    expect((await paretune(argv)).stdout).toBe(said);
  },
);

test('without a word the program says what it can do', async () => {
  expect(await paretune([])).toEqual(await paretune(['--help']));
});
