import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { describeInputError, InputError } from '../../../src/base/errors.ts';
import { readClusterFlags } from '../../../src/cli/blis/flags.ts';
import { readOutputFlags } from '../../../src/cli/blis/output.ts';
import { readRunWorkload } from '../../../src/cli/blis/workload.ts';
import type { Flags } from '../../../src/cli/terminal/command.ts';
import { repeat } from './recorded-runs.ts';

const MODEL = { model: 'qwen/qwen3-14b' };
const folder = mkdtempSync(join(tmpdir(), 'blis-flags-'));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

function complaint(body: () => unknown): string {
  try {
    body();
  } catch (error) {
    if (error instanceof InputError) return describeInputError(error).replaceAll(`${folder}/`, '');
    throw error;
  }
  throw new Error('no complaint');
}

const configOf = (flags: Flags) => readClusterFlags(flags).cluster.config;
const instanceOf = (flags: Flags) => readClusterFlags({ ...MODEL, ...flags }).cluster.config.instance;

describe('cluster flags', () => {
  it('take numbers as text and keep old names', () => {
    expect(instanceOf({ 'max-num-running-reqs': '64', 'total-kv-blocks': '500' })).toMatchObject({
      maxSeqs: 64,
      totalBlocks: 500,
    });
  });

  it('read a policy file, below flags', () => {
    const policies = file('p.yaml', 'scheduler: sjf\nadmission:\n  policy: tier-shed\n  tier_shed_threshold: 9\n');
    const { config } = readClusterFlags({ ...MODEL, 'policy-config': policies, scheduler: 'fcfs' }).cluster;
    expect(config.instance.scheduler).toBe('fcfs');
    expect(config.admission).toEqual({ kind: 'tier-shed', threshold: 9, minPriority: 3 });
  });

  it('take an empty name for the default policy, in flags and in policy files', () => {
    const names = { scheduler: '', 'routing-policy': '', 'admission-policy': '', 'preemption-policy': 'priority' };
    const { config } = readClusterFlags({ ...MODEL, ...names }).cluster;
    expect([config.routing.policy, config.admission.kind]).toEqual(['round-robin', 'always-admit']);
    expect([config.instance.scheduler, config.instance.preemption]).toEqual(['fcfs', 'priority']);
    const policies = file('blank.yaml', 'scheduler: ""\nrouting: {policy: ""}\nadmission: {policy: ""}\npriority:\n');
    expect(readClusterFlags({ ...MODEL, 'policy-config': policies }).cluster.config).toEqual(configOf(MODEL));
  });

  it('accept what is not supported where it asks for nothing, and only there', () => {
    const off = {
      ...{ 'defaults-filepath': 'defaults.yaml', 'model-autoscaler-interval-us': '0' },
      ...{ 'lora-config': '', 'lora-adapter-capacity': '0', 'lora-load-base-latency-us': '0' },
    };
    const policies = file('off.yaml', 'node_pools: []\nautoscaler: {}\ninstance_lifecycle:\n');
    expect(readClusterFlags({ ...MODEL, ...off, 'policy-config': policies }).cluster.config).toEqual(configOf(MODEL));
    for (const [name, value] of Object.entries({
      'model-autoscaler-interval-us': '1',
      'lora-config': 'l.yaml',
      'lora-adapter-capacity': '4',
      'lora-load-base-latency-us': '1500',
      'lora-load-bandwidth-bytes-us': '9',
      'lora-footprint-bytes-per-rank': '9',
      'lora-scorer-weight': '2',
    })) {
      const said = complaint(() => readClusterFlags({ ...MODEL, [name]: value }));
      expect(said).toMatch(new RegExp(`^--${name} is not supported: .*; it would [^\\n]*$`));
    }
    const pools = file('pools.yaml', 'node_pools: [{}]\n');
    expect(complaint(() => readClusterFlags({ ...MODEL, 'policy-config': pools }))).toMatch(
      /node_pools: not supported: node pools are not simulated; they would place instances on GPU nodes/,
    );
    const lora = file('lora.yaml', 'lora: {adapter_capacity: 4}\n');
    expect(complaint(() => readClusterFlags({ ...MODEL, 'policy-config': lora }))).toMatch(/lora: not supported: LoRA/);
  });

  it('take the largest horizon for none', () => {
    expect(readClusterFlags({ ...MODEL, horizon: '9223372036854775807' }).cluster.settings.horizon).toBe(
      Number.POSITIVE_INFINITY,
    );
    expect(readClusterFlags({ ...MODEL, horizon: '5000000' }).cluster.settings.horizon).toBe(5_000_000);
  });

  it('read an own model, an own GPU list and an offload chain from files', () => {
    const config = {
      num_hidden_layers: 2,
      hidden_size: 128,
      num_attention_heads: 4,
      vocab_size: 99,
      intermediate_size: 64,
    };
    file('config.json', JSON.stringify({ ...config, torch_dtype: 'float16', max_position_embeddings: 256 }));
    const gpus = file(
      'gpus.json',
      '{"G1": {"TFlopsPeak": 1, "BwPeakTBs": 1, "mfuPrefill": 1, "mfuDecode": 1, "MemoryGiB": 8}}',
    );
    const offload = file('offload.yaml', 'kv_offload:\n  cpu_bytes_to_use: 1048576\n');
    const instance = instanceOf({
      model: 'own',
      hardware: 'G1',
      tp: '1',
      'model-config-folder': folder,
      'hardware-config': gpus,
      'kv-offload-config': offload,
    });
    expect(instance).toMatchObject({
      maxModelLen: 256,
      kv: { kind: 'offload', chain: { cpuBlocks: 64, promptOnly: true } },
    });
  });

  it.each<[Flags, string | RegExp]>([
    [{ 'num-instances': '0' }, '--num-instances: must be an integer ≥ 1 and ≤ 65536, got "0"'],
    [{ 'num-instances': 'many' }, '--num-instances: must be an integer ≥ 1 and ≤ 65536, got "many"'],
    [{ 'routing-policy': 'weigthed' }, /^--routing-policy: unknown value "weigthed"; did you mean "weighted"\?/],
    [{ 'routing-scorers': 'queue-depth' }, '--routing-scorers: scorer "queue-depth" must have the form name:weight'],
    [
      { 'routing-scorers': 'queue-depth:0' },
      '--routing-scorers: weight of "queue-depth" must be finite and > 0, got "0"',
    ],
    [{ 'lora-config': 'x' }, /^--lora-config is not supported: LoRA adapters are not simulated; it would declare/],
    [{ 'total-kv-blocks': '1e3' }, '--total-kv-blocks: must be an integer ≥ 1, got "1e3"'],
    [{ 'slo-ttft': 'critical=fast' }, /^--slo-ttft\.critical: must be a duration > 0/],
    [{ 'alpha-coeffs': '1,2,3', 'beta-coeffs': '1,2' }, '--beta-coeffs: needs at least 7 numbers, got 2'],
    [{ tp: '3' }, 'the cluster cannot run: 40 attention heads do not divide over 3 GPUs'],
    [{ 'kv-offload-config': 'absent.yaml' }, /^absent\.yaml: file not found/],
    [
      { 'policy-config': file('bad.yaml', 'routing:\n  policy: weighted\n  scorer: []\n') },
      /^bad\.yaml:3:3 routing\.scorer: unknown key "scorer"; did you mean "scorers"\?/,
    ],
    [
      { 'policy-config': file('pools.yaml', 'node_pools: []\n') },
      /^pools\.yaml:1:1 node_pools: not supported: node pools are not simulated/,
    ],
    [{ 'policy-config': file('empty.yaml', '') }, /^empty\.yaml:1:1.*empty/],
  ])('complain with the name of the flag or the place in the file: %j', (flags, message) => {
    const said = complaint(() => readClusterFlags({ ...MODEL, ...flags }));
    if (typeof message === 'string') expect(said).toBe(message);
    else expect(said).toMatch(message);
  });
});

