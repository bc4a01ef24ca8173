import { isJsonObject, type Json, type JsonObject } from '../../base/json.ts';
import { parseWith } from '../../document/schema.ts';
import { pairKey } from './network-ends.ts';
import type { NetworkSpec, NodeSpec, Scenario, WorkloadSpec } from './scenario.ts';
import { kvschedScenario, runnableScenario, type ScenarioDocument } from './scenario-schema.ts';

/** What a scenario must say itself, unless it is laid over a base that its user wrote. */
const REQUIRED_KEYS: readonly string[] = ['scenario_id', 'workload', 'nodes', 'network'];
const BYTES_PER_GIB = 2 ** 30;

/**
 * Reads a merged scenario document; links may end at nodes that do not exist.
 * @throws InputError with the path of what is wrong
 */
export function readScenario(document: Json): Scenario {
  return toScenario(parseWith(kvschedScenario, document));
}

/** Reads a merged scenario document that is to run. @throws InputError with the path of what is wrong */
export function readRunnableScenario(document: Json): Scenario {
  return toScenario(parseWith(runnableScenario, document));
}

/** `merged` without the required keys that only its base says: `scenario` must say them itself. */
export function withoutBorrowedKeys(merged: JsonObject, scenario: Json): JsonObject {
  const own = (key: string): boolean => isJsonObject(scenario) && Object.hasOwn(scenario, key);
  return Object.fromEntries(Object.entries(merged).filter(([key]) => !REQUIRED_KEYS.includes(key) || own(key)));
}

function toScenario(document: ScenarioDocument): Scenario {
  const { network, scheduler, seed, ticks } = document;
  return {
    id: document.scenario_id,
    nodes: Object.entries(document.nodes).map(([id, node]) => toNode(id, node)),
    network: network === null ? null : toNetwork(network),
    workload: toWorkload(document.workload),
    dynamics: document.dynamics,
    tickMs: document.tick_ms,
    gpuLatency: document.gpu_latency,
    gpuMsPerToken: Object.fromEntries(
      Object.entries(document.gpu_ms_per_token).flatMap(([gpu, ms]) => (ms == null ? [] : [[gpu, ms]])),
    ),
    decodeRoles: document.decode_roles,
    defaults: { scheduler, seed, ticks, ...document.scheduler_params },
  };
}

function toNode(id: string, { gpu, tags, ...loads }: ScenarioDocument['nodes'][string]): NodeSpec {
  return {
    id,
    gpu: gpu.name,
    vramTotalBytes: Math.trunc(gpu.vram_total_gb * BYTES_PER_GIB),
    vramFreeBytes: Math.trunc(gpu.vram_free_gb * BYTES_PER_GIB),
    maxBatchPrefill: gpu.max_batch_prefill,
    maxBatchDecode: gpu.max_batch_decode,
    runningPrefill: loads.running_prefill,
    queuedPrefill: loads.queued_prefill,
    runningDecode: loads.running_decode,
    queuedDecode: loads.queued_decode,
    role: tags?.role ?? null,
    tier: tags?.tier ?? null,
  };
}

function toNetwork(network: NonNullable<ScenarioDocument['network']>): NetworkSpec {
  return {
    links: network.links.map((link) => ({
      src: link.src,
      dst: link.dst,
      bandwidthGbps: link.bandwidth_Gbps,
      rttMs: link.rtt_ms,
      setupMs: link.setup_ms,
      lossRate: link.loss_rate,
      congestion: link.congestion_model,
    })),
    defaultUtil: network.default_util,
    utilByPair: new Map(Object.entries(network.util_by_pair).map(([pair, value]) => [pairKey(pair), value])),
    overlapRatio: network.overlap_ratio,
    maxHideMs: network.max_hide_ms,
  };
}

function toWorkload(workload: ScenarioDocument['workload']): WorkloadSpec {
  return {
    numRequests: workload.num_requests,
    promptTokens: workload.prompt_tokens_dist,
    maxNewTokens: workload.max_new_tokens_dist,
    defaultPromptTokens: workload.default_prompt_tokens,
    defaultMaxNewTokens: workload.default_max_new_tokens,
    kvBytesPerToken: workload.kv_bytes_per_token,
    kvBaseBytes: workload.kv_base_bytes,
  };
}
