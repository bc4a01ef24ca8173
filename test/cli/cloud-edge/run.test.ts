import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { type ComparedMetric, type ComparisonRow, verdictOf } from '../../../src/companions/cloud-edge/comparison.ts';
import { temporaryFolder } from '../../support/command-line.ts';
import { dataOf } from '../../support/json-output.ts';
import { cloudEdge } from './support.ts';

let folder = '';
beforeEach(() => {
  folder = temporaryFolder();
});

const SHORT = ['--duration', '60', '--rate', '5', '--quiet'];

function table(name: string): Readonly<Record<string, string>>[] {
  const [head, ...rows] = readFileSync(join(folder, name), 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.split(','));
  return rows.map((row) => Object.fromEntries(head!.map((key, i) => [key, row[i]!])));
}

describe('paretune cloud-edge run', () => {
  test('writes the artifacts, and the summary follows from the completed requests', async () => {
    const { code, stdout } = await cloudEdge(
      'run',
      '--mode',
      'time-series',
      ...SHORT,
      '--epochs',
      '2',
      '--out',
      folder,
      '--json',
    );
    expect(code).toBe(0);
    const suffix = 'batch_addbaseline_Qwen_epoch_0.001nu_1lam.csv';
    expect(readdirSync(folder).sort()).toEqual([
      `exp_completed_requests_${suffix}`,
      `exp_summary_${suffix}`,
      `exp_timeseries_${suffix}`,
    ]);
    const { runs, files } = dataOf(stdout);
    expect(files).toHaveLength(3);
    expect(runs).toHaveLength(20);
    const requests = table(`exp_completed_requests_${suffix}`);
    for (const row of table(`exp_summary_${suffix}`)) {
      const own = requests.filter(
        ({ epoch, scheduler_name }) => epoch === row['epoch'] && scheduler_name === row['scheduler_name'],
      );
      expect(own).toHaveLength(Number(row['total_completed_requests']));
      const mean = own.reduce((sum, { jct }) => sum + Number(jct), 0) / own.length;
      expect(Math.abs(mean - Number(row['avg_jct_s']))).toBeLessThan(1e-4);
      const cloud = own.filter(({ is_edge }) => is_edge === 'False').length;
      expect(Math.abs(cloud / own.length - Number(row['cloud_offload_rate']))).toBeLessThan(1e-4);
      // Keys of these two are no times, so no prediction error is claimed.
      if (/CLinUCB|Historical/.test(row['scheduler_name']!)) expect(row['avg_prediction_error_s_edge_nn']).toBe('');
      if (/CNGreedy|DUCB/.test(row['scheduler_name']!)) expect(row['avg_prediction_error_s_edge_nn']).not.toBe('');
    }
    const decisions = table(`exp_timeseries_${suffix}`);
    expect(decisions.every(({ actual_reward }) => Number(actual_reward) <= 0)).toBe(true);
    expect(Math.max(...decisions.map(({ cloud_busy_slots }) => Number(cloud_busy_slots)))).toBeLessThanOrEqual(8);
  });

  test('the overrides change the run, equal ones repeat it', async () => {
    const json = async (...extra: string[]): Promise<string> =>
      (await cloudEdge('run', '--scheduler', 'fcfs', '--no-save', '--json', '--quiet', ...extra)).stdout;
    const base = ['--duration', '60', '--rate', '5', '--seed', '1'];
    const first = await json(...base);
    expect(
      await json('--set', 'simulation_duration=60', '--set', 'request_rate_lambda=5', '--set', 'random_seed=1'),
    ).toBe(first);
    const config = join(folder, 'c.yaml');
    writeFileSync(config, 'simulation_duration: 60\nrequest_rate_lambda: 9\nrandom_seed: 1\n');
    expect(await json('--config', config, '--rate', '5')).toBe(first);
    expect(await json('--config', config)).not.toBe(first);
    expect(await json('--duration', '60', '--rate', '5', '--seed', '2')).not.toBe(first);
    expect(readdirSync(folder)).toEqual(['c.yaml']);
  });

  test('the continuous simulator has its own defaults', async () => {
    const { stdout } = await cloudEdge(
      'run',
      '--mode',
      'continuous',
      '--scheduler',
      'fcfs',
      ...SHORT,
      '--out',
      folder,
      '--json',
    );
    const { runs } = dataOf(stdout);
    const rows = table('exp_timeseries_batch_addbaseline_Qwen_epoch_0.001nu_1lam.csv');
    expect(rows[0]).toMatchObject({ edge_total_slots: '16', edge_batch_capacity: '4' });
    expect(runs[0].summary.cloud_offload_rate).toBeLessThan(0.5);
  });

  test('a load becomes a rate by the capacity of both nodes', async () => {
    const { stdout } = await cloudEdge(
      ...['compare', '--scheduler', 'fcfs', '--epochs', '1', '--duration', '30', '--quiet', '--json', '--load', '0.9'],
    );
    const rate = dataOf(stdout).request_rate_lambda;
    expect(rate).toBeGreaterThan(4.5);
    expect(rate).toBeLessThan(5.6);
  });

  test('a table goes to the terminal, progress to the other stream', async () => {
    const args = ['run', '--scheduler', 'fcfs', '--no-save', '--duration', '60', '--rate', '5'];
    const { stdout, stderr } = await cloudEdge(...args);
    expect(stdout).toMatch(/^epoch, scheduler .*\n1, B1_Edge_Cloud_FCFS/);
    expect(stderr).toMatch(/^runs 1\/1/m);
  });

  test('nothing completed is said and has its own exit code', async () => {
    const { code, stdout } = await cloudEdge('run', '--scheduler', 'fcfs', '--rate', '0', '--quiet', '--no-save');
    expect(code).toBe(3);
    expect(stdout).toContain('No requests completed');
  });

  test.each([
    [['--set', 'nn_batchsize=8'], /--set nn_batchsize: unknown key "nn_batchsize"; did you mean "nn_batch_size"/],
    [['--set', 'oops'], /--set needs key=value/],
    [['--rate', '-1'], /^paretune: --rate: must be ≥ 0, got -1$/m],
    [['--epochs', '0'], /--epochs: must be an integer ≥ 1 and ≤ 100000, got 0/],
    [['--scheduler', 'fcsf'], /unknown scheduler "fcsf"; did you mean "fcfs"/],
    [['--mode', 'dynamic'], /--mode: must be "static" or "time-series" or .*, got "dynamic"/],
    [['--dataset', 'path/to/dataset.jsonl'], /still a placeholder/],
    [['--dataset', 'nowhere.jsonl'], /nowhere\.jsonl: dataset_path: file not found/],
    [['--rate', '5', '--load', '0.9'], /exclude each other/],
  ])('%j is refused in one line, and nothing is written', async (extra, message) => {
    const { code, stderr } = await cloudEdge('run', ...extra, '--out', folder);
    expect(code).toBe(2);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(stderr).toMatch(message);
    expect(readdirSync(folder)).toEqual([]);
  });

  test('a complaint about the configuration file names its line', async () => {
    const config = join(folder, 'c.yaml');
    writeFileSync(config, 'random_seed: 1\nnetwork_rtt: -2\n');
    const { code, stderr } = await cloudEdge('run', '--config', config, '--out', join(folder, 'out'));
    expect(code).toBe(2);
    expect(stderr).toMatch(/c\.yaml:2:1 network_rtt: must be ≥ 0, got -2/);
    expect(existsSync(join(folder, 'out'))).toBe(false);
  });

  test('every mistake is told: of the file in its order with line and column, of flags by their name', async () => {
    const config = join(folder, 'c.yaml');
    writeFileSync(
      config,
      'network_rtt: -2\nnn_hidden_layers: [8, 0]\nnn_batch_size: 64\nrandom_seed: x\nlegacy: [stale]\n',
    );
    const flags = ['--seed', '-1', '--set', 'nn_training_buffer_maxlen=8', '--out', join(folder, 'out')];
    const { code, stderr } = await cloudEdge('run', '--config', config, ...flags);
    expect(code).toBe(2);
    const lines = stderr.replaceAll(config, 'c.yaml').trim().split('\n');
    expect(lines.sort()).toEqual(
      [
        '--seed: must be an integer ≥ 0, got -1',
        '--set nn_training_buffer_maxlen: must be ≥ nn_batch_size (64), got 8: the network would never train',
        'c.yaml:1:1 network_rtt: must be ≥ 0, got -2',
        'c.yaml:2:23 nn_hidden_layers[1]: must be an integer ≥ 1 and ≤ 4096, got 0',
        'c.yaml:5:10 legacy[0]: must be "cloud_average" or "stale_scores" or "mixed_labels", got "stale"',
      ].map((line) => expect.stringContaining(line)),
    );
    expect(existsSync(join(folder, 'out'))).toBe(false);
  });
});

