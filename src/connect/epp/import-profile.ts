import { InputError } from '../../base/errors.ts';
import type { Json, JsonObject } from '../../base/json.ts';
import { shortText } from '../../base/short-text.ts';
import type { PluginsByName } from './findings.ts';
import type { ListedPlugin, SchedulingProfile } from './picker-config.ts';
import { CONSTANT_SCORER, PLUGIN_SCORERS } from './scorer-plugins.ts';

/** One profile in the terms of the simulator. */
export interface ImportedProfile {
  /** Scorer → weight, in the order of the file; weights of the same scorer add up. */
  readonly scorers: Readonly<Record<string, number>>;
  /** Settings of the plugins that it refers to. */
  readonly settings: Readonly<Record<string, Json>>;
  /** Whether it filters by affinity. */
  readonly affinity: boolean;
  readonly leftOut: readonly string[];
}

interface Draft {
  readonly scorers: Record<string, number>;
  readonly settings: Record<string, Json>;
  affinity: boolean;
  readonly leftOut: string[];
}

/** Filters that name a role, which pools have. */
const ROLE_FILTERS = ['prefill-filter', 'decode-filter', 'encode-filter'];

export function importProfile(profile: SchedulingProfile, known: PluginsByName): ImportedProfile {
  const draft: Draft = { scorers: {}, settings: {}, affinity: false, leftOut: [] };
  for (const { ref, weight } of profile.plugins) {
    const { listed, plugin } = known.get(ref)!;
    if (plugin.roles.includes('picker')) importPicker(draft, listed);
    else if (listed.type === 'prefix-cache-affinity-filter') importAffinity(draft, listed, known);
    else if (plugin.roles.includes('scorer')) importScorer(draft, listed, weight ?? 1, known);
    else if (!ROLE_FILTERS.includes(listed.type)) draft.leftOut.push(`filter ${titled(listed)}`);
  }
  refuseWithoutScores(profile, known, draft);
  if (Object.values(draft.scorers).every((weight) => weight === 0)) draft.scorers[CONSTANT_SCORER] = 1;
  return draft;
}

/** Routing by scores that are all unknown would be simulated as chance. */
function refuseWithoutScores({ name, plugins }: SchedulingProfile, known: PluginsByName, { scorers }: Draft): void {
  const counting = plugins.filter(({ ref, weight }) => weight !== 0 && known.get(ref)!.plugin.roles.includes('scorer'));
  if (counting.length === 0 || Object.keys(scorers).length > 0) return;
  const names = counting.map(({ ref }) => titled(known.get(ref)!.listed)).join(', ');
  throw new InputError(`no score of profile ${shortText(name)} is simulated: plugin ${names}`, {
    path: ['schedulingProfiles'],
    suggestion: `simulated are ${Object.keys(PLUGIN_SCORERS).join(', ')}`,
  });
}

/** The name by which messages speak of a plugin. */
export function titled({ name, type }: ListedPlugin): string {
  return name === type ? type : `${type} (${name})`;
}

function importPicker({ settings, leftOut }: Draft, listed: ListedPlugin): void {
  const kind = listed.type.replace(/-picker$/, '');
  if (kind !== 'max-score') settings['picker'] = kind;
  const endpoints = listed.parameters['maxNumOfEndpoints'];
  if (typeof endpoints === 'number' && endpoints > 1) {
    leftOut.push(`${titled(listed)} maxNumOfEndpoints ${endpoints}: the first endpoint is simulated`);
  }
}

function importScorer(draft: Draft, listed: ListedPlugin, weight: number, known: PluginsByName): void {
  const scorer = scorerOf(listed, known);
  if (scorer === undefined) {
    draft.leftOut.push(`scorer ${titled(listed)}, weight ${weight}`);
    return;
  }
  draft.scorers[scorer] = (draft.scorers[scorer] ?? 0) + weight;
  const { parameters } = listed;
  switch (scorer) {
    case 'prefix-affinity':
      Object.assign(draft.settings, approximatePrefixes(draft, producerOf(parameters, known)));
      break;
    case 'precise-prefix-cache':
      draft.settings['precise_prefix'] = 'router';
      preciseLeftOut(draft, listed, known);
      break;
    case 'token-load':
      take(draft, parameters, { queueThresholdTokens: 'queue_threshold_tokens' });
      leaveOut(draft, listed, { nonTextTokenWeight: null });
      Object.assign(draft.settings, approximatePrefixes(draft, undefined));
      ledgerLeftOut(draft, known);
      break;
    case 'load-aware':
      take(draft, parameters, { threshold: 'load_aware_threshold' });
      break;
    case 'active-requests':
      take(draft, parameters, { idleThreshold: 'idle_threshold', maxBusyScore: 'max_busy_score' });
      break;
    case 'no-hit-lru':
      leaveOut(draft, listed, { lruSize: 1024 });
      break;
    default:
  }
  if (listed.type === 'prefix-cache-scorer') leaveOut(draft, listed, { matchLengthWeight: 0 });
}

