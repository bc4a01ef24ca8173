import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { paretune, temporaryFolder } from '../support/command-line.ts';

/** What of the documents' command lines takes minutes, at its full length; the rest is in test/cli/origin-commands. */
const ROOT = new URL('../../', import.meta.url).pathname;

test('the batch over all scenarios and schedulers draws a figure for each', async () => {
  const folder = temporaryFolder();
  cpSync(join(ROOT, 'studies/kvsched/scenarios'), join(folder, 'configs/scenarios'), { recursive: true });
  const line =
    'batch --scenarios configs/scenarios/ --schedulers kv_heuristic,load_only,kv_only,random --seeds 0,1,2 --ticks 1000';
  const { code, stderr } = await paretune(['kvsched', ...line.split(' ')], folder);
  expect([code, stderr]).toEqual([0, expect.stringContaining('480 of 480 runs in results/aggregated/index.csv')]);
  const figures = readdirSync(join(folder, 'results/figures'));
  const expected = readdirSync(join(folder, 'configs/scenarios')).flatMap((name) =>
    ['prefill', 'decode'].map((stage) => `cdf_${stage}_${name.replace('.yaml', '')}`),
  );
  for (const name of [...expected, 'p99_bar', 'p99_total_bar', 'migration_bytes_bar']) {
    expect(figures).toEqual(expect.arrayContaining([`${name}.png`, `${name}.svg`]));
  }
});

test.each([
  ['static', 2],
  ['time-series', 3],
  ['continuous', 3],
])('ten epochs of two hours, mode %s', async (mode, files) => {
  const folder = temporaryFolder();
  const made = await paretune(['cloud-edge', 'build-dataset', '--synthetic', '5000', '--name', 'Qwen2.5-3B'], folder);
  expect(made.code).toBe(0);
  const dataset_path = join(folder, 'inference_results/inference_data_Qwen2_5-3B.jsonl');
  writeFileSync(
    join(folder, 'override.json'),
    JSON.stringify({ dataset_path, simulation_duration: 7200, log_level: 'INFO' }),
  );
  const argv = ['cloud-edge', 'run', '--config', 'override.json', '--mode', mode, '--epochs', '10'];
  expect((await paretune([...argv, '--quiet'], folder)).code).toBe(0);
  const written = readdirSync(folder).filter((name) => name.endsWith('.csv'));
  expect(written).toHaveLength(files);
  const summary = written.find((name) => name.startsWith('exp_summary'))!;
  expect(readFileSync(join(folder, summary), 'utf8').trim().split('\n')).toHaveLength(1 + 9 * 10);
});