describe('output flags', () => {
  it.each<[Flags, string]>([
    [{ 'counterfactual-k': '-1' }, '--counterfactual-k: must be an integer ≥ 0, got "-1"'],
    [{ 'trace-level': 'all' }, '--trace-level: must be one of none, decisions, got "all"'],
    [
      { 'fitness-weights': 'throughput:-1' },
      '--fitness-weights: weight of throughput must be finite and ≥ 0, got "-1"',
    ],
  ])('%j', (flags, message) => {
    expect(complaint(() => readOutputFlags(flags))).toBe(message);
  });
});

describe('flags as the reference takes them', () => {
  const run = async (...flags: string[]) =>
    await repeat({
      command: 'run',
      flags: [['model', 'qwen/qwen3-14b'], ...flags.map((flag) => flag.split('=') as [string, string])],
      files: {},
    });

  it('win over earlier ones of the same name', async () => {
    const { stdout } = await run('num-requests=9', 'seed=1', 'num-requests=4', 'seed=2');
    expect(stdout).toBe((await run('num-requests=4', 'seed=2')).stdout);
  });

  it('are integers of any base', async () => {
    const { stdout } = await run('num-requests=0x4', 'total-kv-blocks=02000', 'seed=0b10');
    expect(stdout).toBe((await run('num-requests=4', 'total-kv-blocks=1024', 'seed=2')).stdout);
  });

  it('are switches that take words for yes and no', async () => {
    const traced = ['num-requests=2', 'trace-level=decisions'];
    for (const word of ['1', 't', 'True']) {
      expect((await run(...traced, `summarize-trace=${word}`)).stdout).toContain('=== Trace Summary ===');
    }
    expect((await run(...traced, 'summarize-trace=F')).stdout).not.toContain('=== Trace Summary ===');
    const { code, stderr } = await run(...traced, 'summarize-trace=yes');
    expect([code, stderr]).toEqual([2, 'paretune: --summarize-trace: must be true or false, got "yes"\n']);
  });
});

