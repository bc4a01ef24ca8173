import type { ParameterRule, Plugin, PluginTable } from './plugin.ts';

const NATURAL: ParameterRule = { kind: 'integer', min: 0 };
const SHARE: ParameterRule = { kind: 'number', min: 0, max: 1 };
const TEXT: ParameterRule = { kind: 'text' };
const PREFIX_SOURCE: ParameterRule = { kind: 'plugin', role: 'producer' };

const bare = (role: Plugin['roles'][number]): Plugin => ({ roles: [role], stability: 'Beta', parameters: 'none' });
const alpha = (role: Plugin['roles'][number]): Plugin => ({ roles: [role], stability: 'Alpha' });
const picker: Plugin = {
  roles: ['picker'],
  stability: 'Beta',
  parameters: { maxNumOfEndpoints: { kind: 'integer', min: 1 } },
};

const SCORERS: PluginTable = {
  'active-request-scorer': {
    roles: ['scorer'],
    stability: 'Beta',
    parameters: {
      idleThreshold: NATURAL,
      maxBusyScore: SHARE,
      requestTimeout: TEXT,
      inFlightLoadProducerName: PREFIX_SOURCE,
    },
  },
  'context-length-aware': {
    roles: ['scorer', 'filter'],
    stability: 'Beta',
    parameters: { label: TEXT, enableFiltering: { kind: 'boolean' }, reusableTokensProducerName: TEXT },
  },
  'endpoint-attribute-scorer': alpha('scorer'),
  'header-label-affinity-scorer': alpha('scorer'),
  'kv-cache-utilization-scorer': bare('scorer'),
  'latency-scorer': {
    roles: ['scorer'],
    stability: 'Beta',
    parameters: {
      ttftWeight: { kind: 'number', min: 0 },
      tpotWeight: { kind: 'number', min: 0 },
      headroomSelectionStrategy: TEXT,
      compositeKVWeight: { kind: 'number', min: 0 },
      compositeQueueWeight: { kind: 'number', min: 0 },
      compositePrefixWeight: { kind: 'number', min: 0 },
      latencyPredictionInfoProducerName: TEXT,
      prefixMatchInfoProducerName: TEXT,
    },
  },
  'load-aware-scorer': {
    roles: ['scorer'],
    stability: 'Beta',
    parameters: { threshold: { kind: 'integer', min: 1 } },
  },
  'lora-affinity-scorer': bare('scorer'),
  'mm-embeddings-cache-scorer': { roles: ['scorer'], stability: 'Beta' },
  'multicluster-kv-cache-utilization-scorer': alpha('scorer'),
  'multicluster-prefix-cache-scorer': alpha('scorer'),
  'multicluster-queue-scorer': alpha('scorer'),
  'no-hit-lru-scorer': {
    roles: ['scorer'],
    stability: 'Beta',
    parameters: { lruSize: { kind: 'integer', min: 1 }, prefixMatchInfoProducerName: PREFIX_SOURCE },
  },
  'precise-prefix-cache-scorer': { roles: ['scorer'], stability: 'Beta' },
  'prefix-cache-scorer': {
    roles: ['scorer'],
    stability: 'Beta',
    parameters: {
      prefixMatchInfoProducerName: PREFIX_SOURCE,
      matchLengthWeight: SHARE,
      matchLengthScaleTokens: { kind: 'integer', min: 1 },
    },
  },
  'queue-scorer': bare('scorer'),
  'running-requests-size-scorer': bare('scorer'),
  'session-affinity-scorer': alpha('scorer'),
  'token-load-scorer': {
    roles: ['scorer'],
    stability: 'Beta',
    parameters: {
      queueThresholdTokens: { kind: 'integer', min: 1 },
      nonTextTokenWeight: { kind: 'number', min: 0 },
      inFlightLoadProducerName: PREFIX_SOURCE,
    },
    needs: ['inflight-load-producer'],
  },
  'topology-affinity-scorer': alpha('scorer'),
};

