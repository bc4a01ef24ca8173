import { InputError } from '../../base/errors.ts';
import { isJsonObject, type JsonObject } from '../../base/json.ts';
import { Fields, type KeyPath, shown } from './fields.ts';
import type {
  LinkSpec,
  NetworkSpec,
  NodeRole,
  NodeSpec,
  RunDefaults,
  Scenario,
  WeightedValues,
  WorkloadSpec,
} from './scenario.ts';
import { readPolicy, readWeights, schedulerName } from './settings.ts';

export const REQUIRED_KEYS = ['scenario_id', 'workload', 'nodes', 'network'] as const;
const OPTIONAL_KEYS = [
  'scheduler',
  'seed',
  'ticks',
  'scheduler_params',
  'dynamics',
  'tick_ms',
  'gpu_latency',
  'decode_roles',
  'description',
  'notes',
];
const NODE_KEYS = ['node_id', 'gpu', 'running_prefill', 'queued_prefill', 'running_decode', 'queued_decode', 'tags'];
const GPU_KEYS = ['name', 'vram_total_gb', 'vram_free_gb', 'max_batch_prefill', 'max_batch_decode', 'peak_tflops_fp16'];
const NETWORK_KEYS = ['default_util', 'util_by_pair', 'links', 'overlap_ratio', 'max_hide_ms'];
const LINK_KEYS = [
  'src',
  'dst',
  'bandwidth_Gbps',
  'rtt_ms',
  'link_type',
  'loss_rate',
  'jitter_ms',
  'setup_ms',
  'congestion_model',
];
const WORKLOAD_KEYS = [
  'num_requests',
  'prompt_tokens_dist',
  'max_new_tokens_dist',
  'default_prompt_tokens',
  'default_max_new_tokens',
  'kv_bytes_per_token',
  'kv_base_bytes',
  'model_id',
  'decode_micro_batch',
  'priority',
  'deadline_ms',
  'target_p99_ms',
  'max_queue_ms',
];
const MAX_UTIL = 0.99;
const BYTES_PER_GIB = 1024 ** 3;

/**
 * Checks a merged scenario document.
 * @param root - path of the document inside a larger one, for messages
 * @throws InputError with the path of the first problem
 */
export function readScenario(document: JsonObject, root: KeyPath = []): Scenario {
  const fields = new Fields(document, root, [...REQUIRED_KEYS, ...OPTIONAL_KEYS]);
  requireKeys(document, root);
  const nodes = readNodes(document['nodes'], fields.at('nodes'));
  return {
    id: fields.text('scenario_id'),
    nodes,
    network: document['network'] === null ? null : readNetwork(document['network'], fields.at('network')),
    workload: readWorkload(document['workload'], fields.at('workload')),
    dynamics: fields.choice('dynamics', ['walk', 'queue'], 'walk'),
    tickMs: fields.number('tick_ms', { fallback: 20, above: 0 }),
    gpuLatency: fields.flag('gpu_latency', false),
    decodeRoles: readRoles(fields.raw('decode_roles'), fields.at('decode_roles')),
    defaults: readDefaults(fields),
  };
}

/** @throws InputError naming the first missing top key */
export function requireKeys(document: JsonObject, root: KeyPath = []): void {
  for (const key of REQUIRED_KEYS) {
    if (!Object.hasOwn(document, key)) throw new InputError(`Missing '${key}' in config`, { path: root });
  }
}

/** A list of roles, or null where `value` is absent. */
export function readRoles(value: unknown, path: KeyPath): readonly NodeRole[] | null {
  if (value === undefined || value === null) return null;
  const roles = Array.isArray(value) ? value : [value];
  return roles.map((role) => {
    if (role === 'prefill' || role === 'decode') return role;
    throw new InputError(`must list prefill or decode, got ${shown(role)}`, { path });
  });
}

/**
 * @throws InputError for a link, or a pair utilisation, with an end that is no node
 */
