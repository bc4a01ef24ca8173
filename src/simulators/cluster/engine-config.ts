import type { RouterRules } from './router-config.ts';

/** A fully resolved, numeric configuration of one simulated cluster: what the engine runs. Times in µs. */
export interface EngineConfig {
  /** Name of the model that all instances serve; requests that name another one find none. Absent = any will do. */
  readonly model?: string;
  readonly instances: number;
  /** Master seed of the router and every other run-time stream (not of the workload). */
  readonly seed: number | bigint;
  /** Infinity = none. */
  readonly horizonUs: number;
  readonly admissionLatencyUs: number;
  readonly routingLatencyUs: number;
  readonly snapshotRefreshUs: number;
  readonly cacheSignalDelayUs: number;
  readonly routing: RoutingConfig;
  /** Absent: BLIS's. */
  readonly router?: RouterRules;
  readonly admission: AdmissionConfig;
  /** Priority by SLO class, after overrides; classes that are absent have 3. */
  readonly sloPriorities: Readonly<Record<string, number>>;
  /** Tenant → share of cluster slots; null = no budgets. */
  readonly tenantBudgets: Readonly<Record<string, number>> | null;
  /** Gateway queue; null = off. */
  readonly gateway: GatewayConfig | null;
  /** Prefill/decode disaggregation; null = off. */
  readonly disaggregation: DisaggregationConfig | null;
  readonly instance: InstanceConfig;
  /** Instances of their own for SLO classes; absent = every instance serves every class. */
  readonly classPools?: readonly ClassPool[];
  readonly traceDecisions: boolean;
  readonly counterfactualK: number;
  /** Requests whose streams are looked at closely; absent = none, and token gaps are those of all requests. */
  readonly measured?: MeasuredSpan;
}

/** The instances `from`, …, `from + count − 1` serve one SLO class and nothing else. */
export interface ClassPool {
  readonly sloClass: string;
  readonly from: number;
  readonly count: number;
  readonly instance: InstanceConfig;
}

/** Requests that arrive in it are measured, both ends included; µs. */
export interface MeasuredSpan {
  readonly fromUs: number;
  readonly untilUs: number;
}

export interface ScorerWeight {
  readonly name: string;
  /** > 0 */
  readonly weight: number;
}

export interface RoutingConfig {
  readonly policy: 'round-robin' | 'least-loaded' | 'weighted' | 'always-busiest';
  readonly scorers: readonly ScorerWeight[];
}

export type AdmissionConfig =
  | { readonly kind: 'always-admit' }
  | { readonly kind: 'reject-all' }
  | { readonly kind: 'token-bucket'; readonly capacity: number; readonly refillPerSecond: number }
  | { readonly kind: 'tier-shed'; readonly threshold: number; readonly minPriority: number }
  | { readonly kind: 'gaie-legacy'; readonly queueDepth: number; readonly kvUtilization: number };

export interface GatewayConfig {
  readonly detector:
    | { readonly kind: 'never' }
    | { readonly kind: 'utilization'; readonly queueDepth: number; readonly kvUtilization: number }
    | { readonly kind: 'concurrency'; readonly maxConcurrency: number };
  readonly dispatchOrder: 'fifo' | 'priority' | 'slo-deadline';
  readonly fairness: 'global-strict' | 'round-robin';
  /** Class → µs. */
  readonly sloTargetsUs: Readonly<Record<string, number>>;
  /** 0 = unlimited. */
  readonly maxDepth: number;
  readonly perBandCapacity: number;
  readonly usageLimit: number;
  /** 0 = none. */
  readonly requestTtlUs: number;
  readonly shedding: boolean;
  readonly inFlightEviction: boolean;
  readonly tickUs: number;
}

export interface DisaggregationConfig {
  readonly prefill: number;
  readonly decode: number;
  readonly shared: number;
  readonly encode: number;
  readonly decider: 'never' | 'always' | 'prefix-threshold';
  readonly prefixThreshold: number;
  /** Prompts shorter than this stay whole under `prefix-threshold`. Absent: 0. */
  readonly promptTokens?: number;
  readonly encodeDecider: 'never' | 'always' | 'multimodal';
  /** GB/s. */
  readonly transferBandwidth: number;
  readonly transferBaseMs: number;
  readonly contention: boolean;
  /** Per-GPU KV bytes of one token at the prefill pool's tensor parallelism. */
  readonly kvBytesPerToken: number;
  readonly prefillScorers: readonly ScorerWeight[] | null;
  readonly decodeScorers: readonly ScorerWeight[] | null;
  /** Instance configuration of each pool where it differs. */
  readonly prefillInstance: InstanceConfig | null;
  readonly decodeInstance: InstanceConfig | null;
  /** Joint choice of prefill and decode instance for requests with targets; null = each pool by its own router. */
  readonly pairRouting: PairRoutingConfig | null;
}

