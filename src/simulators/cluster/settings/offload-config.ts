import { InputError, unknownName } from '../../../base/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../../base/json.ts';
import { shortText } from '../../../base/short-text.ts';
import type { OffloadConfig } from '../engine-config.ts';

/** What stands below the key `kv_offload`. */
export interface OffloadDocument {
  readonly document: Json;
  /** Whether a run wrote it into the header of its trace: then it states the size of a block, of whatever model. */
  readonly recorded: boolean;
}

/** A `kv_offload` document, checked; block counts follow once the model is known. */
export interface OffloadSpec {
  readonly cpuBytes: number;
  /** Stated by the header of a trace; null = follows from the model. */
  readonly bytesPerBlock: number | null;
  readonly promptOnly: boolean;
  readonly tiers: OffloadConfig['tiers'];
}

interface DeviceClass {
  /** bytes/µs */
  readonly read: number;
  readonly write: number;
  /** µs */
  readonly base: number;
}

const DEVICE_CLASSES: Readonly<Record<string, DeviceClass>> = {
  nvme_gen4: { read: 7000, write: 5000, base: 80 },
  nvme_gen3: { read: 3500, write: 3000, base: 100 },
  sata_ssd: { read: 550, write: 500, base: 150 },
  cpu_dram: { read: 20_000, write: 20_000, base: 1 },
  s3: { read: 1000, write: 1000, base: 30_000 },
};

const KEYS = [
  'cpu_bytes_to_use',
  'block_size',
  'blocks_per_chunk',
  'tokens_per_hash',
  'eviction_policy',
  'offload_prompt_only',
  'self_describing_kv_events',
  'store_threshold',
  'secondary_tiers',
];

const RECORDED_KEYS = [...KEYS, 'per_block_bytes'];

const TIER_KEYS = [
  'type',
  'root_dir',
  'n_read_threads',
  'n_write_threads',
  'locality',
  'enable_kv_events',
  'direct_io',
  'device_class',
  'read_bandwidth',
  'write_bandwidth',
  'base_latency',
  'saturation_queue_depth',
  'single_transfer_fraction',
  'latency_jitter_stddev',
];

/**
 * Reads a KV offload document: a CPU tier and further tiers behind it.
 * @param blockSize - tokens per KV block
 */
export function parseOffload({ document, recorded }: OffloadDocument, blockSize: number): OffloadSpec {
  if (!isJsonObject(document)) throw new InputError('must be a map with cpu_bytes_to_use');
  refuseUnknown(document, recorded ? RECORDED_KEYS : KEYS, []);
  checkFixedChoices(document, recorded ? null : blockSize);
  const tiers = document['secondary_tiers'] ?? [];
  if (!Array.isArray(tiers)) throw new InputError('must be a list', { path: ['secondary_tiers'] });
  return {
    cpuBytes: positive(document, 'cpu_bytes_to_use', []),
    bytesPerBlock: document['per_block_bytes'] === undefined ? null : positive(document, 'per_block_bytes', []),
    promptOnly: flag(document, 'offload_prompt_only', []) ?? true,
    tiers: tiers.map((tier: Json, index) => parseTier(tier, ['secondary_tiers', index])),
  };
}

/**
 * What a run writes about its offload into the header of its trace: every value as it was obeyed.
 * @param blockSize - tokens per KV block
 */
export function recordedOffload(source: OffloadDocument, blockSize: number, bytesPerBlock: number): JsonObject {
  const spec = parseOffload(source, blockSize);
  const document = source.document as JsonObject;
  const written = (document['secondary_tiers'] ?? []) as readonly JsonObject[];
  const threshold = document['store_threshold'] ?? 0;
  return {
    cpu_bytes_to_use: spec.cpuBytes,
    per_block_bytes: bytesPerBlock,
    block_size: document['block_size'] ?? blockSize,
    blocks_per_chunk: 1,
    tokens_per_hash: document['tokens_per_hash'] ?? blockSize,
    eviction_policy: 'lru',
    offload_prompt_only: spec.promptOnly,
    self_describing_kv_events: document['self_describing_kv_events'] ?? false,
    ...(threshold === 0 ? {} : { store_threshold: threshold }),
    ...(spec.tiers.length === 0
      ? {}
      : { secondary_tiers: spec.tiers.map((tier, i) => recordedTier(tier, written[i]!)) }),
  };
}

function recordedTier(tier: OffloadConfig['tiers'][number], written: JsonObject): JsonObject {
  return {
    type: 'fs',
    root_dir: written['root_dir']!,
    n_read_threads: tier.readThreads,
    n_write_threads: tier.writeThreads,
    ...(written['locality'] ? { locality: written['locality'] } : {}),
    enable_kv_events: written['enable_kv_events'] ?? false,
    direct_io: written['direct_io']!,
    ...(written['device_class'] ? { device_class: written['device_class'] } : {}),
    read_bandwidth: tier.readBandwidth,
    write_bandwidth: tier.writeBandwidth,
    base_latency: tier.baseLatency,
    saturation_queue_depth: written['saturation_queue_depth'] ?? 1,
    single_transfer_fraction: written['single_transfer_fraction'] ?? 1,
    latency_jitter_stddev: tier.jitterSigma,
  };
}

