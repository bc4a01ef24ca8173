import type { JsonObject } from '../../base/json.ts';
import type { ScorerWeight } from '../../simulators/cluster/engine-config.ts';
import type { ClusterSettings } from '../../simulators/cluster/settings/cluster-settings.ts';
import type { ExportedPlugin, PluginList } from './export-plugins.ts';
import { SCORER_PLUGINS } from './scorer-plugins.ts';

export interface ProfileRequest {
  readonly name: string;
  /** Of which router in the simulator it is. */
  readonly scope: 'main' | 'prefill' | 'decode';
  readonly scorers: readonly ScorerWeight[];
  readonly filters: readonly string[];
}

export interface ProfileParts {
  readonly settings: ClusterSettings;
  readonly plugins: PluginList;
  readonly leftOut: string[];
  readonly notes: string[];
}

/** A profile with its filters, scorers and picker; the plugins it refers to are added to the list. */
export function exportProfile({ name, scope, scorers, filters }: ProfileRequest, parts: ProfileParts): JsonObject {
  const { settings, plugins } = parts;
  const affinity = settings.affinity_filter === 'all' || settings.affinity_filter === scope;
  const refs: JsonObject[] = filters.map((type) => ({ pluginRef: plugins.add({ type }) }));
  if (affinity && settings.affinity_threshold > 0) refs.push({ pluginRef: addAffinity(parts) });
  for (const { name: scorer, weight } of scorers) {
    if (!Object.hasOwn(SCORER_PLUGINS, scorer)) {
      parts.leftOut.push(`scorer ${scorer} (weight ${weight})`);
      continue;
    }
    refs.push({ pluginRef: addScorer(scorer, parts), weight });
  }
  refs.push({ pluginRef: plugins.add({ type: `${settings.picker}-picker` }) });
  return { name, plugins: refs };
}

function addScorer(scorer: string, parts: ProfileParts): string {
  const { settings, plugins } = parts;
  const type = SCORER_PLUGINS[scorer]!;
  switch (scorer) {
    case 'prefix-affinity':
      addApproximatePrefixes(parts);
      return plugins.add({ type });
    case 'precise-prefix-cache':
      return addPrecise(parts);
    case 'token-load':
      addApproximatePrefixes(parts);
      plugins.add({ type: 'inflight-load-producer' });
      return plugins.add({ type, parameters: { queueThresholdTokens: wholeTokens(parts) } });
    case 'load-aware':
      return plugins.add({ type, parameters: { threshold: Math.round(settings.load_aware_threshold) } });
    case 'active-requests':
      return plugins.add({ type, parameters: idleness(settings) });
    default:
      return plugins.add({ type });
  }
}

function wholeTokens({ settings, notes }: ProfileParts): number {
  const tokens = Math.round(settings.queue_threshold_tokens);
  if (tokens !== settings.queue_threshold_tokens) notes.push(`queue_threshold_tokens is rounded to ${tokens}`);
  return tokens;
}

function idleness({ idle_threshold: idle, max_busy_score: busy }: ClusterSettings): JsonObject {
  return { ...(idle === 0 ? {} : { idleThreshold: idle }), ...(busy === 1 ? {} : { maxBusyScore: busy }) };
}

const SMALLEST_BLOCK = 64;

/** With the router's blocks, exactly as simulated; with the engine's, as the router counts. */
function addApproximatePrefixes({ settings, plugins, notes }: ProfileParts): void {
  const { prefix_block_tokens: tokens, prefix_lru_blocks: blocks } = settings;
  const isRouters = tokens >= SMALLEST_BLOCK;
  const producer: ExportedPlugin = {
    type: 'approx-prefix-cache-producer',
    ...(isRouters ? { parameters: { autoTune: false, blockSizeTokens: tokens, lruCapacityPerServer: blocks } } : {}),
  };
  plugins.add(producer);
  const note = `prefixes were simulated in blocks of ${tokens || settings.block_size_in_tokens} tokens, ${blocks} per instance; the router counts in blocks of ${SMALLEST_BLOCK}`;
  if (!isRouters && !notes.includes(note)) notes.push(note);
}

function addPrecise({ settings, plugins, notes }: ProfileParts): string {
  plugins.add({
    type: 'token-producer',
    parameters: { modelName: settings.model ?? '', vllm: { url: 'http://localhost:8000' } },
  });
  plugins.add({ type: 'endpoint-notification-source' });
  const producer = plugins.add({
    type: 'precise-prefix-cache-producer',
    parameters: { tokenProcessorConfig: { blockSize: settings.block_size_in_tokens } },
  });
  const note =
    'precise prefixes were simulated as in BLIS, min-max over the instances; the router scores matched/total';
  if (settings.precise_prefix === 'blis' && !notes.includes(note)) notes.push(note);
  return plugins.add({
    name: 'precise-prefix-scorer',
    type: 'prefix-cache-scorer',
    parameters: { prefixMatchInfoProducerName: producer },
  });
}

function addAffinity(parts: ProfileParts): string {
  const { settings, plugins } = parts;
  addApproximatePrefixes(parts);
  plugins.add({ type: 'inflight-load-producer' });
  return plugins.add({
    type: 'prefix-cache-affinity-filter',
    parameters: {
      affinityThreshold: settings.affinity_threshold,
      ...(settings.exploration_probability === 0 ? {} : { explorationProbability: settings.exploration_probability }),
      maxTTFTPenaltyMs: settings.max_ttft_penalty_ms,
      peakPrefillThroughput: settings.peak_prefill_throughput,
    },
  });
}