export function checkNetworkEnds({ nodes, network }: Scenario, root: KeyPath = []): void {
  const known = nodes.map(({ id }) => id);
  const suggestion = `nodes: ${known.join(', ')}`;
  for (const [index, link] of (network?.links ?? []).entries()) {
    for (const end of ['src', 'dst'] as const) {
      if (known.includes(link[end])) continue;
      const path = [...root, 'network', 'links', index, end];
      throw new InputError(`unknown node "${link[end]}"`, { path, suggestion });
    }
  }
  for (const pair of network?.utilByPair.keys() ?? []) {
    const stranger = pair.split('->').find((end) => !known.includes(end));
    if (stranger === undefined) continue;
    throw new InputError(`unknown node "${stranger}"`, {
      path: [...root, 'network', 'util_by_pair', pair],
      suggestion,
    });
  }
}

function readDefaults(fields: Fields): RunDefaults {
  const params = fields.has('scheduler_params')
    ? new Fields(fields.raw('scheduler_params'), fields.at('scheduler_params'), ['weights', 'policy'])
    : null;
  return {
    scheduler: fields.has('scheduler') ? schedulerName(fields.text('scheduler'), fields.at('scheduler')) : null,
    seed: fields.optionalNumber('seed', { integer: true }),
    ticks: fields.optionalNumber('ticks', { integer: true, min: 1 }),
    weights: params?.has('weights') ? readWeights(params.raw('weights'), params.at('weights')) : {},
    policy: params?.has('policy') ? readPolicy(params.raw('policy'), params.at('policy')) : {},
  };
}

function readNodes(value: unknown, path: KeyPath): readonly NodeSpec[] {
  const map = new Fields(value, path, null);
  const ids = map.keys();
  if (ids.length === 0) throw new InputError('must name at least one node', { path });
  return ids.map((id) => readNode(id, map.raw(id), map.at(id)));
}

function readNode(id: string, value: unknown, path: KeyPath): NodeSpec {
  const node = new Fields(value, path, NODE_KEYS);
  const gpu = new Fields(node.raw('gpu') ?? {}, node.at('gpu'), GPU_KEYS);
  const total = gpu.number('vram_total_gb', { min: 0 });
  const free = gpu.number('vram_free_gb', { min: 0 });
  if (free > total) {
    throw new InputError(`must be ≤ vram_total_gb (${total}), got ${free}`, { path: gpu.at('vram_free_gb') });
  }
  gpu.optionalNumber('peak_tflops_fp16', { min: 0 });
  const load = (key: string): number => node.number(key, { fallback: 0, integer: true, min: 0 });
  const tags = node.has('tags') ? new Fields(node.raw('tags'), node.at('tags'), null) : null;
  const role = tags?.has('role') ? tags.choice('role', ['prefill', 'decode'], 'decode') : null;
  return {
    id,
    gpu: gpu.text('name'),
    vramTotalBytes: Math.trunc(total * BYTES_PER_GIB),
    vramFreeBytes: Math.trunc(free * BYTES_PER_GIB),
    maxBatchPrefill: gpu.optionalNumber('max_batch_prefill', { integer: true, min: 1 }),
    maxBatchDecode: gpu.optionalNumber('max_batch_decode', { integer: true, min: 1 }),
    runningPrefill: load('running_prefill'),
    queuedPrefill: load('queued_prefill'),
    runningDecode: load('running_decode'),
    queuedDecode: load('queued_decode'),
    role,
    tier: tags?.has('tier') ? tags.text('tier') : null,
  };
}

function readNetwork(value: unknown, path: KeyPath): NetworkSpec {
  const network = new Fields(value, path, NETWORK_KEYS);
  const list = network.raw('links') ?? [];
  if (!Array.isArray(list)) throw new InputError(`must be a list, got ${shown(list)}`, { path: network.at('links') });
  const links: LinkSpec[] = [];
  for (const [index, item] of list.entries()) {
    const link = readLink(item, [...network.at('links'), index]);
    if (links.some(({ src, dst }) => src === link.src && dst === link.dst)) {
      throw new InputError(`link ${link.src} -> ${link.dst} is listed twice`, {
        path: [...network.at('links'), index],
      });
    }
    links.push(link);
  }
  return {
    links,
    defaultUtil: network.number('default_util', { fallback: 0, min: 0, max: MAX_UTIL }),
    utilByPair: readPairs(network),
    overlapRatio: network.number('overlap_ratio', { fallback: 0.5, min: 0, max: 1 }),
    maxHideMs: network.optionalNumber('max_hide_ms', { min: 0 }),
  };
}

