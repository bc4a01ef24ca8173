import type { SchedulerName } from './scheduler-names.ts';

export type NodeRole = 'prefill' | 'decode';

/** One GPU worker. Loads count requests at the start of the run. */
export interface NodeSpec {
  readonly id: string;
  readonly gpu: string;
  readonly vramTotalBytes: number;
  readonly vramFreeBytes: number;
  readonly maxBatchPrefill: number | null;
  readonly maxBatchDecode: number | null;
  readonly runningPrefill: number;
  readonly queuedPrefill: number;
  readonly runningDecode: number;
  readonly queuedDecode: number;
  readonly role: NodeRole | null;
  readonly tier: string | null;
}

export type CongestionModel = 'none' | 'util_linear' | 'mm1';

/** A directed link. */
export interface LinkSpec {
  readonly src: string;
  readonly dst: string;
  readonly bandwidthGbps: number;
  readonly rttMs: number;
  readonly setupMs: number;
  /** Packet loss, in [0, 1]. */
  readonly lossRate: number;
  readonly congestion: CongestionModel;
}

export interface NetworkSpec {
  readonly links: readonly LinkSpec[];
  /** Utilisation of pairs that `utilByPair` does not name, in [0, 0.99]. */
  readonly defaultUtil: number;
  /** Keys read `a->b`. */
  readonly utilByPair: ReadonlyMap<string, number>;
  /** Share of the shorter of transfer and compute that runs at the same time, where overlap is on. */
  readonly overlapRatio: number;
  /** Most that overlap may hide, in ms; null is no limit. */
  readonly maxHideMs: number | null;
}

/** Values with weights, in the order written. */
export type WeightedValues = readonly (readonly [value: number, weight: number])[];

export interface WorkloadSpec {
  readonly numRequests: number;
  readonly promptTokens: WeightedValues;
  readonly maxNewTokens: WeightedValues;
  readonly defaultPromptTokens: number;
  readonly defaultMaxNewTokens: number;
  readonly kvBytesPerToken: number;
  readonly kvBaseBytes: number;
}

export type Dynamics = 'walk' | 'queue';

/** `legacy` reproduces the published program's numbers; `wired` does what its document says. */
export type Fidelity = 'legacy' | 'wired';

/** A scenario document, checked and with its defaults. */
export interface Scenario {
  readonly id: string;
  readonly nodes: readonly NodeSpec[];
  readonly network: NetworkSpec | null;
  readonly workload: WorkloadSpec;
  readonly dynamics: Dynamics;
  /** Simulated time between requests; matters to `queue` dynamics only. */
  readonly tickMs: number;
  readonly gpuLatency: boolean;
  /** Before the built-in table. */
  readonly gpuMsPerToken: Readonly<Record<string, number>>;
  /** Roles that may decode, with untagged nodes; null is every node. */
  readonly decodeRoles: readonly NodeRole[] | null;
  readonly defaults: RunDefaults;
}

/** What a scenario file suggests for its runs. */
export interface RunDefaults {
  readonly scheduler: SchedulerName | null;
  readonly seed: number | null;
  readonly ticks: number | null;
  readonly weights: Partial<HeuristicWeights>;
  readonly policy: Partial<PolicySettings>;
}

/** Factors of the `kv_heuristic` score. */
export interface HeuristicWeights {
  readonly queue: number;
  readonly migrationMs: number;
  readonly memPressure: number;
}

export interface PolicySettings {
  /** A migration must gain more than this score. */
  readonly hysteresisMs: number;
  readonly enablePrefetch: boolean;
  /** False makes the ratio 0; true leaves it as it is. */
  readonly enableOverlap: boolean;
  /** Requests with fewer new tokens do not prefetch. */
  readonly prefetchHorizonTokens: number;
  /** Null takes the network's. */
  readonly overlapRatio: number | null;
}

export const DEFAULT_WEIGHTS: HeuristicWeights = { queue: 1, migrationMs: 1, memPressure: 0.2 };

export const DEFAULT_POLICY: PolicySettings = {
  hysteresisMs: 5,
  enablePrefetch: true,
  enableOverlap: true,
  prefetchHorizonTokens: 0,
  overlapRatio: null,
};
