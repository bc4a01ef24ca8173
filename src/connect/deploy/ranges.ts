import type { Json, JsonObject } from '../../base/json.ts';

/** What a search space says of one setting, besides its name. */
type Range = JsonObject;

interface SuggestedRange {
  /** null = better left as it is. */
  readonly range: (today: Json, settings: JsonObject) => Range | null;
}

/** What a study may tune. */
export type TunedPart = 'routing' | 'engine';

/** Settings of the router's plugins that are worth a search. */
const ROUTING: Readonly<Record<string, SuggestedRange>> = {
  affinity_threshold: real(0.2, 1),
  exploration_probability: real(0, 0.1),
  max_ttft_penalty_ms: positive('real', 50, 30_000),
  queue_threshold_tokens: positive('integer', 50_000, 8_388_608),
  load_aware_threshold: positive('integer', 8, 512),
  idle_threshold: integer(0, 8),
  max_busy_score: real(0.3, 1),
  prefix_lru_blocks: positive('integer', 1000, 100_000),
  pd_prefix_threshold: positive('integer', 1, 8192),
  pd_prompt_tokens: positive('integer', 1, 8192),
  queue_depth_threshold: positive('integer', 1, 128),
  kv_cache_util_threshold: real(0.5, 1),
  max_concurrency: positive('integer', 8, 1024),
};

/** Flags of the engines that are worth a search. The smallest step holds the largest batch. */
const ENGINE: Readonly<Record<string, SuggestedRange>> = {
  max_num_seqs: positive('integer', 32, 1024),
  max_num_batched_tokens: positive('integer', 1024, 16_384),
  long_prefill_token_threshold: levels([0, 128, 256, 512, 1024, 2048]),
  gpu_memory_utilization: whereMemoryDecides(real(0.8, 0.95)),
  block_size_in_tokens: whereMemoryDecides(levels([16, 32, 64])),
  scheduling_policy: choices(['fcfs', 'priority']),
  enable_prefix_caching: choices([true, false]),
};

/** Plugins that are in use only where another setting says so. */
const NEEDED: Readonly<Record<string, (settings: JsonObject) => boolean>> = {
  affinity_threshold: hasAffinity,
  exploration_probability: hasAffinity,
  max_ttft_penalty_ms: hasAffinity,
  queue_threshold_tokens: hasScorer('token-load'),
  load_aware_threshold: hasScorer('load-aware'),
  idle_threshold: hasScorer('active-requests'),
  max_busy_score: hasScorer('active-requests'),
  prefix_lru_blocks: (settings) => 'prefix_lru_blocks' in settings,
  pd_prefix_threshold: (settings) => settings['pd_decider'] === 'prefix-threshold',
  pd_prompt_tokens: (settings) => 'pd_prompt_tokens' in settings,
  queue_depth_threshold: (settings) => settings['saturation_detector'] === 'utilization',
  kv_cache_util_threshold: (settings) => settings['saturation_detector'] === 'utilization',
  max_concurrency: (settings) => settings['saturation_detector'] === 'concurrency',
};

/** Values of settings that a file leaves at the router's default. */
const UNWRITTEN: JsonObject = {
  affinity_threshold: 0.8,
  exploration_probability: 0,
  max_ttft_penalty_ms: 18_000,
  queue_threshold_tokens: 4_194_304,
  load_aware_threshold: 128,
  idle_threshold: 0,
  max_busy_score: 1,
  enable_prefix_caching: true,
};

export interface SuggestedParameter {
  readonly name: string;
  readonly today: Json;
  /** An entry of a search space. */
  readonly entry: JsonObject;
}

/** Parameters to search, with ranges that hold today's values. */
export function suggestedParameters(settings: JsonObject, parts: readonly TunedPart[]): readonly SuggestedParameter[] {
  const table = { ...(parts.includes('routing') ? ROUTING : {}), ...(parts.includes('engine') ? ENGINE : {}) };
  return Object.entries(table).flatMap(([name, { range }]) => {
    if (NEEDED[name]?.(settings) === false) return [];
    const today = settings[name] ?? UNWRITTEN[name];
    if (today === undefined || today === null) return [];
    const found = range(today, settings);
    return found === null ? [] : [{ name, today, entry: { name, ...found } }];
  });
}

function hasAffinity(settings: JsonObject): boolean {
  return settings['affinity_filter'] !== undefined && settings['affinity_filter'] !== 'off';
}

function hasScorer(name: string): (settings: JsonObject) => boolean {
  const keys = ['routing_scorers', 'prefill_routing_scorers', 'decode_routing_scorers'];
  return (settings) => keys.some((key) => JSON.stringify(settings[key] ?? []).includes(`"${name}"`));
}

function real(low: number, high: number): SuggestedRange {
  return {
    range: (today) => ({ type: 'real', low: Math.min(low, Number(today)), high: Math.max(high, Number(today)) }),
  };
}

function integer(low: number, high: number): SuggestedRange {
  return {
    range: (today) => ({ type: 'integer', low: Math.min(low, Number(today)), high: Math.max(high, Number(today)) }),
  };
}

/** On a log scale; what is off today (0) stays off. */
function positive(type: 'real' | 'integer', low: number, high: number): SuggestedRange {
  return {
    range: (today) => {
      const value = Number(today);
      if (!(value > 0)) return null;
      return { type, low: Math.min(low, value), high: Math.max(high, value), log: true };
    },
  };
}

function levels(usual: readonly number[]): SuggestedRange {
  return {
    range: (today) => ({
      type: 'ordinal',
      levels: [...new Set([...usual, Number(today)])].sort((a, b) => a - b),
    }),
  };
}

function choices(all: readonly (string | boolean)[]): SuggestedRange {
  return { range: () => ({ type: 'categorical', choices: [...all] }) };
}

/** A fixed number of KV blocks leaves nothing to decide. */
function whereMemoryDecides({ range }: SuggestedRange): SuggestedRange {
  return { range: (today, settings) => ('total_kv_blocks' in settings ? null : range(today, settings)) };
}
