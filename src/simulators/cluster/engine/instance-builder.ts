import { divideIntoPools } from '../disaggregation/disaggregation.ts';
import type { EngineConfig, InstanceConfig } from '../engine-config.ts';
import type { RequestIndex } from '../indices.ts';
import { Instance } from '../instance/instance.ts';
import type { InstanceListener, InstanceParts } from '../instance/instance-parts.ts';
import { dynamicOrder, fixedOrder, queueOrder } from '../instance/queue-order.ts';
import type { TokenStreams } from '../instance/token-streams.ts';
import type { BlockKeys } from '../kv/block-keys.ts';
import { GpuBlocks } from '../kv/gpu-blocks.ts';
import { GrowingColumn, KeyMap } from '../kv/key-map.ts';
import type { KvTier } from '../kv/kv-tier.ts';
import { TieredKv } from '../kv/mirror/tiered-kv.ts';
import { OffloadKv } from '../kv/offload/offload-kv.ts';
import { OwnedBlocks } from '../kv/owned-blocks.ts';
import type { TierParts } from '../kv/tier-parts.ts';
import { createLatencyModel } from '../latency/create-latency-model.ts';
import type { LatencyModel } from '../latency/latency-model.ts';
import type { EngineHooks, RequestView, Scheduler } from '../policy/policy.ts';
import type { RequestRegister } from '../request-states.ts';
import type { PolicyViews } from '../routing/policy-views.ts';

export interface InstanceBuilderParts {
  readonly config: EngineConfig;
  readonly hooks: EngineHooks;
  readonly views: PolicyViews | null;
  readonly keys: BlockKeys;
  readonly requests: RequestRegister;
  readonly streams: TokenStreams | null;
  /** Whether content outside shared prefixes occurs on one instance only. */
  readonly oneHome: boolean;
  readonly idOf: (request: RequestIndex) => string;
  readonly listener: InstanceListener;
}

/** All instances, in index order. */
export function buildInstances(parts: InstanceBuilderParts): Instance[] {
  const { config, keys, requests } = parts;
  const configOf = configurations(config);
  const owned = new OwnedBlocks(requests);
  const latencies = new Map<InstanceConfig, LatencyModel>();
  const columns = new ColumnSource(keys, parts.oneHome ? 'one home' : 'many homes');
  return Array.from({ length: config.instances }, (_, index) => {
    const instanceConfig = configOf(index);
    let latency = latencies.get(instanceConfig);
    if (latency === undefined) {
      latency = createLatencyModel(instanceConfig.latency);
      latencies.set(instanceConfig, latency);
    }
    // Look-ups cover complete prompt blocks; output is part of a prompt only in sessions.
    const keysOutput = !parts.oneHome || instanceConfig.kv.kind !== 'gpu-only' || parts.hooks.kvTier !== undefined;
    const shared = { keys, index: columns.map('gpu'), owned, requests, keysOutput };
    const gpu = new GpuBlocks(instanceConfig.totalBlocks, shared);
    if (!keysOutput) gpu.useRuns();
    return new Instance(index, {
      config: instanceConfig,
      horizonUs: config.horizonUs,
      requests,
      streams: parts.streams,
      gpu,
      tier: createTier(
        instanceConfig,
        { gpu, keys, owned, requests, index: columns.map('cpu'), oneHome: parts.oneHome },
        parts,
      ),
      latency,
      ...policies(instanceConfig, { index, gpu }, parts),
      listener: parts.listener,
    });
  });
}

interface Place {
  readonly index: number;
  readonly gpu: GpuBlocks;
}