describe('paretune cloud-edge compare', () => {
  test('gives means and paired changes with their intervals', async () => {
    const args = ['--scheduler', 'clinucb', '--epochs', '3', '--metric', 'avg_jct_s', '--json', ...SHORT];
    const { code, stdout } = await cloudEdge('compare', ...args);
    expect(code).toBe(0);
    const { rows, reference, epochs } = dataOf(stdout);
    expect([reference, epochs, rows.length]).toEqual(['fcfs', 3, 2]);
    expect(rows[0].change).toBeNull();
    expect(rows[1].change.scale).toBe('log-ratio');
    expect(rows[1].change.value).toBeCloseTo(rows[1].value.value / rows[0].value.value - 1, 1);
    expect(rows[1].change.high).toBeGreaterThan(rows[1].change.value);
  });

  test('writes a page that says what is better and what is worse, with a picture', async () => {
    const out = temporaryFolder();
    const args = ['--scheduler', 'clinucb', '--epochs', '2', '--metric', 'avg_jct_s', 'p99_jct_s', ...SHORT];
    const { code } = await cloudEdge('compare', ...args, '--out', out);
    expect(code).toBe(0);
    const page = readFileSync(join(out, 'README.md'), 'utf8');
    expect(page).toMatch(/^# clinucb against fcfs$/m);
    expect(page).toContain('Made by `paretune cloud-edge compare --scheduler clinucb --epochs 2 ');
    expect(page).toMatch(/^- \*\*clinucb\*\*: better .*; worse .*\.$/m);
    expect(page).toMatch(/^\| p99_jct_s \| B4_CLinUCB_Diag \| [\d.]+ \| [\d.]+ \| [+−][\d.]+ % \| .* … .* \|/m);
    expect(readFileSync(join(out, 'comparison.svg'), 'utf8')).toMatch(/^<svg/);
    expect(existsSync(join(out, 'comparison.png'))).toBe(true);
  });

  test('a change is clear where its interval leaves out 0, good or bad by what is wished of the metric', () => {
    const row = (metric: ComparedMetric, low: number, high: number): ComparisonRow => ({
      ...{ scheduler: 'clinucb', scheduler_name: 'B4_CLinUCB_Diag', metric },
      ...{ value: { value: 1, low: 1, high: 1 }, change: { scale: 'log-ratio', value: (low + high) / 2, low, high } },
    });
    expect(verdictOf(row('avg_jct_s', -0.3, -0.1))).toBe('better');
    expect(verdictOf(row('p99_jct_s', 0.1, 0.3))).toBe('worse');
    expect(verdictOf(row('total_throughput_rps', 0.1, 0.3))).toBe('better');
    expect(verdictOf(row('avg_jct_s', -0.1, 0.3))).toBe('no clear difference');
  });

  test('an unknown metric is refused with the known ones', async () => {
    const { code, stderr } = await cloudEdge('compare', '--metric', 'avg_jct');
    expect(code).toBe(2);
    expect(stderr).toMatch(/unknown metric "avg_jct"; did you mean "avg_jct_s"/);
  });
});
