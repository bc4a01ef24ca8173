/** Where llm-d's router decides otherwise than BLIS, and what it has beside it. */
export interface RouterRules {
  /** Score of cached blocks: min–max over the instances as in BLIS, or matched/total as in the router. */
  readonly precisePrefix: 'blis' | 'router';
  /** Tokens of a block of the prefix index; 0 = the engine's. */
  readonly prefixBlockTokens: number;
  /** Blocks that the prefix index remembers of each instance. */
  readonly prefixLruBlocks: number;
  /** Tokens at which `token-load` is 0. */
  readonly queueThresholdTokens: number;
  /** Queue depth at which `load-aware` is 0. */
  readonly loadAwareThreshold: number;
  /** Requests in flight up to which `active-requests` is 1, and its largest value above that. */
  readonly idleThreshold: number;
  readonly maxBusyScore: number;
  /** How the instance is picked by its score. */
  readonly picker: 'max-score' | 'weighted-random' | 'random';
  /** null = off. */
  readonly affinity: AffinityFilterConfig | null;
}

export interface AffinityFilterConfig {
  /** Which routers filter. */
  readonly scope: 'all' | 'prefill' | 'decode';
  /** Least share of the prompt that a sticky instance holds; ≤ 0 = all do. */
  readonly threshold: number;
  readonly explorationProbability: number;
  /** 0 = always stick. */
  readonly maxTtftPenaltyMs: number;
  /** Tokens per second. */
  readonly peakPrefillThroughput: number;
}