/** @see PairSelectionSettings for the parameters of the choice */
export interface PairRoutingConfig {
  /** ms, for all classes or by class. */
  readonly ttftTargetsMs: number | Readonly<Record<string, number>>;
  readonly tpotTargetsMs: number | Readonly<Record<string, number>>;
  readonly ttftWeight: number;
  readonly tpotWeight: number;
  /** What the router believes a KV transfer costs. */
  readonly transferOverheadMs: number;
  readonly sloBufferFactor: number;
  readonly negativeHeadroomProb: number;
  readonly selectionStrategy: 'weighted_random' | 'best_headroom';
  readonly weightFloor: number;
}

export interface InstanceConfig {
  readonly totalBlocks: number;
  /** Tokens per KV block. */
  readonly blockSize: number;
  readonly maxSeqs: number;
  readonly maxBatchedTokens: number;
  /** 0 = off. */
  readonly longPrefillThreshold: number;
  /** 0 = unlimited. */
  readonly maxModelLen: number;
  readonly scheduler: 'fcfs' | 'priority-fcfs' | 'sjf' | 'reverse-priority';
  readonly preemption: 'fcfs' | 'priority';
  /** Absent: prefixes are cached. */
  readonly prefixCaching?: false;
  readonly kv: KvTierConfig;
  readonly latency: LatencyConfig;
}

export type KvTierConfig =
  | { readonly kind: 'gpu-only' }
  | {
      readonly kind: 'tiered';
      readonly cpuBlocks: number;
      /** Tokens per µs: a block takes base latency + ⌈block size ÷ bandwidth⌉ µs. */
      readonly transferBandwidth: number;
      /** µs */
      readonly transferBaseLatency: number;
    }
  | { readonly kind: 'offload'; readonly chain: OffloadConfig };

export interface OffloadConfig {
  readonly cpuBlocks: number;
  readonly bytesPerBlock: number;
  readonly promptOnly: boolean;
  readonly tiers: readonly {
    readonly readThreads: number;
    readonly writeThreads: number;
    /** bytes/µs */
    readonly readBandwidth: number;
    readonly writeBandwidth: number;
    /** µs */
    readonly baseLatency: number;
    readonly saturationQueueDepth: number;
    readonly rampFraction: number;
    readonly jitterSigma: number;
  }[];
}

export type LatencyConfig =
  | {
      readonly kind: 'roofline' | 'trained-physics';
      readonly alpha: readonly number[];
      readonly beta: readonly number[];
      readonly model: ModelArchitecture;
      readonly hardware: HardwareSpec;
      readonly tp: number;
      readonly dp: number;
      readonly moeCommBackend: string;
    }
  | { readonly kind: 'blackbox'; readonly alpha: readonly number[]; readonly beta: readonly number[] };

export interface ModelArchitecture {
  readonly layers: number;
  readonly hidden: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly vocab: number;
  readonly ffn: number;
  /** Bytes. */
  readonly activationBytes: number;
  readonly weightBytes: number;
  /** 0 for dense models. */
  readonly experts: number;
  readonly topK: number;
  readonly expertFfn: number;
  readonly sharedFfn: number;
  readonly interleaveStep: number;
  readonly denseFfn: number;
  readonly headDim: number;
  readonly kvLoraRank: number;
  readonly qkRopeHeadDim: number;
  readonly firstKDenseReplace: number;
  readonly hiddenAct: string;
  readonly tieWordEmbeddings: boolean;
}

export interface HardwareSpec {
  readonly name: string;
  readonly tflopsPeak: number;
  readonly tflopsFp8: number;
  readonly bandwidthTBs: number;
  readonly mfuPrefill: number;
  readonly mfuDecode: number;
  readonly memoryGiB: number;
}
