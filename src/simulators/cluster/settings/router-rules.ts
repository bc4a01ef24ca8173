import type { EngineConfig } from '../engine-config.ts';
import type { AffinityFilterConfig, RouterRules } from '../router-config.ts';
import { type ClusterSettings, DEFAULT_SETTINGS } from './cluster-settings.ts';

/** Settings that decide how the router works; all of them at their defaults is BLIS. */
export const ROUTER_RULE_KEYS = [
  'precise_prefix',
  'prefix_block_tokens',
  'prefix_lru_blocks',
  'queue_threshold_tokens',
  'load_aware_threshold',
  'idle_threshold',
  'max_busy_score',
  'affinity_filter',
  'affinity_threshold',
  'exploration_probability',
  'max_ttft_penalty_ms',
  'peak_prefill_throughput',
  'picker',
] as const;

/** Absent where nothing differs from BLIS. */
export function routerRules(settings: ClusterSettings): Pick<EngineConfig, 'router'> {
  if (ROUTER_RULE_KEYS.every((key) => settings[key] === DEFAULT_SETTINGS[key])) return {};
  return {
    router: {
      precisePrefix: settings.precise_prefix as RouterRules['precisePrefix'],
      prefixBlockTokens: settings.prefix_block_tokens,
      prefixLruBlocks: settings.prefix_lru_blocks,
      queueThresholdTokens: settings.queue_threshold_tokens,
      loadAwareThreshold: settings.load_aware_threshold,
      idleThreshold: settings.idle_threshold,
      maxBusyScore: settings.max_busy_score,
      picker: settings.picker as RouterRules['picker'],
      affinity: affinity(settings),
    },
  };
}

function affinity(settings: ClusterSettings): AffinityFilterConfig | null {
  if (settings.affinity_filter === 'off' || settings.affinity_threshold <= 0) return null;
  return {
    scope: settings.affinity_filter as AffinityFilterConfig['scope'],
    threshold: settings.affinity_threshold,
    explorationProbability: settings.exploration_probability,
    maxTtftPenaltyMs: settings.max_ttft_penalty_ms,
    peakPrefillThroughput: settings.peak_prefill_throughput,
  };
}
