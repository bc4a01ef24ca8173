import { InputError, unknownName } from '../../../base/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../../base/json.ts';
import { shortText } from '../../../base/short-text.ts';
import type { HardwareSpec } from '../engine-config.ts';

/** Name of a file key, and the field it fills. */
const FIELDS = {
  TFlopsPeak: 'tflopsPeak',
  TFlopsFP8: 'tflopsFp8',
  BwPeakTBs: 'bandwidthTBs',
  mfuPrefill: 'mfuPrefill',
  mfuDecode: 'mfuDecode',
  MemoryGiB: 'memoryGiB',
} as const satisfies Record<string, keyof HardwareSpec>;

const A100 = { tflopsPeak: 312, tflopsFp8: 0, bandwidthTBs: 2.039, mfuPrefill: 0.38, mfuDecode: 0.18, memoryGiB: 80 };

/** GPUs known by name: peak dense TFLOP/s (16 bit and FP8; 0 = no FP8 units), HBM bandwidth, achieved FLOP shares. */
export const HARDWARE: Readonly<Record<string, HardwareSpec>> = {
  H100: {
    name: 'H100',
    tflopsPeak: 989.5,
    tflopsFp8: 1979,
    bandwidthTBs: 3.35,
    mfuPrefill: 0.45,
    mfuDecode: 0.3,
    memoryGiB: 80,
  },
  'A100-SXM': { name: 'A100-SXM', ...A100 },
  'A100-80': { name: 'A100-80', ...A100 },
  L40S: {
    name: 'L40S',
    tflopsPeak: 362.05,
    tflopsFp8: 1466,
    bandwidthTBs: 0.864,
    mfuPrefill: 0.32,
    mfuDecode: 0.08,
    memoryGiB: 48,
  },
};

/**
 * Looks a GPU up by name.
 * @param own - entries of a user's hardware file; they replace the built-in list, as a file given by flag does
 */
export function findHardware(name: string, own: Readonly<Record<string, HardwareSpec>> | null): HardwareSpec {
  const known = own ?? HARDWARE;
  const found = Object.hasOwn(known, name) ? known[name] : undefined;
  if (found === undefined) throw unknownName('GPU', name, Object.keys(known), { path: ['hardware'] });
  return found;
}

/**
 * Reads `{ "<GPU>": { "TFlopsPeak": …, "TFlopsFP8": …, "BwPeakTBs": …, "mfuPrefill": …, … } }`; keys that begin with
 * `_` are comments.
 */
export function parseHardwareConfig(document: Json): Readonly<Record<string, HardwareSpec>> {
  if (!isJsonObject(document)) throw new InputError('must be a map from GPU name to its figures');
  const parsed: Record<string, HardwareSpec> = {};
  for (const [name, entry] of Object.entries(document)) {
    if (isComment(name)) continue;
    if (!isJsonObject(entry)) throw new InputError('must be a map of figures', { path: [name] });
    parsed[name] = parseEntry(name, entry);
  }
  if (Object.keys(parsed).length === 0) throw new InputError('must name at least one GPU, got none');
  return parsed;
}

function isComment(key: string): boolean {
  return key.startsWith('_');
}

function parseEntry(name: string, entry: JsonObject): HardwareSpec {
  const spec = { name, tflopsPeak: 0, tflopsFp8: 0, bandwidthTBs: 0, mfuPrefill: 0, mfuDecode: 0, memoryGiB: 0 };
  for (const [key, value] of Object.entries(entry)) {
    if (isComment(key)) continue;
    const field = Object.hasOwn(FIELDS, key) ? FIELDS[key as keyof typeof FIELDS] : undefined;
    if (field === undefined) throw unknownName('hardware key', key, Object.keys(FIELDS), { path: [name, key] });
    if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) {
      throw new InputError(`must be a number ≥ 0, got ${shortText(value)}`, { path: [name, key] });
    }
    spec[field] = value;
  }
  for (const key of ['TFlopsPeak', 'BwPeakTBs'] as const) {
    if (spec[FIELDS[key]] <= 0) throw new InputError(`must be > 0, got ${spec[FIELDS[key]]}`, { path: [name, key] });
  }
  return spec;
}
