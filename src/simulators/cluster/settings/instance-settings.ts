import { InputError } from '../../../base/errors.ts';
import type { HardwareSpec, InstanceConfig, KvTierConfig, LatencyConfig } from '../engine-config.ts';
import type { ClusterSettings } from './cluster-settings.ts';
import { findHardware } from './hardware-catalog.ts';
import { type Capacity, kvBytesPerToken, kvCapacity } from './kv-capacity.ts';
import {
  blackboxBlocks,
  type Coefficients,
  type LatencyRequest,
  latencyConfig,
  splitProblem,
} from './latency-settings.ts';
import { contextLength, fitToCapacity } from './max-model-len.ts';
import type { ModelConfig } from './model-config.ts';
import { type OffloadDocument, parseOffload } from './offload-config.ts';

/** What one pool of instances is made of; the rest comes from `settings`. */
export interface InstanceRequest {
  readonly settings: ClusterSettings;
  readonly model: ModelConfig;
  readonly catalogKey: string;
  readonly hardware: string;
  readonly tp: number;
  readonly latencyModel: string | null;
  /** Where step times are those of another instance: its GPU and coefficients. */
  readonly stepTimesOf: { readonly hardware: string; readonly latency: LatencyConfig } | null;
  /** Coefficients of trained-physics unless given; null = none are known. */
  readonly trained: Coefficients | null;
  readonly maxModelLen: number | null;
  readonly ownHardware: Readonly<Record<string, HardwareSpec>> | null;
  readonly offload: OffloadDocument | null;
  /** Receives what the user should know. */
  readonly warnings: string[];
}

export type ResolvedInstance =
  | { readonly kind: 'ready'; readonly config: InstanceConfig }
  | { readonly kind: 'infeasible'; readonly reason: string };

export function resolveInstance(request: InstanceRequest): ResolvedInstance {
  const { settings, model, tp } = request;
  const hardware = findHardware(request.hardware, request.ownHardware);
  checkParallelism(request);
  const latencyRequest = stepTimes(request, hardware);
  const latency = latencyConfig(latencyRequest);
  const split = latency.kind === 'trained-physics' ? splitProblem(model.architecture, tp) : undefined;
  if (split !== undefined) return { kind: 'infeasible', reason: split };
  const capacity = blocksOf(request, hardware, blackboxBlocks(latencyRequest));
  if (capacity.kind === 'none') return { kind: 'infeasible', reason: capacity.reason };
  const wanted = request.maxModelLen ?? contextLength(model.document);
  const maxModelLen = fitToCapacity(wanted, capacity.blocks, settings.block_size_in_tokens);
  if (maxModelLen < wanted) {
    request.warnings.push(`max_model_len reduced from ${wanted} to ${maxModelLen}: the KV cache holds no more`);
  }
  return {
    kind: 'ready',
    config: {
      totalBlocks: capacity.blocks,
      blockSize: settings.block_size_in_tokens,
      maxSeqs: settings.max_num_seqs,
      maxBatchedTokens: settings.max_num_batched_tokens,
      longPrefillThreshold: settings.long_prefill_token_threshold,
      maxModelLen,
      scheduler: settings.scheduler as InstanceConfig['scheduler'],
      preemption: settings.preemption_policy as InstanceConfig['preemption'],
      ...(settings.enable_prefix_caching ? {} : { prefixCaching: false }),
      kv: kvTiers(request),
      latency,
    },
  };
}

/** The hardware is the instance's own. */
function stepTimes(request: InstanceRequest, hardware: HardwareSpec): LatencyRequest {
  const { settings, model, tp } = request;
  return {
    latencyModel: request.latencyModel,
    alpha: settings.alpha_coeffs,
    beta: settings.beta_coeffs,
    trained: request.trained,
    borrowed: request.stepTimesOf?.latency ?? null,
    catalogKey: request.catalogKey,
    model: model.architecture,
    hardware: request.stepTimesOf === null ? hardware : findHardware(request.stepTimesOf.hardware, request.ownHardware),
    tp,
    dp: settings.dp,
    moeCommBackend: settings.moe_comm_backend,
  };
}

function blocksOf(request: InstanceRequest, hardware: HardwareSpec, ofCoefficients: number | undefined): Capacity {
  const { settings, model } = request;
  const fixed = settings.total_kv_blocks ?? ofCoefficients;
  if (fixed !== undefined) return { kind: 'blocks', blocks: fixed };
  if (hardware.memoryGiB <= 0) {
    request.warnings.push(`memory of ${hardware.name} is not known: assuming 1000000 KV blocks`);
    return { kind: 'blocks', blocks: 1_000_000 };
  }
  return kvCapacity({
    model: model.architecture,
    hardware,
    tp: request.tp,
    dp: settings.dp,
    blockSize: settings.block_size_in_tokens,
    memoryUtilization: settings.gpu_memory_utilization,
  });
}

function kvTiers(request: InstanceRequest): KvTierConfig {
  const { settings, offload } = request;
  if (offload !== null) {
    if (settings.kv_cpu_blocks > 0) throw new InputError('excludes kv_offload', { path: ['kv_cpu_blocks'] });
    return offloadTier(request, offload);
  }
  if (settings.kv_cpu_blocks === 0) return { kind: 'gpu-only' };
  if (settings.kv_transfer_bandwidth <= 0) {
    throw new InputError(`must be > 0, got ${settings.kv_transfer_bandwidth}`, { path: ['kv_transfer_bandwidth'] });
  }
  return {
    kind: 'tiered',
    cpuBlocks: settings.kv_cpu_blocks,
    transferBandwidth: settings.kv_transfer_bandwidth,
    transferBaseLatency: settings.kv_transfer_base_latency,
  };
}

function offloadTier(request: InstanceRequest, document: OffloadDocument): KvTierConfig {
  const blockSize = request.settings.block_size_in_tokens;
  try {
    const spec = parseOffload(document, blockSize);
    const bytesPerBlock =
      spec.bytesPerBlock ?? Math.trunc(kvBytesPerToken(request.model.architecture, request.tp) * blockSize);
    const cpuBlocks = Math.floor(spec.cpuBytes / bytesPerBlock);
    if (cpuBlocks === 0) {
      throw new InputError(`must hold at least one block of ${bytesPerBlock} bytes, got ${spec.cpuBytes}`, {
        path: ['cpu_bytes_to_use'],
      });
    }
    return { kind: 'offload', chain: { cpuBlocks, bytesPerBlock, promptOnly: spec.promptOnly, tiers: spec.tiers } };
  } catch (error) {
    throw error instanceof InputError ? error.at({ prefix: ['kv_offload'] }) : error;
  }
}

function checkParallelism(request: InstanceRequest): void {
  const { settings, model, latencyModel } = request;
  // A pool under the reference's rules: what the cluster as a whole is given has been checked.
  if (request.stepTimesOf !== null) return;
  const physics = (latencyModel ?? 'trained-physics') === 'trained-physics';
  const moe = model.architecture.experts >= 2;
  if (settings.dp > 1 && !(physics && moe)) {
    throw new InputError('needs a mixture-of-experts model and latency_model trained-physics', { path: ['dp'] });
  }
  if (settings.enable_expert_parallel && !(physics && moe)) {
    throw new InputError('needs a mixture-of-experts model and latency_model trained-physics', {
      path: ['enable_expert_parallel'],
    });
  }
  if (settings.moe_comm_backend !== '' && !physics) {
    throw new InputError('needs latency_model trained-physics', { path: ['moe_comm_backend'] });
  }
}
