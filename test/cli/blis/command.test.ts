import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { COMMANDS } from '../../../src/cli/commands.ts';
import { main } from '../../../src/cli/terminal/program.ts';
import { fixture } from './golden.ts';

const folder = mkdtempSync(join(tmpdir(), 'blis-command-'));
const out = (name: string) => join(folder, name);

/** Runs the command in this process; what it prints is caught. */
async function paretune(...argv: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const printed = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    vi.spyOn(process[stream], 'write').mockImplementation((text) => {
      printed[stream] += String(text);
      return true;
    });
  }
  const code = await main(argv, COMMANDS);
  vi.restoreAllMocks();
  return { code, ...printed };
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe('paretune blis', () => {
  const small = ['blis', 'run', '--model', 'qwen/qwen3-14b', '--rate', '20', '--num-requests', '10'];

  it('prints figures on stdout, warnings on stderr, and writes metrics and trace', async () => {
    const run = await paretune(
      ...small,
      '--admission-policy=tier-shed',
      '--metrics-path',
      out('m.json'),
      '--trace-output',
      out('t'),
    );
    expect(run.code).toBe(0);
    expect(run.stdout).toMatch(
      /^=== Simulation Metrics ===\n\{\n {2}"instance_id": "cluster",\n {2}"completed_requests": 10,/,
    );
    expect(run.stderr).toMatch(/^paretune: warning: tier-shed chosen/);
    const metrics = JSON.parse(readFileSync(out('m.json'), 'utf8')) as { requests: unknown[]; cache_hit_rate: number };
    expect(metrics.requests.length).toBe(10);
    expect(readFileSync(out('t.csv'), 'utf8').trim().split('\n').length).toBe(11);
    expect(readFileSync(out('t.yaml'), 'utf8')).toContain('workload_seed: 42');
  });

  it('composes workload files into one that it can run, with warnings on stderr', async () => {
    const file = (name: string, rate: number, params: string) => {
      const length = `{type: exponential, params: ${params}}`;
      const text = `aggregate_rate: ${rate}\nclients: [{id: ${name}, rate_fraction: 1, arrival: {process: poisson}, input_distribution: ${length}, output_distribution: ${length}}]\n`;
      writeFileSync(out(name), text);
      return out(name);
    };
    const one = file('one.yaml', 30, '{mean: 20, std_dev: 3}');
    const both = await paretune('blis', 'compose', '--from', one, '--from', file('two.yaml', 10, '{mean: 9}'));
    expect(both.code).toBe(0);
    expect(both.stderr.split('\n')[0]).toContain(
      'one.yaml: clients[0].input_distribution.params.std_dev is no parameter',
    );
    writeFileSync(out('both.yaml'), both.stdout);
    const run = await paretune(
      'blis',
      'run',
      '--model',
      'qwen/qwen3-14b',
      '--workload-spec',
      out('both.yaml'),
      '--num-requests',
      '12',
    );
    expect([run.code, run.stderr]).toEqual([0, '']);
    expect(run.stdout).toContain('"completed_requests": 12');
    const tolerant = await paretune(
      'blis',
      'run',
      '--model',
      'qwen/qwen3-14b',
      '--workload-spec',
      one,
      '--num-requests',
      '3',
    );
    expect(tolerant.code).toBe(0);
    expect(tolerant.stderr).toContain('has no effect; known: mean, min, max');
    expect((await paretune('blis', 'compose')).stderr).toContain('--from: is required');
  });

  it('converts a named workload to a file that it can run', async () => {
    const preset = await paretune(
      'blis',
      'convert',
      'preset',
      '--name',
      'chatbot',
      '--rate',
      '5',
      '--num-requests',
      '4',
    );
    writeFileSync(out('chatbot.yaml'), preset.stdout);
    const run = await paretune('blis', 'run', '--model', 'qwen/qwen3-14b', '--workload-spec', out('chatbot.yaml'));
    expect(run.stdout).toContain('"completed_requests": 4');
    const bad = await paretune('blis', 'convert', 'preset', '--name', 'chatbot', '--rate', '0');
    expect([bad.code, bad.stdout]).toEqual([2, '']);
    expect(bad.stderr).toContain('--rate: must be > 0, got "0"');
  });

  it('refuses commands of BLIS that it does not have, by name and whatever their flags', async () => {
    const { code, stdout, stderr } = await paretune('blis', 'convert', 'csv-trace', '--path', 'x');
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^paretune: csv-trace is not available: /);
  });

  it('hides warnings with --log error', async () => {
    const run = await paretune(...small, '--admission-policy', 'tier-shed', '--log', 'error');
    expect([run.code, run.stderr]).toEqual([0, '']);
  });

  it('replays a trace and writes latencies of completed requests', async () => {
    await paretune(...small, '--trace-output', out('r'));
    const run = await paretune(
      ...['blis', 'replay', '--model', 'qwen/qwen3-14b', '--horizon', '9223372036854775807'],
      ...['--trace-header', out('r.yaml'), '--trace-data', out('r.csv'), '--results-path', out('results.json')],
    );
    expect(run.code).toBe(0);
    const results = JSON.parse(readFileSync(out('results.json'), 'utf8')) as Record<string, number>[];
    expect(results.map((one) => one['request_id'])).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(Object.keys(results[0]!)).toEqual([
      'request_id',
      'ttft_us',
      'e2e_us',
      'input_tokens',
      'output_tokens',
      'itl_mean_us',
    ]);
  });

  it('prints one block per instance before that of the cluster', async () => {
    const run = await paretune(
      ...['blis', 'run', '--model', 'qwen/qwen3-14b', '--num-instances', '3', '--num-requests', '30'],
      ...['--workload-spec', fixture('cluster/workload_3class.yaml')],
    );
    expect([...run.stdout.matchAll(/"instance_id": "(\w+)"/g)].map((match) => match[1])).toEqual([
      'instance_0',
      'instance_1',
      'instance_2',
      'cluster',
    ]);
    expect(run.stdout).toContain('=== Per-Tenant Metrics ===');
  });

  it.each([
    [['--nope', '3'], /Unknown argument: nope/],
    [['--lora-config', 'x'], /--lora-config is not supported: LoRA/],
    [['--detectors', 'all'], /--detectors all is not supported: it would print /],
    [['--num-instances', '0'], /--num-instances: must be an integer ≥ 1 and ≤ 65536, got "0"/],
    [['--tp', '64'], /the cluster cannot run: 40 attention heads/],
    [['--metrics-path', out('absent/m.json')], /absent\/m\.json: cannot be written \(ENOENT\)/],
  ])('says in one line what is wrong and exits with 2: %j', async (flags, message) => {
    const run = await paretune(...small, ...flags);
    expect([run.code, run.stdout]).toEqual([2, '']);
    expect(run.stderr).toMatch(message);
    expect(run.stderr.trim().split('\n').length).toBe(1);
  });

  it('writes nothing when a flag is wrong', async () => {
    await paretune(...small, '--metrics-path', out('never.json'), '--scheduler', 'x');
    expect(existsSync(out('never.json'))).toBe(false);
  });
});
