import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { commandHere } from '../support/command-here.ts';
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

// The program has these pages from a bundle of its own.
test.each([[[]], [['--help']], [['--version']]])('paretune %j says what its modules say', async (argv) => {
  const { code, stdout, stderr } = await paretune(argv);
  expect({ code, stdout, stderr }).toEqual(await commandHere(...argv));
  expect(stdout).not.toBe('');
});
