import { InputError, unknownName } from '../../../base/errors.ts';
import { isJsonObject, type Json } from '../../../base/json.ts';
import { shortText } from '../../../base/short-text.ts';
import type { ScorerWeight } from '../engine-config.ts';

export const SCORER_NAMES = [
  'active-requests',
  'kv-utilization',
  'load-aware',
  'load-balance',
  'lora-affinity',
  'no-hit-lru',
  'precise-prefix-cache',
  'prefix-affinity',
  'queue-depth',
  'running-requests',
  'token-load',
  'vllm-dp',
] as const;

/** Profile of the weighted policy when none is given. */
export const DEFAULT_SCORERS: readonly ScorerWeight[] = [
  { name: 'precise-prefix-cache', weight: 2 },
  { name: 'queue-depth', weight: 1 },
  { name: 'kv-utilization', weight: 1 },
];

/** A weight of 0 drops the scorer where an optimizer chooses weights, and is a mistake where a person types them. */
export type ZeroWeight = 'drops' | 'is-an-error';

export type OwnScorers = readonly string[] | 'any';

export interface ScorerRules {
  readonly zeroWeight: ZeroWeight;
  /** Scorers of policy modules, besides the built-in ones; `any` where the modules are not at hand. */
  readonly ownScorers?: OwnScorers;
}

/**
 * Reads a scorer profile, keeping its order: the order decides how scores round.
 * @param value - `name:weight,…`, a list of {name, weight}, or a map name → weight
 */
export function parseScorers(value: Json, { zeroWeight, ownScorers = [] }: ScorerRules): readonly ScorerWeight[] {
  const known: readonly string[] = [...SCORER_NAMES, ...(ownScorers === 'any' ? [] : ownScorers)];
  const seen = new Set<string>();
  const scorers: ScorerWeight[] = [];
  for (const { name, weight, path } of entries(value)) {
    if (ownScorers !== 'any' && !known.includes(name)) throw unknownName('scorer', name, known, { path });
    if (seen.has(name)) throw new InputError(`scorer ${shortText(name)} is given twice`, { path });
    seen.add(name);
    const number = typeof weight === 'string' && weight.trim() !== '' ? Number(weight) : weight;
    const valid = typeof number === 'number' && Number.isFinite(number) && number >= 0;
    if (!valid || (number === 0 && zeroWeight === 'is-an-error')) {
      const rule = zeroWeight === 'drops' ? '≥ 0' : '> 0';
      throw new InputError(`weight of ${shortText(name)} must be finite and ${rule}, got ${shortText(weight)}`, {
        path,
      });
    }
    scorers.push({ name, weight: number });
  }
  return scorers;
}

interface Entry {
  readonly name: string;
  readonly weight: Json;
  readonly path: readonly (string | number)[];
}

function entries(value: Json): readonly Entry[] {
  if (typeof value === 'string') return value === '' ? [] : value.split(',').map(fromText);
  if (Array.isArray(value)) return value.map(fromItem);
  if (isJsonObject(value)) return Object.entries(value).map(([name, weight]) => ({ name, weight, path: [name] }));
  throw new InputError(`must be name:weight,… or a list of {name, weight}, got ${shortText(value)}`);
}

function fromText(pair: string): Entry {
  const [name, weight, ...rest] = pair.split(':').map((part) => part.trim());
  if (name === undefined || name === '' || weight === undefined || weight === '' || rest.length > 0) {
    throw new InputError(`scorer ${shortText(pair)} must have the form name:weight`);
  }
  return { name, weight, path: [] };
}

function fromItem(item: Json, index: number): Entry {
  if (!isJsonObject(item) || typeof item['name'] !== 'string' || item['weight'] === undefined) {
    throw new InputError('must be {name, weight}', { path: [index] });
  }
  for (const key of Object.keys(item)) {
    if (key !== 'name' && key !== 'weight') throw unknownName('key', key, ['name', 'weight'], { path: [index, key] });
  }
  return { name: item['name'], weight: item['weight'], path: [index, 'weight'] };
}
