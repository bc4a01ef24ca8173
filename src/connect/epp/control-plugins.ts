import type { ParameterRule, Plugin, PluginTable } from './plugin.ts';

const NATURAL: ParameterRule = { kind: 'integer', min: 0 };
const POSITIVE: ParameterRule = { kind: 'number', above: 0 };
const BOOLEAN: ParameterRule = { kind: 'boolean' };
const TEXT: ParameterRule = { kind: 'text' };
const ANY: ParameterRule = { kind: 'any' };

const bare = (role: Plugin['roles'][number]): Plugin => ({ roles: [role], stability: 'Beta', parameters: 'none' });
const beta = (role: Plugin['roles'][number]): Plugin => ({ roles: [role], stability: 'Beta' });
const alpha = (role: Plugin['roles'][number]): Plugin => ({ roles: [role], stability: 'Alpha' });

const PRODUCERS: PluginTable = {
  'approx-prefix-cache-producer': {
    roles: ['producer'],
    stability: 'Beta',
    parameters: {
      autoTune: BOOLEAN,
      blockSizeTokens: NATURAL,
      blockSize: NATURAL,
      maxPrefixTokensToMatch: NATURAL,
      maxPrefixBlocksToMatch: NATURAL,
      lruCapacityPerServer: NATURAL,
    },
  },
  'burst-prefix-cache-producer': alpha('producer'),
  'inflight-load-producer': {
    roles: ['producer'],
    stability: 'Beta',
    parameters: {
      addEstimatedOutputTokens: BOOLEAN,
      outputRatio: { kind: 'number', min: 0 },
      maxEstimatedOutputTokens: NATURAL,
      syncCrossReplicaState: BOOLEAN,
      prefixMatchInfoProducerName: { kind: 'plugin', role: 'producer' },
    },
  },
  'mm-embeddings-cache-producer': beta('producer'),
  'multicluster-approx-prefix-cache-producer': alpha('producer'),
  'p2p-source-producer': alpha('producer'),
  'precise-prefix-cache-producer': {
    roles: ['producer', 'extractor'],
    stability: 'Beta',
    parameters: {
      tokenProcessorConfig: ANY,
      indexerConfig: ANY,
      kvEventsConfig: ANY,
      speculativeIndexing: BOOLEAN,
      speculativeTTL: { kind: 'duration' },
    },
  },
  'predicted-latency-producer': beta('producer'),
  'session-id-producer': beta('producer'),
  'token-producer': beta('producer'),
  tokenizer: {
    roles: ['producer'],
    stability: 'Beta',
    deprecated: { since: 'v0.9.0', replacement: 'token-producer' },
  },
};

const FLOW_CONTROL: PluginTable = {
  'concurrency-detector': {
    roles: ['detector', 'filter'],
    stability: 'Beta',
    parameters: {
      maxConcurrency: { kind: 'integer', min: 1 },
      concurrencyMode: { kind: 'choice', names: ['requests', 'tokens', 'hybrid'] },
      maxTokenConcurrency: { kind: 'integer', min: 1 },
      headroom: { kind: 'number', min: 0 },
    },
  },
  'utilization-detector': {
    roles: ['detector', 'filter'],
    stability: 'Beta',
    parameters: {
      queueDepthThreshold: { kind: 'integer', min: 1 },
      kvCacheUtilThreshold: { kind: 'number', above: 0, max: 1 },
      headroom: { kind: 'number', min: 0 },
      metricsStalenessThreshold: { kind: 'duration' },
    },
  },
  'edf-ordering-policy': bare('ordering-policy'),
  'fcfs-ordering-policy': bare('ordering-policy'),
  'slo-deadline-ordering-policy': beta('ordering-policy'),
  'global-strict-fairness-policy': bare('fairness-policy'),
  'program-aware-fairness': beta('fairness-policy'),
  'round-robin-fairness-policy': bare('fairness-policy'),
  'priority-holdback-policy': alpha('usage-limit-policy'),
  'soft-reflective-ceiling-policy': alpha('usage-limit-policy'),
  'static-usage-limit-policy': {
    roles: ['usage-limit-policy'],
    stability: 'Beta',
    parameters: { threshold: { kind: 'number', min: 0, max: 1 } },
  },
  'priority-then-time-eviction-order-policy': alpha('other'),
  'sheddable-eviction-filter': alpha('other'),
  'latency-slo-admitter': beta('admitter'),
  'probabilistic-admitter': {
    roles: ['admitter'],
    stability: 'Beta',
    parameters: {
      queueDepthThreshold: POSITIVE,
      kvCacheUtilThreshold: POSITIVE,
      power: POSITIVE,
      k: POSITIVE,
    },
  },
};

const DATA: PluginTable = {
  'core-metrics-extractor': beta('extractor'),
  'dcgm-data-source': alpha('data-source'),
  'dcgm-extractor': alpha('extractor'),
  'endpoint-notification-source': beta('data-source'),
  'k8s-notification-source': beta('data-source'),
  'metrics-data-source': {
    roles: ['data-source'],
    stability: 'Beta',
    parameters: {
      scheme: { kind: 'choice', names: ['http', 'https'] },
      path: TEXT,
      insecureSkipVerify: BOOLEAN,
      caCertPath: TEXT,
      clientCertPath: TEXT,
      clientKeyPath: TEXT,
      interval: { kind: 'duration' },
      families: ANY,
    },
  },
  'models-data-extractor': beta('extractor'),
  'models-data-source': beta('data-source'),
  'multicluster-metrics-data-source': alpha('data-source'),
  'multicluster-metrics-extractor': alpha('extractor'),
  'topology-extractor': alpha('extractor'),
  'file-discovery': beta('discovery'),
  'multicluster-file-discovery': alpha('discovery'),
};

const REQUESTS: PluginTable = {
  'anthropic-parser': beta('parser'),
  'openai-parser': beta('parser'),
  'passthrough-parser': beta('parser'),
  'sglanghttp-parser': beta('parser'),
  'vertexai-parser': beta('parser'),
  'vllmgrpc-parser': beta('parser'),
  'vllmhttp-parser': beta('parser'),
  'agent-identity': alpha('other'),
  'destination-endpoint-served-verifier': beta('other'),
  'disaggregatedset-rollout-screener': alpha('other'),
  'request-attribute-reporter': beta('other'),
};

/** Producers, flow control, admission, data layer and request handling. */
export const CONTROL_PLUGINS: PluginTable = { ...PRODUCERS, ...FLOW_CONTROL, ...DATA, ...REQUESTS };
