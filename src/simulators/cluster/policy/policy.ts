import type { RequestEnd } from '../../workload/follow-ups.ts';
import type { InstanceConfig } from '../engine-config.ts';
import type { RequestIndex } from '../indices.ts';
import type { KvTier } from '../kv/kv-tier.ts';
import type { TierParts } from '../kv/tier-parts.ts';

/**
 * What a policy may know of a request. There is no output length and no output budget here: they are what the
 * simulation is about to find out.
 */
export interface RequestView {
  readonly id: string;
  readonly inputTokens: number;
  /** Original arrival, µs. */
  readonly arrivalUs: number;
  readonly sloClass: string;
  /** Priority of the class; below 0 = sheddable. */
  readonly priority: number;
  readonly tenant: string;
  readonly model: string;
  /** Absolute µs; 0 = none. */
  readonly deadlineUs: number;
  /** TTFT target of the request itself, µs; 0 = none. */
  readonly sloTargetUs: number;
  /** '' = none. */
  readonly sessionId: string;
  readonly round: number;
  readonly prefixGroup: string;
  readonly prefixTokens: number;
  /** Left by the router for scheduler and KV cache; null = none. */
  readonly hint: RoutingHint | null;
}

/** What a policy may know of an instance, as fresh as the configured signals. */
export interface InstanceView {
  readonly index: number;
  readonly queueDepth: number;
  readonly batchSize: number;
  /** Share of GPU blocks in use, in [0, 1]. */
  readonly kvUtilization: number;
  readonly freeBlocks: number;
  /** Always exact. */
  readonly inFlight: number;
  /** Leading prompt blocks of a request that this instance has cached, as fresh as the cache signal. */
  cachedBlocks(request: RequestView): number;
}

/** Typed message from the router along the path of one request. */
export interface RoutingHint {
  /** The router expects these many leading blocks to be cached where it sends the request. */
  readonly expectedCachedBlocks: number;
  /** Smaller is more urgent; free for scheduler and priority policies to use. */
  readonly urgency: number;
}

/** Rates each instance for a request: one value per entry of `instances`, clamped to [0, 1]. */
export interface Scorer {
  score(request: RequestView, instances: readonly InstanceView[], clockUs: number): readonly number[];
  /** The request was routed there. */
  routed?(request: RequestView, instance: number, clockUs: number): void;
  /** A request ended there. */
  ended?(request: RequestView, instance: number, end: RequestEnd, atUs: number): void;
  /** Message for the scheduler of the chosen instance. */
  hint?(request: RequestView, instance: InstanceView, clockUs: number): RoutingHint | null;
}

/** Orders a wait queue: smallest key first, then arrival, then id. */
export interface Scheduler {
  /** The key of a request stays as it is when the request joins the queue: asked once, not at the start of every step. */
  readonly fixed?: boolean;
  key(request: RequestView, context: SchedulingContext): number;
}

export interface SchedulingContext {
  readonly clockUs: number;
  /** Tokens of a KV block. */
  readonly blockSize: number;
  /** Leading prompt blocks of the request that are cached at this instance right now. */
  cachedBlocks(request: RequestView): number;
}

/** Urgency of waiting and running requests at the start of every step: smaller goes first and is preempted last. */
export interface PriorityPolicy {
  urgency(request: RequestView, clockUs: number): number;
}

/** What a batch policy may know of its instance at the start of a step. */
export interface InstanceLoad {
  readonly clockUs: number;
  readonly waiting: number;
  readonly paused: number;
  readonly running: number;
  /** Largest batch. */
  readonly slots: number;
  readonly freeBlocks: number;
  readonly totalBlocks: number;
  /** Who would be admitted next. */
  readonly next: RequestView;
}

/**
 * Lets decoding requests sit out while others wait for a slot of a full batch. A paused request keeps its KV blocks and
 * loses nothing but time, which counts in its token gaps and end-to-end latency. It goes on when a slot is free that
 * no waiting request needs, or that it has a right to.
 * @see Wu et al. 2023, "Fast distributed inference serving for large language models" (preemption between tokens)
 */
export interface PausePolicy {
  /**
   * Asked while more requests wait than slots are free; with `untilNobodyWaits`, while any wait.
   * @returns how many running requests to pause at most
   */
  limit(load: InstanceLoad): number;
  /** As long as `limit` allows pauses: requests are paused although slots are free, and a free slot lets nobody go on. */
  readonly untilNobodyWaits?: boolean;
  /** Who is paused first: the largest; −Infinity = never. */
  rank(request: RequestView, producedTokens: number, clockUs: number): number;
  /** Whether a paused request goes before waiting ones by now. */
  isOverdue(request: RequestView, pausedUs: number): boolean;
}

/**
 * Token budget of a step, asked for while requests wait: a step takes in new prompts as long as it has fewer tokens, one
 * for every decoding request included. The prompt that reaches the budget is not cut, and an empty batch takes one in
 * any case. `max_num_batched_tokens` stays the largest step.
 * @see Agrawal et al. 2024, "Taming throughput-latency tradeoff in LLM inference with Sarathi-Serve" (token budget)
 */
export type StepTokens = (load: InstanceLoad) => number;

/** Decides once per request whether the cluster takes it. */
export interface AdmissionPolicy {
  admits(request: RequestView, instances: readonly InstanceView[], clockUs: number): boolean;
}

/** Longest prefill chunk of a request in one step; 0 = unlimited. */
export type PrefillThreshold = (request: RequestView) => number;

/** One look at what happened. Never changes anything. */
export type EngineEvent =
  | { readonly kind: 'admission'; readonly atUs: number; readonly request: string; readonly admitted: boolean }
  | {
      readonly kind: 'routing';
      readonly atUs: number;
      readonly request: string;
      readonly instance: number;
      /** By instance of `instances`; null where the policy has none. */
      readonly scores: readonly number[] | null;
      readonly instances: readonly Omit<InstanceView, 'cachedBlocks'>[];
    }
  | {
      readonly kind: 'dispatch';
      readonly atUs: number;
      /** null = the gateway held everything back. */
      readonly request: string | null;
      readonly saturation: number;
      readonly waiting: number;
    }
  | {
      readonly kind: 'step';
      readonly atUs: number;
      readonly durationUs: number;
      readonly instance: number;
      readonly queueDepth: number;
      readonly batch: readonly { readonly request: string; readonly progress: number }[];
      readonly usedBlocks: number;
      readonly hits: number;
      readonly misses: number;
    };

/** Extension points, all off by default. Names that a configuration uses are looked up here first. */
export interface EngineHooks {
  /** Scorers of one's own by the name that `routing.scorers` uses. Fresh objects for every run. */
  readonly scorers?: Readonly<Record<string, Scorer>>;
  readonly admission?: AdmissionPolicy;
  readonly scheduler?: Scheduler;
  readonly priority?: PriorityPolicy;
  readonly prefillThreshold?: PrefillThreshold;
  readonly stepTokens?: StepTokens;
  readonly pause?: PausePolicy;
  /** The memory tier behind the GPU blocks of each instance, instead of the configured one; null = none. */
  readonly kvTier?: (
    config: InstanceConfig,
    parts: TierParts,
    viewOf: (request: RequestIndex) => RequestView,
  ) => KvTier | null;
  readonly record?: (event: EngineEvent) => void;
}