describe('workload flags', () => {
  const spec = file(
    'w.yaml',
    `seed: 5
aggregate_rate: 10
num_requests: 7
clients:
  - id: a
    rate_fraction: 1
    arrival: {process: constant}
    input_distribution: {type: constant, params: {value: 8}}
    output_distribution: {type: constant, params: {value: 4}}
`,
  );

  it('synthesize 100 requests at a constant rate with a timeout of 300 s', () => {
    const { workload } = readRunWorkload({ rate: '10' }, null);
    expect(workload.initial.length).toBe(100);
    expect(workload.initial.deadlineUs[0]! - workload.initial.arrivalUs[0]!).toBe(300e6);
  });

  it('take seed and size of a file unless the flags say otherwise; a file has no timeout', () => {
    const plain = readRunWorkload({ 'workload-spec': spec }, null);
    expect([plain.seed, plain.workload.initial.length, plain.workload.initial.deadlineUs[0]]).toEqual([5n, 7, 0]);
    const other = readRunWorkload({ 'workload-spec': spec, seed: '9', 'num-requests': '3', timeout: '2' }, null);
    expect([other.seed, other.workload.initial.length]).toEqual([9n, 3]);
    expect(other.workload.initial.deadlineUs[0]! - other.workload.initial.arrivalUs[0]!).toBe(2e6);
  });

  it('take seeds of 64 bits, and place a wrong one at its flag', () => {
    expect(readRunWorkload({ 'workload-spec': spec, seed: '-9223372036854775808' }, null).seed).toBe(
      -9223372036854775808n,
    );
    const tooLarge = complaint(() => readRunWorkload({ 'workload-spec': spec, seed: '9223372036854775808' }, null));
    expect(tooLarge).toBe('--seed: must be an integer of 64 bits, got "9223372036854775808"');
    expect(complaint(() => readRunWorkload({ 'workload-spec': spec, timeout: '0' }, null))).toMatch(
      /^--timeout: must not be 0/,
    );
  });

  it('read the first document of a file, as BLIS does', () => {
    const two = file('two.yaml', `${readFileSync(spec, 'utf8')}---\nanything: {else: 1}\n`);
    expect(readRunWorkload({ 'workload-spec': two }, null).workload.initial.length).toBe(7);
  });

  it('follow anchors and merge keys; what stands beside a merge key wins', () => {
    const merged = file(
      'merge.yaml',
      `aggregate_rate: 10
num_requests: 4
clients:
  - &base
    id: a
    rate_fraction: 1
    arrival: {process: constant}
    input_distribution: &length {type: constant, params: {value: 8}}
    output_distribution: *length
  - id: b
    <<: *base
    rate_fraction: 3
`,
    );
    const { clients } = readRunWorkload({ 'workload-spec': merged }, null).spec;
    expect(clients.map(({ id, rateFraction }) => [id, rateFraction])).toEqual([
      ['a', 1],
      ['b', 3],
    ]);
    expect(clients[1]!.output).toEqual(clients[0]!.input);
  });

  it('warn about flags that a file leaves without effect', () => {
    expect(readRunWorkload({ 'workload-spec': spec, rate: '3' }, null).warnings).toEqual([
      '--rate has no effect together with --workload-spec',
    ]);
  });

  it.each<[Flags, RegExp]>([
    [{ rate: '0' }, /^--rate: must be finite and > 0, got "0"/],
    [{ rate: '5', concurrency: '2' }, /^--rate: excludes --concurrency/],
    [{ concurrency: '2' }, /the workload has no end/],
    [{ timeout: '0' }, /^--timeout: must not be 0/],
    [{ 'num-requests': '1.5' }, /^--num-requests: must be an integer ≥ 0, got "1.5"/],
    [{ 'prompt-tokens': '9000' }, /^--prompt-tokens: must be within 2 … 7000, got 9000/],
    [{ workload: 'chatbott' }, /^--workload: unknown workload "chatbott"; did you mean "chatbot"/],
    [{ 'workload-spec': spec, concurrency: '3' }, /^--concurrency: cannot be combined with --workload-spec/],
    [{ 'workload-spec': 'absent.yaml' }, /^absent\.yaml: file not found/],
    [{ 'workload-spec': file('typo.yaml', 'clints: []\n') }, /^typo\.yaml:1:1 clints: unknown/],
  ])('complain: %j', (flags, message) => {
    expect(complaint(() => readRunWorkload(flags, null))).toMatch(message);
  });
});