/** How the policies of a user enter an instance; the configured behaviour where there are none. */
function policies(
  config: InstanceConfig,
  place: Place,
  { hooks, views, requests, idOf }: InstanceBuilderParts,
): Pick<InstanceParts, 'order' | 'prefillLimit' | 'stepBudget' | 'pausing' | 'refreshUrgency'> {
  const configured = queueOrder(config.scheduler, requests, idOf);
  if (views === null) {
    const prefillLimit = config.longPrefillThreshold;
    return { order: configured, prefillLimit, stepBudget: null, pausing: null, refreshUrgency: null };
  }
  const { scheduler, priority, prefillThreshold, stepTokens, pause } = hooks;
  const viewOf = (request: RequestIndex) => views.request(request);
  const refreshUrgency =
    priority === undefined
      ? null
      : (request: RequestIndex, clockUs: number) => {
          requests.setUrgency(request, priority.urgency(views.request(request), clockUs));
        };
  const sign = config.scheduler === 'priority-fcfs' ? 1 : config.scheduler === 'reverse-priority' ? -1 : 0;
  let order = configured;
  if (scheduler !== undefined) {
    const key = hookKey(scheduler, config, place, views);
    // The first order is asked for when a request joins, so that the clock does not matter to a fixed key.
    const first = (request: RequestIndex) => key(request, 0);
    order = scheduler.fixed === true ? fixedOrder(requests, idOf, first) : dynamicOrder(requests, idOf, key);
  } else if (refreshUrgency !== null && sign !== 0) {
    order = dynamicOrder(requests, idOf, (request, clockUs) => {
      refreshUrgency(request, clockUs);
      return sign * requests.urgency[request]!;
    });
  }
  return {
    order,
    prefillLimit:
      prefillThreshold === undefined
        ? config.longPrefillThreshold
        : (request) => prefillThreshold(views.request(request)),
    stepBudget: stepTokens === undefined ? null : { policy: stepTokens, viewOf },
    pausing: pause === undefined ? null : { policy: pause, viewOf },
    refreshUrgency,
  };
}

function hookKey(
  scheduler: Scheduler,
  config: InstanceConfig,
  { index, gpu }: Place,
  views: PolicyViews,
): (request: RequestIndex, clockUs: number) => number {
  const context = {
    clockUs: 0,
    blockSize: config.blockSize,
    cachedBlocks: (view: RequestView) => views.live(view, index, gpu),
  };
  return (request, clockUs) => {
    context.clockUs = clockUs;
    return scheduler.key(views.request(request), context);
  };
}

function createTier(config: InstanceConfig, parts: TierParts, cluster: InstanceBuilderParts): KvTier | null {
  if (cluster.hooks.kvTier !== undefined) {
    return cluster.hooks.kvTier(config, parts, (request) => cluster.views!.request(request));
  }
  switch (config.kv.kind) {
    case 'gpu-only':
      return null;
    case 'tiered':
      return new TieredKv(config.kv, parts);
    case 'offload':
      return new OffloadKv(config.kv.chain, parts, { seed: cluster.config.seed, idOf: cluster.idOf });
    default:
      return config.kv satisfies never;
  }
}

/** Columns by block key: one for the whole cluster where content has one home, else one per instance. */
class ColumnSource {
  readonly #keys: BlockKeys;
  readonly #common: Map<string, GrowingColumn> | null;

  constructor(keys: BlockKeys, homes: 'one home' | 'many homes') {
    this.#keys = keys;
    this.#common = homes === 'one home' ? new Map() : null;
  }

  map(purpose: string): KeyMap {
    let column = this.#common?.get(purpose);
    if (column === undefined) {
      column = new GrowingColumn(0);
      this.#common?.set(purpose, column);
    }
    return new KeyMap(this.#keys.sharedEnd, column);
  }
}

/** By index. Shared instances of a disaggregated cluster use the decode pool's configuration. */
function configurations({ instance, classPools, disaggregation }: EngineConfig): (index: number) => InstanceConfig {
  if (disaggregation === null) {
    return (index) =>
      classPools?.find(({ from, count }) => index >= from && index < from + count)?.instance ?? instance;
  }
  const pools = divideIntoPools(disaggregation);
  return (index) => {
    if (pools.decode.includes(index)) return disaggregation.decodeInstance ?? instance;
    if (pools.prefill.includes(index)) return disaggregation.prefillInstance ?? instance;
    return instance;
  };
}
