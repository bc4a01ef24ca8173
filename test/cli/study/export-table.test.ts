import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fromArrow } from 'arquero';
import { afterAll, describe, expect, test } from 'vitest';
import { commandHere } from '../../support/command-here.ts';
import { temporaryFolder } from '../../support/command-line.ts';

const RUN = new URL('../../../reports/orthogonal-slo/llm-d-weighted', import.meta.url).pathname;
const folder = temporaryFolder();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const exported = (...argv: string[]) => commandHere('export', RUN, ...argv);

describe('export of tables', () => {
  test('--as csv prints trials.csv, or a row per simulation', async () => {
    const trials = await exported('--as', 'csv');
    const [columns, baseline] = readFileSync(join(RUN, 'trials.csv'), 'utf8').split('\n');
    expect(trials.stdout.split('\n')[0]).toBe(columns);
    expect(trials.stdout.split('\n')[1]!.split(',').slice(0, 12)).toEqual(baseline!.split(',').slice(0, 12));
    const { stdout, code } = await exported('--as', 'csv', '--table', 'replicates');
    expect(code).toBe(0);
    const [head, ...rows] = stdout.split('\n').map((line) => line.split(',').slice(0, 6).join());
    expect(head).toBe('trial,origin,status,stage,seed');
    expect(rows.slice(0, 4)).toEqual([
      ...[42, 123, 456].map((seed) => `0,baseline,observed,tuning,1,${seed}`),
      '0,baseline,observed,validation,1,1001',
    ]);
  });

  test('--as arrow writes a file that holds the same table', async () => {
    const file = join(folder, 'trials.arrow');
    const { code, stdout } = await exported('--as', 'arrow', '--out', file);
    expect(code).toBe(0);
    expect(stdout).toBe('');
    const { stdout: csv } = await exported('--as', 'csv');
    expect(fromArrow(readFileSync(file)).toCSV() === csv).toBe(true);
  });

  test.each([
    [['--as', 'arrow', '--point', '1'], '--point says nothing to --as arrow'],
    [['--table', 'trials'], '--table says nothing to --as blis'],
    [['--as', 'csv', '--out', join(folder, 'nowhere', 'a.csv')], 'cannot be written (ENOENT'],
  ])('refuses %j', async (argv, message) => {
    const { code, stdout, stderr } = await exported(...argv);
    expect(stderr).toContain(message);
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });
});
