import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PROGRAM, paretune, temporaryFolder } from '../../support/command-line.ts';

const folder = temporaryFolder();
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const read = (name: string) => readFileSync(join(folder, name), 'utf8');
const init = (...args: readonly string[]) => paretune(['init', ...args], folder);

const EPP = `apiVersion: llm-d.ai/v1alpha1
kind: EndpointPickerConfig
plugins:
- type: queue-scorer
- type: prefix-cache-scorer
schedulingProfiles:
- name: default
  plugins: [{pluginRef: queue-scorer, weight: 5}, {pluginRef: prefix-cache-scorer, weight: 2}]
`;

beforeAll(() => {
  writeFileSync(join(folder, 'epp.yaml'), EPP);
  const rows = Array.from(
    { length: 40 },
    (_, i) => `2024-05-12 00:00:0${(i / 5) | 0}.${i % 5}00000,${200 + i},${5 + i}`,
  );
  writeFileSync(join(folder, 'log.csv'), `TIMESTAMP,ContextTokens,GeneratedTokens\n${rows.join('\n')}\n`);
});

describe('paretune init', () => {
  it('writes a study of the user’s trace, router and engine that runs', async () => {
    const serve = 'vllm serve Qwen/Qwen3-14B --max-num-seqs 128';
    const made = await init('mine', '--trace', 'log.csv', '--epp', 'epp.yaml', '--vllm-args', serve, '--trials', '2');
    expect(made.stderr).toContain('40 requests');
    expect(made.code).toBe(0);
    expect(read('mine/strategy.yaml')).toMatch(/queue-depth: 5\n\s+prefix-affinity: 2\n/);
    expect(read('mine/strategy.yaml')).toContain('max_num_seqs: 128');
    expect(read('mine/study.yaml')).toContain('workload: trace/trace.yaml');
    const next = /next: paretune (.*)\n/.exec(made.stdout)![1]!;
    const ran = await paretune([...next.split(' '), '--quiet'], folder);
    expect(ran.stderr).toBe('');
    expect([0, 3]).toContain(ran.code);
    expect(existsSync(join(folder, 'runs/mine/report.html'))).toBe(true);
  });

  it.each([
    ['low-latency', ['ttft_p99_ms', 'tpot_p99_ms']],
    ['throughput', ['tokens_per_sec', 'e2e_p99_ms']],
    ['balanced', ['ttft_p99_ms', 'tokens_per_sec', 'e2e_p99_ms']],
  ])('%s has its objectives; what would be written is shown and not written', async (preset, metrics) => {
    const before = readdirSync(folder);
    const shown = await init('shown', '--preset', preset, '--rate', '12', '--dry-run');
    expect(shown.code).toBe(0);
    expect([...shown.stdout.matchAll(/metric: (\w+)\n\s+direction/g)].map((match) => match[1])).toEqual(metrics);
    expect(shown.stdout).toContain('aggregate_rate: 12\n');
    expect(readdirSync(folder)).toEqual(before);
  });

  it('asks on a terminal, and takes the usual value for an empty answer', () => {
    const line = [process.execPath, ...PROGRAM, 'init', 'asked'].map((word) => `'${word}'`).join(' ');
    const input = '\n\n\n2\nepp.yaml\n\nthroughput\n7\n';
    const asked = spawnSync('script', ['-qec', line, '/dev/null'], { cwd: folder, input, encoding: 'utf8' });
    expect(asked.stdout).toContain('Number of model servers [4]: ');
    expect(asked.status).toBe(0);
    expect(read('asked/strategy.yaml')).toMatch(/num_instances: 2\n[\s\S]*queue-depth: 5\n/);
    expect(read('asked/study.yaml')).toMatch(/trials: 7\n/);
  });

  it.each([
    [['epp.yaml/x', '--preset', 'fast'], '--preset: must be one of low-latency, throughput, balanced, got "fast"'],
    [['new', '--rate', '0'], '--rate: must be a number above 0, got "0"'],
    [['new', '--trace', 'nowhere.csv'], 'nowhere.csv --trace: file not found'],
    [['new', '--trace', 'log.csv', '--rate', '3'], '--rate: is that of the trace'],
    [['new', '--model', 'a', '--vllm-args', 'vllm serve b'], 'the `vllm serve` line names the model'],
    [['new', '--model', 'nobody/knows'], 'unknown model "nobody/knows"'],
  ])('%j: one line, nothing written', async (args, message) => {
    const refused = await init(...args);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain(message);
    expect(refused.stderr.trim().split('\n')).toHaveLength(1);
    expect(existsSync(join(folder, 'new'))).toBe(false);
  });

  it('overwrites nothing', async () => {
    writeFileSync(join(folder, 'study.yaml'), 'mine: 1\n');
    const refused = await init('.');
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('already holds study.yaml');
    expect(read('study.yaml')).toBe('mine: 1\n');
    expect(existsSync(join(folder, 'strategy.yaml'))).toBe(false);
  });
});