const FILTERS: PluginTable = {
  'by-label': {
    roles: ['filter'],
    stability: 'Beta',
    deprecated: { since: 'v0.9.0', replacement: 'label-selector-filter' },
  },
  'by-label-selector': {
    roles: ['filter'],
    stability: 'Beta',
    deprecated: { since: 'v0.9.0', replacement: 'label-selector-filter' },
  },
  'decode-filter': bare('filter'),
  'encode-filter': bare('filter'),
  'endpoint-attribute-filter': alpha('filter'),
  'header-based-testing-filter': { roles: ['filter'], stability: 'Beta' },
  'label-selector-filter': {
    roles: ['filter'],
    stability: 'Beta',
    parameters: { matchLabels: { kind: 'any' }, matchExpressions: { kind: 'any' } },
  },
  'multicluster-session-affinity-filter': alpha('filter'),
  'prefill-filter': bare('filter'),
  'prefix-cache-affinity-filter': {
    roles: ['filter'],
    stability: 'Beta',
    parameters: {
      affinityThreshold: { kind: 'number', max: 1 },
      explorationProbability: SHARE,
      maxTTFTPenaltyMs: { kind: 'number', min: 0 },
      ttftSource: { kind: 'choice', names: ['prefillThroughput', 'latencyPredictor'] },
      peakPrefillThroughput: { kind: 'number', above: 0 },
      prefixMatchInfoProducerName: PREFIX_SOURCE,
      latencyPredictionInfoProducerName: TEXT,
      inFlightLoadProducerName: PREFIX_SOURCE,
    },
  },
  'session-affinity-filter': alpha('filter'),
  'slo-headroom-tier-filter': {
    roles: ['filter'],
    stability: 'Beta',
    parameters: { epsilonExploreNeg: SHARE, latencyPredictionInfoProducerName: TEXT },
  },
  'topology-affinity-filter': alpha('filter'),
  'utilization-filter': alpha('filter'),
};

const HANDLERS: PluginTable = {
  'data-parallel-profile-handler': { roles: ['profile-handler'], stability: 'Beta' },
  'disagg-profile-handler': {
    roles: ['profile-handler'],
    stability: 'Beta',
    parameters: {
      profiles: { kind: 'map', of: { decode: TEXT, prefill: TEXT, encode: TEXT } },
      deciders: {
        kind: 'map',
        of: { prefill: { kind: 'plugin', role: 'decider' }, encode: { kind: 'plugin', role: 'decider' } },
      },
      stageOrder: { kind: 'choice', names: ['decode-first', 'prefill-first'] },
    },
  },
  'header-profile-handler': alpha('profile-handler'),
  'pd-profile-handler': {
    roles: ['profile-handler'],
    stability: 'Beta',
    deprecated: { since: 'v0.7.0', replacement: 'disagg-profile-handler' },
  },
  'single-profile-handler': bare('profile-handler'),
  'disagg-headers-handler': {
    roles: ['other'],
    stability: 'Beta',
    deprecated: { since: 'v0.9.0', replacement: 'disagg-profile-handler' },
    parameters: { prefillProfile: TEXT, encodeProfile: TEXT },
  },
  'prefill-header-handler': {
    roles: ['other'],
    stability: 'Beta',
    deprecated: { since: 'v0.9.0', replacement: 'disagg-profile-handler' },
    parameters: { prefillProfile: TEXT },
  },
  'always-disagg-multimodal-decider': bare('decider'),
  'always-disagg-pd-decider': bare('decider'),
  'prefix-based-pd-decider': {
    roles: ['decider'],
    stability: 'Beta',
    parameters: { nonCachedTokens: NATURAL, promptTokens: NATURAL, prefixMatchInfoProducerName: PREFIX_SOURCE },
  },
};

/** Scorers, filters, pickers, profile handlers and deciders. */
export const SCHEDULING_PLUGINS: PluginTable = {
  ...SCORERS,
  ...FILTERS,
  'max-score-picker': picker,
  'random-picker': picker,
  'weighted-random-picker': picker,
  ...HANDLERS,
};
