import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { JsonObject } from '../../../src/base/json.ts';
import { toBlis } from '../../../src/connect/deploy/export-blis.ts';
import { commandHere } from '../../support/command-here.ts';
import { paretune, temporaryFolder } from '../../support/command-line.ts';
import { dataOf } from '../../support/json-output.ts';

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

  it('--as epp keeps the weights, lists producers and one picker, and says where the point comes from', async () => {
    const { code, stdout } = await commandHere('export', run, '--point', 'baseline', '--as', 'epp');
    expect(code).toBe(0);
    const config = parse(stdout) as { plugins: { type: string }[]; schedulingProfiles: { plugins: object[] }[] };
    expect(config.plugins.map(({ type }) => type)).toEqual([
      'approx-prefix-cache-producer',
      'prefix-cache-scorer',
      'queue-scorer',
      'kv-cache-utilization-scorer',
      'max-score-picker',
      'utilization-detector',
    ]);
    expect(config.schedulingProfiles[0]!.plugins).toContainEqual({ pluginRef: 'prefix-cache-scorer', weight: 3 });
    for (const expected of [
      /^# paretune \S+, study export-test, baseline$/m,
      /^# plan [0-9a-f]{64}$/m,
      /^# workload [0-9a-f]{64}$/m,
      /^# model meta-llama\/llama-3.1-8b-instruct on H100, TP 2, 8 instances$/m,
      /^# objective: minimize ttft_p99_ms, [\d.,]+$/m,
      /^# for llm-d router v0\.10\.0 /m,
      /^# note: prefixes were simulated in blocks of 16 tokens/m,
    ]) {
      expect(stdout).toMatch(expected);
    }
  }, 60_000);

  it('writes a whole strategy into a folder, which import reads back', async () => {
    const out = join(folder, 'deploy');
    const targets = ['epp', 'vllm', 'helm-values', 'configmap', 'blis', 'json'].flatMap((one) => ['--as', one]);
    const written = await commandHere('export', run, '--point', 'best:ttft_p99_ms', ...targets, '--out', out);
    expect(written.code, written.stderr).toBe(0);
    expect(readdirSync(out).sort()).toEqual(
      ['blis.sh', 'configmap.yaml', 'epp-config.yaml', 'point.json', 'values.yaml', 'vllm.sh'].sort(),
    );
    const { config } = JSON.parse(readFileSync(join(out, 'point.json'), 'utf8')) as { config: JsonObject };
    const back = await commandHere('import', 'epp', '--helm-values', join(out, 'values.yaml'), '--json');
    expect(back.code, back.stderr).toBe(0);
    const { settings, not_simulated: lost } = dataOf(back.stdout) as { settings: JsonObject; not_simulated: [] };
    expect(lost).toEqual([]);
    const shared = ['model', 'tp', 'num_instances', 'long_prefill_token_threshold', 'total_kv_blocks', 'kv_cpu_blocks'];
    for (const key of shared) expect(settings[key], key).toBe(config[key]);
  }, 60_000);

  it('refuses by name what a target cannot express, unless the rest is enough', async () => {
    const modules = await commandHere('export', join(folder, 'modules'), '--point', '1', '--as', 'epp');
    expect(modules.code).toBe(2);
    expect(modules.stderr).toMatch(/--as epp: cannot express policy module \S*load-regime\.ts; --allow-partial/);
    expect(modules.stderr).toContain('cannot express scorer regime (weight 1)');
    expect(modules.stdout).toBe('');
    const partial = ['--as', 'epp', '--allow-partial'];
    const rest = await commandHere('export', join(folder, 'modules'), '--point', '1', ...partial);
    expect(rest.code).toBe(0);
    expect(rest.stdout).toContain('# left out: scorer regime (weight 1)');
    expect(rest.stderr).toContain('--as epp leaves out scorer regime');
    const missing = await commandHere('export', run, '--point', '7');
    expect(missing.code).toBe(2);
    expect(missing.stderr).toContain('the run has no point "7"; a trial number below 2, knee, best:ttft_p99_ms');
  }, 60_000);
});

describe('what BLIS cannot express', () => {
  const blis = (config: JsonObject) =>
    toBlis({ simulator: 'cluster', policies: [], config: { model: 'm', ...config } });

  it('is named: pairs, and pools with rules of their own', () => {
    expect(blis({ pd_routing: { policy: 'pair-slo' } }).leftOut).toEqual(['pd_routing pair-slo']);
    expect(blis({ decode_hardware: 'L40S' }).leftOut.join()).toContain('decode_hardware');
    expect(blis({ decode_tp: 2, total_kv_blocks: 900 }).leftOut.join()).toContain('decode_tp');
    expect(blis({ decode_hardware: 'L40S', pool_rules: 'reference' }).flags).toEqual([
      ['--model', 'm'],
      ['--decode-hardware', 'L40S'],
    ]);
    expect(blis({ pd_routing: { policy: 'ordinary' } })).toEqual({
      flags: [['--model', 'm']],
      policy: null,
      leftOut: [],
    });
  });

  it('is not what equals its defaults, nor vLLM’s name for two of its policies', () => {
    expect(blis({ picker: 'max-score', precise_prefix: 'blis', scheduling_policy: 'priority' })).toEqual({
      flags: [
        ['--model', 'm'],
        ['--scheduler', 'priority-fcfs'],
        ['--preemption-policy', 'priority'],
      ],
      policy: null,
      leftOut: [],
    });
  });
});

describe('deploy_to', () => {
  it('warns before a study runs whose space has points that cannot be written', async () => {
    const text = (name: string) => `${study(name)}deploy_to: [epp, vllm]\n`;
    writeFileSync(join(folder, 'blis.yaml'), text('blis-weighted'));
    writeFileSync(join(folder, 'llm-d.yaml'), text('llm-d-weighted'));
    const warned = await commandHere('check', join(folder, 'blis.yaml'));
    expect(warned.code).toBe(0);
    expect(warned.stderr).toMatch(
      /warning: deploy_to epp cannot express scorer load-balance \(\d+ of \d+ points tried\)/,
    );
    expect(warned.stderr).toContain('cannot express kv_offload_threshold, which has no effect');
    expect((await commandHere('check', join(folder, 'llm-d.yaml'))).stderr).toBe('');
  }, 60_000);

  it('has nothing to say of the quickstart, whose points can be written for all that it names', async () => {
    expect(readFileSync('studies/quickstart.yaml', 'utf8')).toContain('deploy_to: [epp, vllm, helm-values, blis]');
    const { code, stderr } = await commandHere('check', 'studies/quickstart.yaml');
    expect([code, stderr]).toEqual([0, '']);
  }, 60_000);
});
