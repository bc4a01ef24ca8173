import { type Rng, stream } from '../../../../src/base/random.ts';
import type { EngineConfig, KvTierConfig } from '../../../../src/simulators/cluster/engine-config.ts';
import type { Workload } from '../../../../src/simulators/workload/follow-ups.ts';
import { RequestTable } from '../../../../src/simulators/workload/request-table.ts';
import { openWorkload } from './token-table.ts';

export interface RandomCluster {
  readonly config: EngineConfig;
  readonly workload: Workload;
}

export interface RandomOptions {
  readonly kv?: 'gpu-only' | 'tiered' | 'offload';
  /** Every run ends by itself: each request fits and has a deadline. */
  readonly instances?: number;
  /** false = no request inherits another one's context, so that content outside shared prefixes has one home. */
  readonly inherits?: boolean;
}

const CLASSES = ['critical', 'standard', 'sheddable', ''] as const;

/** A small cluster under memory pressure and a workload with shared prefixes and inherited contexts. */
export function randomCluster(seed: number, options: RandomOptions = {}): RandomCluster {
  const rng = stream(seed, 'cluster');
  const pick = <T>(items: readonly T[]): T => items[rng.below(items.length)]!;
  const blockSize = pick([2, 4, 16]);
  const instances = options.instances ?? pick([1, 1, 2, 3, 5]);
  const totalBlocks = pick([12, 20, 30, 48, 100]);
  const kind = options.kv ?? pick(['gpu-only', 'tiered', 'offload'] as const);
  const capacityTokens = totalBlocks * blockSize;
  const config: EngineConfig = {
    instances,
    seed,
    horizonUs: rng.below(3) === 0 ? 200_000 : Number.POSITIVE_INFINITY,
    admissionLatencyUs: pick([0, 0, 700]),
    routingLatencyUs: pick([0, 0, 300]),
    snapshotRefreshUs: pick([0, 5_000, 50_000]),
    cacheSignalDelayUs: pick([0, 13_000]),
    routing: {
      policy: pick(['round-robin', 'least-loaded', 'weighted', 'always-busiest'] as const),
      scorers: pick([
        [
          { name: 'prefix-affinity', weight: 3 },
          { name: 'queue-depth', weight: 2 },
          { name: 'kv-utilization', weight: 2 },
        ],
        [
          { name: 'precise-prefix-cache', weight: 2 },
          { name: 'no-hit-lru', weight: 1 },
          { name: 'load-balance', weight: 1 },
        ],
        [
          { name: 'vllm-dp', weight: 1 },
          { name: 'active-requests', weight: 1 },
          { name: 'load-aware', weight: 1 },
          { name: 'running-requests', weight: 0.5 },
        ],
      ]),
    },
    admission: pick([
      { kind: 'always-admit' },
      { kind: 'always-admit' },
      { kind: 'token-bucket', capacity: 2_000, refillPerSecond: 500_000 },
      { kind: 'tier-shed', threshold: 4, minPriority: 3 },
    ] as const),
    sloPriorities: { critical: 4, standard: 3, batch: -1, sheddable: -2, background: -3 },
    tenantBudgets: null,
    gateway: null,
    disaggregation: null,
    traceDecisions: false,
    counterfactualK: 0,
    instance: {
      totalBlocks,
      blockSize,
      maxSeqs: pick([1, 3, 8, 64]),
      maxBatchedTokens: pick([5, 24, 64, 2048]),
      longPrefillThreshold: pick([0, 0, 7, 32]),
      maxModelLen: pick([0, 0, capacityTokens]),
      scheduler: pick(['fcfs', 'priority-fcfs', 'sjf', 'reverse-priority'] as const),
      preemption: pick(['fcfs', 'priority'] as const),
      kv: tier(rng, kind),
      latency: { kind: 'blackbox', alpha: [pick([0, 900]), pick([0, 4.5]), 3], beta: [400, 9.5, 3.25] },
    },
  };
  return { config, workload: openWorkload(randomTable(rng, capacityTokens, options.inherits ?? true)) };
}

function tier(rng: Rng, kind: 'gpu-only' | 'tiered' | 'offload'): KvTierConfig {
  if (kind === 'gpu-only') return { kind };
  const cpuBlocks = [5, 30, 60, 200, 3_000][rng.below(5)]!;
  if (kind === 'tiered') {
    return {
      kind,
      cpuBlocks,
      transferBandwidth: [0.37, 3, 100][rng.below(3)]!,
      transferBaseLatency: rng.below(2) * 50,
    };
  }
  const tiers = Array.from({ length: rng.below(3) }, () => ({
    readThreads: 1 + rng.below(3),
    writeThreads: 1 + rng.below(3),
    readBandwidth: 31.7,
    writeBandwidth: 500,
    baseLatency: 80 + rng.below(2_000),
    saturationQueueDepth: 1 + rng.below(4),
    rampFraction: 0.3,
    jitterSigma: rng.below(2) * 0.2,
  }));
  return { kind, chain: { cpuBlocks, bytesPerBlock: 65_536, promptOnly: rng.below(2) === 1, tiers } };
}

function randomTable(rng: Rng, capacityTokens: number, inherits: boolean): RequestTable {
  const groupLengths = [Math.floor(capacityTokens / 4), 17, 40];
  const table = new RequestTable(64, {
    sloClasses: [...CLASSES],
    tenants: ['', 'a', 'b'],
    clients: [''],
    models: [''],
    prefixGroups: ['one', 'two', 'three'],
    sessions: [],
    groupLengths,
  });
  const count = 5 + rng.below(60);
  const spread = [500, 5_000, 40_000][rng.below(3)]!;
  let at = 0;
  for (let i = 0; i < count; i++) {
    at += rng.below(spread);
    const row = table.append();
    const output = rng.below(12) === 0 ? 0 : 1 + rng.below(Math.max(2, Math.floor(capacityTokens / 4)));
    let shared = 0;
    const kind = rng.below(4);
    if (kind === 0 && row > 0 && inherits) {
      const parent = rng.below(row);
      shared = Math.min(
        table.inputTokens[parent]! + rng.below(table.outputTokens[parent]! + 1),
        Math.floor(capacityTokens / 2),
      );
      table.parent[row] = parent;
      table.inheritedTokens[row] = shared;
    } else if (kind < 3) {
      const group = rng.below(groupLengths.length);
      shared = Math.min(groupLengths[group]!, Math.floor(capacityTokens / 2));
      table.group[row] = group;
      table.groupTokens[row] = shared;
    }
    const own = rng.below(6) === 0 ? 0 : rng.below(Math.max(2, Math.floor(capacityTokens / 3)));
    table.arrivalUs[row] = at;
    table.inputTokens[row] = Math.max(1, shared + own);
    table.outputTokens[row] = output;
    table.maxOutputTokens[row] = rng.below(5) === 0 ? 0 : output;
    table.deadlineUs[row] = at + 20_000 + rng.below(400_000);
    table.sloClass[row] = rng.below(CLASSES.length);
    table.tenant[row] = rng.below(3);
  }
  return table;
}