type Path = readonly (string | number)[];

function parseTier(tier: Json, path: Path): OffloadConfig['tiers'][number] {
  if (!isJsonObject(tier)) throw new InputError('must be a map', { path });
  refuseUnknown(tier, TIER_KEYS, path);
  if (tier['type'] !== 'fs') throw mustBe('"fs"', tier['type'], [...path, 'type']);
  if (typeof tier['root_dir'] !== 'string') throw mustBe('a path', tier['root_dir'], [...path, 'root_dir']);
  if (flag(tier, 'direct_io', path) === undefined)
    throw new InputError('is required', { path: [...path, 'direct_io'] });
  const locality = tier['locality'] ?? '';
  if (locality !== '' && locality !== 'LOCAL' && locality !== 'REMOTE') {
    throw unknownName('locality', String(locality), ['LOCAL', 'REMOTE'], { path: [...path, 'locality'] });
  }
  const device = deviceClass(tier, path);
  const figure = (key: string, ofClass: number | undefined) =>
    tier[key] === undefined && ofClass !== undefined ? ofClass : positive(tier, key, path);
  return {
    readThreads: tier['n_read_threads'] === undefined ? 16 : positive(tier, 'n_read_threads', path),
    writeThreads: tier['n_write_threads'] === undefined ? 16 : positive(tier, 'n_write_threads', path),
    readBandwidth: figure('read_bandwidth', device?.read),
    writeBandwidth: figure('write_bandwidth', device?.write),
    baseLatency:
      tier['base_latency'] === undefined && device !== undefined
        ? device.base
        : atLeastZero(tier, 'base_latency', path),
    saturationQueueDepth:
      tier['saturation_queue_depth'] === undefined ? 0 : atLeastZero(tier, 'saturation_queue_depth', path),
    rampFraction:
      tier['single_transfer_fraction'] === undefined ? 0 : atLeastZero(tier, 'single_transfer_fraction', path),
    jitterSigma: tier['latency_jitter_stddev'] === undefined ? 0 : atLeastZero(tier, 'latency_jitter_stddev', path),
  };
}

function deviceClass(tier: JsonObject, path: Path): DeviceClass | undefined {
  const name = tier['device_class'];
  if (name === undefined) return undefined;
  if (typeof name !== 'string' || !Object.hasOwn(DEVICE_CLASSES, name)) {
    throw unknownName('device class', String(name), Object.keys(DEVICE_CLASSES), { path: [...path, 'device_class'] });
  }
  return DEVICE_CLASSES[name];
}

/** Choices of the format that only one value of is simulated. */
function checkFixedChoices(document: JsonObject, blockSize: number | null): void {
  if (blockSize !== null && document['block_size'] !== undefined && document['blocks_per_chunk'] !== undefined) {
    throw new InputError('block_size and blocks_per_chunk exclude each other', { path: ['block_size'] });
  }
  const chunk = document['blocks_per_chunk'] ?? 1;
  if (chunk !== 1) throw mustBe('1, other values are not simulated', chunk, ['blocks_per_chunk']);
  const size = document['block_size'] ?? blockSize;
  if (blockSize !== null && size !== blockSize)
    throw mustBe(`the KV block size ${blockSize}, multiples are not simulated`, size, ['block_size']);
  const eviction = document['eviction_policy'] ?? 'lru';
  if (eviction !== 'lru') throw mustBe('"lru", others are not simulated', eviction, ['eviction_policy']);
  const threshold = document['store_threshold'] ?? 0;
  if (threshold !== 0 && threshold !== 1)
    throw mustBe('0 or 1, others are not simulated', threshold, ['store_threshold']);
  if (document['tokens_per_hash'] !== undefined) positive(document, 'tokens_per_hash', []);
}

function refuseUnknown(map: JsonObject, known: readonly string[], path: Path): void {
  for (const key of Object.keys(map)) {
    if (!known.includes(key)) throw unknownName('key', key, known, { path: [...path, key] });
  }
}

function positive(map: JsonObject, key: string, path: Path): number {
  const value = map[key];
  if (typeof value !== 'number' || !Number.isFinite(value) || value <= 0) {
    throw mustBe('a number > 0', value, [...path, key]);
  }
  return value;
}

function atLeastZero(map: JsonObject, key: string, path: Path): number {
  const value = map[key];
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0)
    throw mustBe('a number ≥ 0', value, [...path, key]);
  return value;
}

function flag(map: JsonObject, key: string, path: Path): boolean | undefined {
  const value = map[key];
  if (value !== undefined && typeof value !== 'boolean') throw mustBe('true or false', value, [...path, key]);
  return value;
}

function mustBe(rule: string, value: Json | undefined, path: Path): InputError {
  return new InputError(`must be ${rule}, got ${value === undefined ? 'nothing' : shortText(value)}`, { path });
}
