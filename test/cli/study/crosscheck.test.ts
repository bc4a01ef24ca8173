import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { commandHere } from '../../support/command-here.ts';
import { temporaryFolder } from '../../support/command-line.ts';
import { dataOf } from '../../support/json-output.ts';
import { OpenAiServer } from '../../support/openai-server/server.ts';
import { writeProgram } from '../../support/page-commands.ts';

const folder = temporaryFolder();
const run = join(folder, 'run');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

beforeAll(async () => {
  const root = process.cwd();
  const study = `name: crosscheck
strategy: ${root}/strategies/llm-d-weighted.yaml
space: ${root}/search-spaces/llm-d-weighted.yaml
workload: ${root}/studies/workloads/orthogonal-slo.yaml
workload_overrides: {num_requests: 60}
objectives: [{metric: ttft_p99_ms}, {metric: tokens_per_sec}]
seeds: [42, 43]
budget: {trials: 3}
sampler: sobol
`;
  writeFileSync(join(folder, 'study.yaml'), study);
  writeProgram(join(folder, 'blis'), (program) => `exec ${program} blis "$@"`);
  const strategy = `name: elsewhere
simulator: command
config:
  command: [/bin/sh, -c, 'echo "{\\"ttft_p99_ms\\": $PARETUNE_SEED}"', "\${values}"]
  metrics: {ttft_p99_ms: {unit: ms, better: lower}}
`;
  writeFileSync(join(folder, 'elsewhere.yaml'), strategy);
  writeFileSync(join(folder, 'broken.yaml'), strategy.replace('echo', 'false; exit 1; echo'));
  const { code, stderr } = await commandHere(
    'run',
    join(folder, 'study.yaml'),
    '--out',
    run,
    '--quiet',
    '--workers',
    '1',
  );
  expect(code, stderr).toBe(0);
}, 120_000);

describe('paretune crosscheck', () => {
  test('with BLIS finds no difference in any figure that both tell, on the seeds of the run', async () => {
    const flags = ['--point', 'knee', '--point', 'baseline', '--json', '--quiet'];
    const { code, stdout, stderr } = await commandHere(
      'crosscheck',
      run,
      '--with',
      `blis=${join(folder, 'blis')}`,
      ...flags,
    );
    expect(code, stderr).toBe(0);
    const { points } = dataOf(stdout) as { points: { metrics: { metric: string; difference: number }[] }[] };
    expect(points).toHaveLength(2);
    for (const { metrics } of points) {
      expect(metrics.map(({ metric }) => metric)).toContain('ttft_p99_ms');
      expect(metrics.filter(({ difference }) => difference !== 0)).toEqual([]);
    }
  }, 120_000);

  test('with a command prints a table of what it tells, and says what it does not', async () => {
    const target = `command=${join(folder, 'elsewhere.yaml')}`;
    const { code, stdout, stderr } = await commandHere(
      'crosscheck',
      run,
      '--with',
      target,
      '--point',
      'best:ttft_p99_ms',
      '--quiet',
    );
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(/^trial \d \(best:ttft_p99_ms\) with command=/);
    expect(stdout).toMatch(/ttft_p99_ms +ms +[\d.,]+ +42\.50/);
    expect(stderr).toContain('"tokens_per_sec" is not told there');
  });

  test('with a server puts the requests of the run on it, and compares what clients see', async () => {
    const server = await OpenAiServer.start({ ttftMs: 40, itlMs: 0.5 });
    try {
      const { code, stdout, stderr } = await commandHere(
        ...['crosscheck', run, '--with', `http=${server.url}`, '--point', 'knee', '--json', '--quiet'],
      );
      expect(code, stderr).toBe(0);
      const { points } = dataOf(stdout) as { points: { metrics: { metric: string; elsewhere: number }[] }[] };
      const there = new Map(points[0]!.metrics.map(({ metric, elsewhere }) => [metric, elsewhere]));
      expect(there.get('ttft_mean_ms')).toBeGreaterThan(39);
      expect(there.get('completion_fraction')).toBe(1);
      expect(there.has('tokens_per_sec')).toBe(true);
      // Two seeds, each with ten requests before those that count; the round trip is measured before.
      expect(server.records.length).toBeGreaterThanOrEqual(2 * (60 + 10));
    } finally {
      await server.stop();
    }
  }, 60_000);

  test('with a server and a hook puts each point in place', async () => {
    const server = await OpenAiServer.start({ itlMs: 0.1 });
    const marks = join(folder, 'marks');
    const strategy = `name: server
simulator: http
config:
  url: ${server.url}
  model: any
  warm_up: {requests: 0}
  apply:
    command: [/bin/sh, -c, 'echo "$PARETUNE_VALUES" >> ${marks}']
    files: {${join(folder, 'point.yaml')}: "\${values}"}
    ready: {url: ${server.url}/metrics}
`;
    writeFileSync(join(folder, 'server.yaml'), strategy);
    const target = `http=${join(folder, 'server.yaml')}`;
    try {
      const { code, stdout, stderr } = await commandHere(
        ...['crosscheck', run, '--with', target, '--point', 'baseline', '--point', '1', '--quiet'],
      );
      expect(code, `${stdout}${stderr}`).toBe(0);
      expect(stdout.match(/^trial \d .*with http=/gm)).toHaveLength(2);
      expect(stdout).toContain('ttft_p99_ms');
      const placed = readFileSync(marks, 'utf8').trim().split('\n');
      expect(new Set(placed).size).toBe(2);
    } finally {
      await server.stop();
    }
  }, 60_000);

  test('tells why a point could not be measured there, and keeps the log beside the run', async () => {
    const target = `command=${join(folder, 'broken.yaml')}`;
    const { code, stdout } = await commandHere('crosscheck', run, '--with', target, '--point', '1', '--quiet');
    expect(code).toBe(1);
    expect(stdout).toMatch(/^trial 1 with \S+: failed, the command failed: exit code 1 \(log: logs/);
    expect(readdirSync(join(run, 'logs')).length).toBeGreaterThan(0);
  });

  test('refuses targets and points that there are not, in one line', async () => {
    const refused = async (...flags: string[]) => (await commandHere('crosscheck', run, ...flags)).stderr;
    expect(await refused('--with', 'vidur=x')).toContain('--with must be blis=PROGRAM, command=FILE');
    expect(await refused('--with', 'blis=x', '--point', 'best:nothing')).toMatch(
      /no point "best:nothing"; a trial number/,
    );
    expect(await refused('--with', 'http=http://h', '--point', '0', '--point', '1')).toContain('one point only');
    expect(await refused('--with', 'http=/no/such.yaml')).toContain('/no/such.yaml');
  });
});
