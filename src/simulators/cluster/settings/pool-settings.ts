import { InputError } from '../../../base/errors.ts';
import type { DisaggregationConfig, InstanceConfig, PairRoutingConfig, ScorerWeight } from '../engine-config.ts';
import type { ClusterSettings } from './cluster-settings.ts';
import { type InstanceRequest, resolveInstance } from './instance-settings.ts';
import { kvBytesPerToken } from './kv-capacity.ts';

export type ResolvedDisaggregation =
  | { readonly kind: 'ready'; readonly config: DisaggregationConfig | null }
  | { readonly kind: 'infeasible'; readonly reason: string };

/**
 * Prefill/decode pools, or null where none is asked for.
 * @param base - the cluster's common instance; pools override parts of it
 */
export function resolveDisaggregation(
  settings: ClusterSettings,
  base: InstanceRequest,
  common: InstanceConfig,
  pairRouting: PairRoutingConfig | null = null,
): ResolvedDisaggregation {
  const { prefill_instances: prefill, decode_instances: decode, prefill_decode_instances: shared } = settings;
  const encode = settings.encode_instances;
  checkEncoding(settings);
  if (prefill + decode + shared === 0) return { kind: 'ready', config: null };
  const problem = poolProblem(settings);
  if (problem !== undefined) return { kind: 'infeasible', reason: problem };
  if (prefill > 0) checkTransfer(settings);
  const prefillTp = settings.prefill_tp ?? base.tp;
  const prefillInstance = poolInstance(base, common, prefillOverrides(settings));
  if (prefillInstance.kind === 'infeasible') return prefillInstance;
  const decodeInstance = poolInstance(base, common, decodeOverrides(settings));
  if (decodeInstance.kind === 'infeasible') return decodeInstance;
  return {
    kind: 'ready',
    config: {
      prefill,
      decode,
      shared,
      encode,
      decider: settings.pd_decider as DisaggregationConfig['decider'],
      prefixThreshold: settings.pd_prefix_threshold,
      ...(settings.pd_prompt_tokens === 0 ? {} : { promptTokens: settings.pd_prompt_tokens }),
      encodeDecider: settings.encode_decider as DisaggregationConfig['encodeDecider'],
      transferBandwidth: settings.pd_transfer_bandwidth,
      transferBaseMs: settings.pd_transfer_base_latency,
      contention: settings.pd_transfer_contention,
      kvBytesPerToken: kvBytesPerToken(base.model.architecture, prefillTp),
      prefillScorers: positive(settings.prefill_routing_scorers),
      decodeScorers: positive(settings.decode_routing_scorers),
      prefillInstance: prefillInstance.config === common ? null : prefillInstance.config,
      decodeInstance: decodeInstance.config === common ? null : decodeInstance.config,
      pairRouting: settings.pd_decider === 'never' ? null : pairRouting,
    },
  };
}

interface PoolOverrides {
  readonly tp: number | null;
  readonly hardware: string | null;
  readonly latencyModel: string | null;
  readonly maxModelLen: number | null;
}

function prefillOverrides(settings: ClusterSettings): PoolOverrides {
  return {
    tp: settings.prefill_tp,
    hardware: settings.prefill_hardware,
    latencyModel: settings.prefill_latency_model,
    maxModelLen: settings.prefill_max_model_len,
  };
}

function decodeOverrides(settings: ClusterSettings): PoolOverrides {
  return {
    tp: settings.decode_tp,
    hardware: settings.decode_hardware,
    latencyModel: settings.decode_latency_model,
    maxModelLen: settings.decode_max_model_len,
  };
}

function poolInstance(base: InstanceRequest, common: InstanceConfig, overrides: PoolOverrides) {
  if (Object.values(overrides).every((value) => value === null)) return { kind: 'ready', config: common } as const;
  const tp = overrides.tp ?? base.tp;
  const hardware = overrides.hardware ?? base.hardware;
  const asReference = base.settings.pool_rules === 'reference';
  // There, a pool's own hardware means KV blocks and nothing else, and its memory wins over a number given for all.
  const ownMemory = asReference && (tp !== base.tp || hardware !== base.hardware);
  return resolveInstance({
    ...base,
    settings: ownMemory ? { ...base.settings, total_kv_blocks: null } : base.settings,
    tp,
    hardware,
    latencyModel: overrides.latencyModel ?? base.latencyModel,
    // The limit of the cluster is the one that its own memory holds.
    maxModelLen: overrides.maxModelLen ?? (asReference ? common.maxModelLen : base.maxModelLen),
    stepTimesOf: asReference ? { hardware: base.hardware, latency: common.latency } : null,
  });
}

function poolProblem(settings: ClusterSettings): string | undefined {
  const { prefill_instances: p, decode_instances: d, prefill_decode_instances: s, encode_instances: e } = settings;
  if (s === 0 && (p === 0 || d === 0)) return 'prefill and decode instances are needed together';
  if (p + d + s + e > settings.num_instances) {
    return `pools of ${p + d + s + e} instances do not fit into num_instances ${settings.num_instances}`;
  }
  return undefined;
}

function checkEncoding(settings: ClusterSettings): void {
  const pools = settings.prefill_instances + settings.decode_instances + settings.prefill_decode_instances;
  if (settings.encode_instances > 0 && pools === 0) {
    throw new InputError('needs prefill, decode or shared instances', { path: ['encode_instances'] });
  }
  if (settings.encode_decider !== 'never' && settings.encode_instances === 0) {
    throw new InputError('needs encode_instances', { path: ['encode_decider'] });
  }
}

function checkTransfer(settings: ClusterSettings): void {
  const { pd_transfer_bandwidth: bandwidth, pd_transfer_base_latency: base } = settings;
  if (bandwidth <= 0) throw new InputError(`must be > 0, got ${bandwidth}`, { path: ['pd_transfer_bandwidth'] });
  if (base < 0) throw new InputError(`must be ≥ 0, got ${base}`, { path: ['pd_transfer_base_latency'] });
}

function positive(scorers: readonly ScorerWeight[]): readonly ScorerWeight[] | null {
  const kept = scorers.filter((scorer) => scorer.weight > 0);
  return kept.length > 0 ? kept : null;
}
