import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fromArrow } from 'arquero';
import { parquetReadObjects } from 'hyparquet';
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
    const [head, ...rows] = stdout.split('\n').map((line) => line.split(',').slice(0, 5).join());
    expect(head).toBe('trial,origin,status,stage,seed');
    expect(rows.slice(0, 4)).toEqual([
      ...[42, 123, 456].map((seed) => `0,baseline,observed,tuning,${seed}`),
      '0,baseline,observed,validation,1001',
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

  test('--as parquet writes a file that holds the same values', async () => {
    const file = join(folder, 'replicates.parquet');
    expect((await exported('--as', 'parquet', '--table', 'replicates', '--out', file)).code).toBe(0);
    const { buffer, byteOffset, byteLength } = readFileSync(file);
    const rows = await parquetReadObjects({ file: buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer });
    const { stdout } = await exported('--as', 'csv', '--table', 'replicates');
    const [head, ...lines] = stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.split(','));
    expect(rows).toHaveLength(lines.length);
    for (const name of ['trial', 'seed', 'stage', 'ttft_p99_ms']) {
      const column = head!.indexOf(name);
      expect(rows.map((row) => String(row[name])).join()).toBe(lines.map((line) => line[column]).join());
    }
  });

  test('--as optuna writes a journal: a study, its metrics, and every trial with values, parameters and slacks', async () => {
    const { stdout, code } = await exported('--as', 'optuna');
    expect(code).toBe(0);
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    const report = JSON.parse(readFileSync(join(RUN, 'report.json'), 'utf8')) as {
      objectives: string[];
      trials: { metrics: Record<string, { mean: number }> }[];
    };
    expect(lines[0]).toMatchObject({ op_code: 0, directions: report.objectives.map(() => expect.any(Number)) });
    expect(lines[2]).toMatchObject({ op_code: 3, system_attr: { 'study:metric_names': report.objectives } });
    const trials = lines.slice(3);
    expect(trials).toHaveLength(report.trials.length);
    const means = report.objectives.map((name) => report.trials[5]!.metrics[name]!.mean);
    expect(trials[5]).toMatchObject({ op_code: 4, study_id: 0, state: 1, values: means });
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
