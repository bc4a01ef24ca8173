import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { JsonObject } from '../../../src/base/json.ts';
import { toBlis } from '../../../src/study/export/export-blis.ts';
import { paretune, temporaryFolder } from '../../support/command-line.ts';

const folder = temporaryFolder();
const run = join(folder, 'run');

/** A run of two trials, and the same for a strategy with a policy module. */
beforeAll(async () => {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'study.yaml'), study('llm-d-weighted'));
  writeFileSync(join(folder, 'modules.yaml'), study('load-regime'));
  const done = await paretune(['run', join(folder, 'study.yaml'), '--out', run, '--quiet', '--workers', '1']);
  expect(done.code, done.stderr).toBe(0);
  await paretune(['run', join(folder, 'modules.yaml'), '--out', join(folder, 'modules'), '--quiet', '--workers', '1']);
}, 120_000);

function study(strategy: string): string {
  const root = process.cwd();
  return `name: export-test
strategy: ${root}/strategies/${strategy}.yaml
space: ${root}/search-spaces/${strategy}.yaml
workload: ${root}/studies/workloads/orthogonal-slo.yaml
workload_overrides: {num_requests: 150}
objectives: [{metric: ttft_p99_ms}, {metric: tokens_per_sec}]
seeds: [42]
budget: {trials: 2}
sampler: sobol
`;
}

describe('paretune export', () => {
  it('--as blis gives files and flags that reproduce a trial to the digit', async () => {
    const { code, stdout, stderr } = await paretune(['export', run, '--point', '1', '--as', 'blis']);
    expect(code, stderr).toBe(0);
    for (const [, name, text] of stdout.matchAll(/cat > (\S+) <<'END'\n(.*?)\nEND\n/gs)) {
      writeFileSync(join(folder, name!), `${text}\n`);
    }
    const command = stdout.split('\nblis run ')[1]!.replaceAll('\\\n', ' ').trim().split(/\s+/);
    const metrics = join(folder, 'metrics.json');
    const again = await paretune(['blis', 'run', ...command, '--metrics-path', metrics], folder);
    expect(again.code, again.stderr).toBe(0);
    const simulated = JSON.parse(readFileSync(metrics, 'utf8')) as Record<string, number>;
    const recorded = readFileSync(join(run, 'journal.jsonl'), 'utf8')
      .split('\n')
      .filter((line) => line.includes('"trial-finished"'))
      .map((line) => JSON.parse(line) as { trial: number; outcome: { replicates: { metrics: object }[] } })
      .find(({ trial }) => trial === 1)!.outcome.replicates[0]!.metrics as Record<string, number>;
    for (const name of ['ttft_p99_ms', 'ttft_mean_ms', 'e2e_p99_ms', 'tokens_per_sec']) {
      expect(simulated[name], name).toBe(recorded[name]);
    }
  }, 60_000);

  it('--as epp keeps the weights, and lists producers and one picker', async () => {
    const { code, stdout } = await paretune(['export', run, '--point', 'baseline', '--as', 'epp']);
    expect(code).toBe(0);
    const config = parse(stdout) as { plugins: { type: string }[]; schedulingProfiles: { plugins: object[] }[] };
    expect(config.plugins.map(({ type }) => type)).toEqual([
      'approx-prefix-cache-producer',
      'prefix-cache-scorer',
      'queue-scorer',
      'kv-cache-utilization-scorer',
      'max-score-picker',
    ]);
    expect(config.schedulingProfiles[0]!.plugins).toContainEqual({ pluginRef: 'prefix-cache-scorer', weight: 3 });
  }, 60_000);

  it('refuses by name what BLIS cannot express, and points that do not exist', async () => {
    const modules = await paretune(['export', join(folder, 'modules'), '--point', '1']);
    expect(modules.code).toBe(2);
    expect(modules.stderr).toContain('BLIS cannot express policy module');
    expect(modules.stderr).toContain('load-regime.ts');
    const strategy = (policy: string) => ({
      simulator: 'cluster',
      policies: [],
      config: { model: 'qwen/qwen3-14b', pd_routing: { policy } },
    });
    expect(() => toBlis(strategy('pair-slo'))).toThrow('BLIS cannot express pd_routing pair-slo');
    const pools = (more: JsonObject) =>
      toBlis({ simulator: 'cluster', policies: [], config: { model: 'qwen/qwen3-14b', ...more } });
    expect(() => pools({ decode_hardware: 'L40S' })).toThrow('BLIS cannot express decode_hardware');
    expect(() => pools({ decode_tp: 2, total_kv_blocks: 900 })).toThrow('BLIS cannot express decode_tp');
    expect(pools({ decode_hardware: 'L40S', pool_rules: 'reference' }).flags).toEqual([
      ['--model', 'qwen/qwen3-14b'],
      ['--decode-hardware', 'L40S'],
    ]);
    expect(toBlis(strategy('ordinary'))).toEqual({ flags: [['--model', 'qwen/qwen3-14b']], policy: null });
    const missing = await paretune(['export', run, '--point', '7']);
    expect(missing.code).toBe(2);
    expect(missing.stderr).toContain('the run has no point "7"');
  }, 60_000);
});
