import { describe, expect, it } from 'vitest';
import type { Json } from '../../../../src/base/json.ts';
import { parseSettings, resolveStrategyConfig } from '../../../../src/simulators/cluster/settings/config.ts';
import { parsePolicyBundle } from '../../../../src/simulators/cluster/settings/policy-bundle.ts';
import { resolveCluster } from '../../../../src/simulators/cluster/settings/resolve-cluster.ts';
import { readDurationMs } from '../../../../src/simulators/cluster/settings/setting-values.ts';

const BASE = { model: 'qwen/qwen3-14b' };

function ready(config: Json) {
  const resolved = resolveStrategyConfig(config);
  if (resolved.kind !== 'ready') throw new Error(resolved.reason);
  return resolved;
}

function resolveWith(flags: Json, bundle: Json) {
  const resolved = resolveCluster({
    settings: parseSettings({ ...BASE, ...(flags as object) }, { zeroWeight: 'is-an-error' }),
    bundle: parsePolicyBundle(bundle as never, { zeroWeight: 'is-an-error' }),
    modelConfig: null,
    hardware: null,
    offload: null,
    defaults: null,
  });
  if (resolved.kind !== 'ready') throw new Error(resolved.reason);
  return resolved;
}

describe('cluster configuration', () => {
  it('fills in the defaults of the reference', () => {
    const { config } = ready(BASE);
    expect(config).toMatchObject({
      instances: 1,
      snapshotRefreshUs: 50_000,
      cacheSignalDelayUs: 50_000,
      routing: { policy: 'round-robin', scorers: [] },
      admission: { kind: 'always-admit' },
      gateway: null,
      disaggregation: null,
      tenantBudgets: null,
      sloPriorities: { critical: 4, standard: 3, batch: -1, sheddable: -2, background: -3 },
      instance: {
        totalBlocks: 15_909,
        blockSize: 16,
        maxSeqs: 256,
        maxBatchedTokens: 2048,
        maxModelLen: 40_960,
        scheduler: 'fcfs',
        preemption: 'fcfs',
        kv: { kind: 'gpu-only' },
        latency: { kind: 'trained-physics', tp: 1, hardware: { name: 'H100' } },
      },
    });
  });

  it('accepts scorers as text, list or map, in the order written', () => {
    const scorers = [
      { name: 'prefix-affinity', weight: 3 },
      { name: 'queue-depth', weight: 2 },
    ];
    for (const routing_scorers of [
      'prefix-affinity:3,queue-depth:2',
      scorers,
      { 'prefix-affinity': 3, 'queue-depth': 2 },
    ]) {
      expect(ready({ ...BASE, routing_policy: 'weighted', routing_scorers }).config.routing.scorers).toEqual(scorers);
    }
    expect(ready({ ...BASE, routing: { policy: 'weighted', scorers } }).config.routing.scorers).toEqual(scorers);
  });

  it('drops scorers of weight 0 and calls a profile without weight infeasible', () => {
    const weighted = { ...BASE, routing_policy: 'weighted' };
    expect(
      ready({ ...weighted, routing_scorers: { 'queue-depth': 0, 'kv-utilization': 1 } }).config.routing.scorers,
    ).toEqual([{ name: 'kv-utilization', weight: 1 }]);
    expect(resolveStrategyConfig({ ...weighted, routing_scorers: { 'queue-depth': 0 } })).toEqual({
      kind: 'infeasible',
      reason: 'every routing scorer has weight 0',
    });
  });

  it('a weight of 0 typed as a flag is an error', () => {
    expect(() => parseSettings({ routing_scorers: 'queue-depth:0' }, { zeroWeight: 'is-an-error' })).toThrow(
      /finite and > 0, got "0"/,
    );
  });

  it('lets a flag win over the bundle and the bundle over the default', () => {
    const bundle = {
      admission: { policy: 'token-bucket', token_bucket_capacity: 7, slo_priorities: { gold: 9 } },
      routing: { policy: 'weighted', scorers: [{ name: 'load-balance', weight: 1 }] },
      scheduler: 'sjf',
      preemption: { policy: 'priority' },
      tenant_budgets: { a: 0.5 },
    };
    const { config } = resolveWith({ scheduler: 'priority-fcfs', token_bucket_capacity: 11 }, bundle);
    expect(config.admission).toEqual({ kind: 'token-bucket', capacity: 11, refillPerSecond: 1000 });
    expect(config.instance).toMatchObject({ scheduler: 'priority-fcfs', preemption: 'priority' });
    expect(config.routing).toEqual({ policy: 'weighted', scorers: [{ name: 'load-balance', weight: 1 }] });
    expect(config.sloPriorities).toMatchObject({ gold: 9, critical: 4 });
    expect(config.tenantBudgets).toEqual({ a: 0.5 });
  });

  it('tier-shed protects priority 3 when the bundle selects it and 0 when only a flag does', () => {
    expect(resolveWith({}, { admission: { policy: 'tier-shed' } }).config.admission).toMatchObject({ minPriority: 3 });
    const byFlag = resolveWith({ admission_policy: 'tier-shed' }, {});
    expect(byFlag.config.admission).toMatchObject({ minPriority: 0, threshold: 0 });
    expect(byFlag.warnings.join()).toMatch(/below priority 0/);
  });

  it('is infeasible, not wrong, when weights leave no KV memory or shapes do not divide', () => {
    expect(
      resolveStrategyConfig({ model: 'meta-llama/llama-3.1-70b-instruct', hardware: 'H100', tp: 1 }),
    ).toMatchObject({
      kind: 'infeasible',
      reason: expect.stringContaining('GiB'),
    });
    expect(resolveStrategyConfig({ ...BASE, tp: 3 })).toMatchObject({ kind: 'infeasible', reason: /heads/ as never });
    expect(resolveStrategyConfig({ ...BASE, prefill_instances: 1, decode_instances: 1 })).toMatchObject({
      kind: 'infeasible',
    });
  });

  it('takes an own model and an own GPU inline', () => {
    const { config } = ready({
      model: 'me/tiny',
      hardware: 'X1',
      tp: 2,
      latency_model: 'roofline',
      model_config: {
        num_hidden_layers: 4,
        hidden_size: 256,
        num_attention_heads: 8,
        vocab_size: 1000,
        intermediate_size: 512,
        torch_dtype: 'bfloat16',
        max_position_embeddings: 512,
      },
      hardware_config: { X1: { TFlopsPeak: 10, BwPeakTBs: 1, mfuPrefill: 0.4, mfuDecode: 0.2, MemoryGiB: 16 } },
    });
    expect(config.instance).toMatchObject({
      maxModelLen: 512,
      latency: { kind: 'roofline', hardware: { tflopsPeak: 10 } },
    });
  });

  it('configures pools with their own parallelism and the prefill pool’s KV bytes', () => {
    const { config } = ready({
      ...BASE,
      num_instances: 4,
      prefill_instances: 2,
      decode_instances: 2,
      prefill_tp: 2,
      pd_decider: 'always',
    });
    expect(config.disaggregation).toMatchObject({
      prefill: 2,
      decode: 2,
      kvBytesPerToken: 81_920,
      decodeInstance: null,
    });
    expect(config.disaggregation?.prefillInstance?.latency).toMatchObject({ tp: 2 });
  });

  it('gives a pool the step times of its own GPU, or those of the cluster as the reference does', () => {
    const pools = {
      ...BASE,
      num_instances: 2,
      prefill_instances: 1,
      decode_instances: 1,
      decode_hardware: 'L40S',
      prefill_latency_model: 'roofline',
      total_kv_blocks: 800,
    };
    const own = ready(pools).config;
    expect(own.disaggregation?.decodeInstance).toMatchObject({
      totalBlocks: 800,
      latency: { kind: 'trained-physics', hardware: { name: 'L40S' } },
    });
    expect(own.disaggregation?.prefillInstance?.latency).toMatchObject({ kind: 'roofline', alpha: [0, 0, 0] });
    const { config } = ready({ ...pools, pool_rules: 'reference' });
    expect(config.disaggregation?.decodeInstance).toMatchObject({ latency: config.instance.latency });
    expect(config.disaggregation?.decodeInstance?.totalBlocks).toBe(
      ready({ ...BASE, hardware: 'L40S' }).config.instance.totalBlocks,
    );
    expect(config.disaggregation?.prefillInstance).toMatchObject({
      totalBlocks: 800,
      latency: { kind: 'roofline', alpha: config.instance.latency.alpha },
    });
  });

  it('uses the KV blocks that belong to built-in blackbox coefficients unless told otherwise', () => {
    const blackbox = { model: 'meta-llama/llama-3.1-8b-instruct', hardware: 'H100', tp: 2, latency_model: 'blackbox' };
    expect(ready(blackbox).config.instance).toMatchObject({ totalBlocks: 132_139, latency: { kind: 'blackbox' } });
    expect(ready({ ...blackbox, total_kv_blocks: 100 }).config.instance.totalBlocks).toBe(100);
    expect(() => ready({ ...blackbox, tp: 4 })).toThrow(/no blackbox coefficients/);
  });

  it.each<[Json, (string | number)[], RegExp]>([
    [{ ...BASE, num_instance: 2 }, ['num_instance'], /unknown setting "num_instance"/],
    [{ ...BASE, num_instances: 0 }, ['num_instances'], /integer ≥ 1 and ≤ 65536, got 0/],
    [{ ...BASE, scheduler: 'lifo' }, ['scheduler'], /unknown value "lifo"/],
    [{ ...BASE, routing_scorers: 'queue-deph:1' }, ['routing_scorers'], /unknown scorer "queue-deph"/],
    [{ ...BASE, routing_scorers: 'queue-depth:1,queue-depth:2' }, ['routing_scorers'], /given twice/],
    [{ ...BASE, admission: { polcy: 'x' } }, ['admission', 'polcy'], /unknown key/],
    [{ ...BASE, autoscaler: {} }, ['autoscaler'], /not supported: the autoscaler/],
    [{ ...BASE, tenant_budgets: { a: 2 } }, ['tenant_budgets', 'a'], /from 0 to 1, got 2/],
    [{ ...BASE, admission: { slo_priorities: { a: 101 } } }, ['admission', 'slo_priorities', 'a'], /−100 to 100/],
    [{ model: 'no/such' }, ['model'], /unknown model/],
    [{ model: 'yi/yi-34b' }, ['hardware'], /required/],
    [{ ...BASE, hardware: 'H200' }, ['hardware'], /unknown GPU/],
    [{ ...BASE, alpha_coeffs: [1, 2, 3] }, ['alpha_coeffs'], /together/],
    [{ ...BASE, alpha_coeffs: [1, 2, 3], beta_coeffs: [1, 2, 3] }, ['beta_coeffs'], /at least 7/],
    [{ ...BASE, dp: 2 }, ['dp'], /mixture-of-experts/],
    [{ ...BASE, kv_offload: {} }, ['kv_offload', 'cpu_bytes_to_use'], /got nothing/],
    [{ ...BASE, kv_cpu_blocks: 5, kv_transfer_bandwidth: 0 }, ['kv_transfer_bandwidth'], /> 0, got 0/],
    [{}, ['model'], /required/],
  ])('names the key that is wrong: %j', (config, path, message) => {
    expect(() => resolveStrategyConfig(config)).toThrow(
      expect.objectContaining({ path, message: expect.stringMatching(message) }),
    );
  });

  it('suggests the nearest setting', () => {
    expect(() => resolveStrategyConfig({ ...BASE, num_instance: 2 })).toThrow(
      expect.objectContaining({ suggestion: expect.stringContaining('did you mean "num_instances"?') }),
    );
  });
});

describe('durations', () => {
  it.each([
    ['100ms', 100],
    ['1.5s', 1500],
    ['1m30s', 90_000],
    ['250us', 0.25],
    [20, 20],
  ])('%s is %d ms', (text, ms) => {
    expect(readDurationMs(text)).toBe(ms);
  });

  it.each(['', '5', '1x', '-5s', '0s', 's'])('refuses %j', (text) => {
    expect(() => readDurationMs(text)).toThrow(/duration > 0/);
  });
});
