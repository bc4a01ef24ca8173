/** Scorers of the simulator and their plugins, where one plugin is one scorer. */
export const SCORER_PLUGINS: Readonly<Record<string, string>> = {
  'prefix-affinity': 'prefix-cache-scorer',
  'precise-prefix-cache': 'prefix-cache-scorer',
  'queue-depth': 'queue-scorer',
  'kv-utilization': 'kv-cache-utilization-scorer',
  'no-hit-lru': 'no-hit-lru-scorer',
  'active-requests': 'active-request-scorer',
  'running-requests': 'running-requests-size-scorer',
  'load-aware': 'load-aware-scorer',
  'lora-affinity': 'lora-affinity-scorer',
  'token-load': 'token-load-scorer',
};

/** The scorer of a plugin; those of cached prefixes depend on their producer. */
export const PLUGIN_SCORERS: Readonly<Record<string, string>> = {
  ...Object.fromEntries(Object.entries(SCORER_PLUGINS).map(([scorer, plugin]) => [plugin, scorer])),
  'precise-prefix-cache-scorer': 'precise-prefix-cache',
};

/** Equal for all instances while there are no adapters: what is left of a profile without a score that counts. */
export const CONSTANT_SCORER = 'lora-affinity';

/** Thresholds of the saturation detector that no load reaches. */
export const NEVER_SATURATED = { queueDepthThreshold: 1_000_000_000, kvCacheUtilThreshold: 1 };