function readPairs(network: Fields): ReadonlyMap<string, number> {
  const pairs = new Map<string, number>();
  if (!network.has('util_by_pair')) return pairs;
  const map = new Fields(network.raw('util_by_pair'), network.at('util_by_pair'), null);
  for (const pair of map.keys()) {
    if (!/^.+->.+$/.test(pair)) throw new InputError('the key must read a->b', { path: map.at(pair) });
    pairs.set(pair.replace(/\s*->\s*/, '->'), map.number(pair, { min: 0, max: MAX_UTIL }));
  }
  return pairs;
}

function readLink(value: unknown, path: KeyPath): LinkSpec {
  const link = new Fields(value, path, LINK_KEYS);
  link.choice('link_type', ['ethernet', 'infiniband', 'pcie', 'nvlink', 'other'], 'ethernet');
  link.number('jitter_ms', { fallback: 0, min: 0 });
  return {
    src: link.text('src'),
    dst: link.text('dst'),
    bandwidthGbps: link.number('bandwidth_Gbps', { above: 0 }),
    rttMs: link.number('rtt_ms', { min: 0 }),
    setupMs: link.number('setup_ms', { fallback: 0, min: 0 }),
    lossRate: link.number('loss_rate', { fallback: 0, min: 0, max: 1 }),
    congestion: link.choice('congestion_model', ['none', 'util_linear', 'mm1'], 'util_linear'),
  };
}

function readWorkload(value: unknown, path: KeyPath): WorkloadSpec {
  const workload = new Fields(value, path, WORKLOAD_KEYS);
  const count = (key: string, fallback: number, min: number): number =>
    workload.number(key, { fallback, integer: true, min });
  count('decode_micro_batch', 1, 1);
  workload.choice('priority', ['low', 'normal', 'high'], 'normal');
  for (const key of ['deadline_ms', 'target_p99_ms', 'max_queue_ms']) workload.optionalNumber(key, { min: 0 });
  return {
    numRequests: count('num_requests', 50, 1),
    promptTokens: readWeighted(workload, 'prompt_tokens_dist', 0),
    maxNewTokens: readWeighted(workload, 'max_new_tokens_dist', 1),
    defaultPromptTokens: count('default_prompt_tokens', 512, 0),
    defaultMaxNewTokens: count('default_max_new_tokens', 256, 1),
    kvBytesPerToken: workload.number('kv_bytes_per_token', { fallback: 4096, min: 0 }),
    kvBaseBytes: workload.number('kv_base_bytes', { fallback: 0, min: 0 }),
  };
}

/** A map value → weight, or a list of [value, weight] pairs where the order matters and is not ascending. */
function readWeighted(workload: Fields, key: string, min: number): WeightedValues {
  const raw = workload.raw(key);
  if (raw === undefined) return [];
  const path = workload.at(key);
  if (!Array.isArray(raw) && !isJsonObject(raw as JsonObject)) {
    throw new InputError(`must be a map of value to weight, got ${shown(raw)}`, { path });
  }
  const written: [unknown, unknown, string | number][] = Array.isArray(raw)
    ? raw.map((pair, index) => [pair?.[0], pair?.[1], index])
    : Object.entries(raw as JsonObject).map(([value, weight]) => [Number(value), weight, value]);
  const pairs = written.map(([value, weight, step]): readonly [number, number] => {
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < min) {
      const got = Array.isArray(raw) ? value : step;
      throw new InputError(`values must be integers ≥ ${min}, got ${shown(got)}`, { path: [...path, step] });
    }
    if (typeof weight !== 'number' || !(weight >= 0) || !Number.isFinite(weight)) {
      throw new InputError(`weights must be numbers ≥ 0, got ${shown(weight)}`, { path: [...path, step] });
    }
    return [value, weight];
  });
  if (pairs.length > 0 && !(pairs.reduce((sum, [, weight]) => sum + weight, 0) > 0)) {
    throw new InputError('weights must sum to more than 0', { path });
  }
  return pairs;
}