function scorerOf(listed: ListedPlugin, known: PluginsByName): string | undefined {
  if (listed.type !== 'prefix-cache-scorer') return PLUGIN_SCORERS[listed.type];
  const type = producerOf(listed.parameters, known)?.type ?? 'approx-prefix-cache-producer';
  if (type === 'approx-prefix-cache-producer') return 'prefix-affinity';
  return type === 'precise-prefix-cache-producer' ? 'precise-prefix-cache' : undefined;
}

function producerOf(parameters: JsonObject, known: PluginsByName): ListedPlugin | undefined {
  const name = parameters['prefixMatchInfoProducerName'];
  if (typeof name === 'string' && name !== '') return known.get(name)?.listed;
  return [...known.values()].find(({ listed }) => listed.type === 'approx-prefix-cache-producer')?.listed;
}

/** Blocks of fewer than 64 tokens are raised to 64 by the router, wherever their size comes from. */
const SMALLEST_BLOCK = 64;
const LRU_BLOCKS = 31_250;

function approximatePrefixes(draft: Draft, producer: ListedPlugin | undefined): Readonly<Record<string, Json>> {
  const parameters = producer?.parameters ?? {};
  const size = Number(parameters['blockSizeTokens'] ?? 0);
  const lru = Number(parameters['lruCapacityPerServer'] ?? 0);
  if (producer !== undefined)
    leaveOut(draft, producer, { maxPrefixTokensToMatch: 131_072, maxPrefixBlocksToMatch: 2048 });
  return {
    prefix_block_tokens: parameters['autoTune'] === false ? Math.max(SMALLEST_BLOCK, size) : SMALLEST_BLOCK,
    prefix_lru_blocks: lru > 0 ? lru : LRU_BLOCKS,
  };
}

function preciseLeftOut(draft: Draft, listed: ListedPlugin, known: PluginsByName): void {
  const producer = listed.type === 'prefix-cache-scorer' ? producerOf(listed.parameters, known) : listed;
  if (producer?.parameters['speculativeIndexing'] === true)
    draft.leftOut.push(`${titled(producer)} speculativeIndexing`);
}

function ledgerLeftOut(draft: Draft, known: PluginsByName): void {
  const producer = [...known.values()].find(({ listed }) => listed.type === 'inflight-load-producer')?.listed;
  if (producer?.parameters['addEstimatedOutputTokens'] === true) {
    draft.leftOut.push(`${titled(producer)} addEstimatedOutputTokens`);
  }
}

function importAffinity(draft: Draft, listed: ListedPlugin, known: PluginsByName): void {
  const { parameters } = listed;
  if (parameters['ttftSource'] === 'latencyPredictor') {
    draft.leftOut.push(`filter ${titled(listed)} with ttftSource latencyPredictor`);
    return;
  }
  const producer = producerOf(parameters, known);
  if (producer !== undefined && producer.type !== 'approx-prefix-cache-producer') {
    draft.leftOut.push(`${titled(listed)} with prefixes of ${titled(producer)}: approximate ones are simulated`);
  }
  if (draft.affinity) {
    draft.leftOut.push(`filter ${titled(listed)}: a second affinity filter`);
    return;
  }
  draft.affinity = true;
  take(draft, parameters, {
    affinityThreshold: 'affinity_threshold',
    explorationProbability: 'exploration_probability',
    maxTTFTPenaltyMs: 'max_ttft_penalty_ms',
    peakPrefillThroughput: 'peak_prefill_throughput',
  });
  Object.assign(
    draft.settings,
    approximatePrefixes(draft, producer?.type === 'approx-prefix-cache-producer' ? producer : undefined),
  );
  ledgerLeftOut(draft, known);
}

/** Takes parameters over as settings; one that is set otherwise by another plugin stays, and this one is left out. */
function take({ settings, leftOut }: Draft, parameters: JsonObject, names: Readonly<Record<string, string>>): void {
  for (const [parameter, setting] of Object.entries(names)) {
    const value = parameters[parameter];
    if (value === undefined || value === null) continue;
    if (Object.hasOwn(settings, setting) && settings[setting] !== value) {
      leftOut.push(`${parameter} ${String(value)}: another plugin of the same type has ${String(settings[setting])}`);
    } else settings[setting] = value;
  }
}

/** Names parameters that the simulator does not have, unless they are at their defaults. */
function leaveOut({ leftOut }: Draft, listed: ListedPlugin, defaults: Readonly<Record<string, Json>>): void {
  for (const [name, usual] of Object.entries(defaults)) {
    const value = listed.parameters[name];
    if (value === undefined || value === usual || value === 0) continue;
    leftOut.push(`${titled(listed)} ${name} ${JSON.stringify(value)}`);
  }
}
