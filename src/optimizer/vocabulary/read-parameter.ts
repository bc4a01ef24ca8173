import { InputError } from '../../base/errors.ts';
import { shortText } from '../../base/short-text.ts';
import type { Condition, Parameter, Scalar } from '../space/parameter.ts';
import type { ConditionEntry, ParameterEntry } from './space-schema.ts';

/**
 * A parameter from its words.
 * @throws InputError with the key that is missing or given twice
 */
export function readParameter(
  name: string,
  entry: ParameterEntry,
  readWhen: (when: ConditionEntry) => Condition,
): Parameter {
  const base = { name, ...(entry.when === undefined ? {} : { activeWhen: readWhen(entry.when) }) };
  switch (entry.type) {
    case 'real':
    case 'float':
      return { ...base, kind: 'real', ...rangeOf(entry) };
    case 'integer':
    case 'int':
      return { ...base, kind: 'integer', ...rangeOf(entry) };
    case 'range': {
      const range = rangeOf(entry);
      return { ...base, kind: looksInteger(range) ? 'integer' : 'real', ...range };
    }
    case 'ordinal':
      return { ...base, kind: 'ordinal', levels: oneOf(entry, ['levels', 'values']) };
    case 'categorical':
    case 'choice':
      return { ...base, kind: 'categorical', choices: oneOf(entry, ['choices', 'values', 'categories']) };
    case 'bool':
    case 'boolean':
      return { ...base, kind: 'categorical', choices: [false, true] };
    case 'simplex':
      return { ...base, kind: 'simplex', components: componentsOf(entry) };
    default:
      return entry satisfies never;
  }
}

/** Ranges at least this wide (high / low) are searched on a log scale when the short form is used. */
const LOG_RATIO = 100;

/** `[low, high]`: integers where both ends are and differ by more than 1; a list of names: weights. */
export function readShorthand(name: string, value: readonly (number | string)[]): Parameter {
  const [low, high] = value;
  if (typeof low !== 'number' || typeof high !== 'number')
    return { name, kind: 'simplex', components: value as readonly string[] };
  const integer = looksInteger({ low, high });
  return { name, kind: integer ? 'integer' : 'real', low, high, log: !integer && low > 0 && high / low >= LOG_RATIO };
}

/** A range whose type is not told: [0, 1] and [0.5, 8] are reals, [0, 4] integers; a step decides like an end. */
function looksInteger({ low, high, step = 1 }: { low: number; high: number; step?: number }): boolean {
  return [low, high, step].every(Number.isInteger) && high - low > 1;
}

type RangeEntry = Extract<ParameterEntry, { type: 'real' | 'float' | 'integer' | 'int' | 'range' }>;

function rangeOf(entry: RangeEntry): { low: number; high: number; log: boolean; step?: number } {
  const { bounds, prior, step } = entry;
  if (bounds !== undefined && (entry.low !== undefined || entry.high !== undefined))
    throw new InputError('stands beside `low` or `high`, which say the same', {
      path: ['bounds'],
      suggestion: 'remove one of them',
    });
  // The schema sees to it that one of the two is there.
  const [low, high] = bounds ?? [entry.low!, entry.high!];
  return { low, high, log: entry.log ?? prior === 'log-uniform', ...(step == null ? {} : { step }) };
}

/** The list under one of several keys that mean the same. */
function oneOf<Key extends string, Value extends Scalar>(
  entry: { readonly [K in Key]?: readonly Value[] | undefined },
  keys: readonly Key[],
): readonly Value[] {
  const given = keys.filter((key) => entry[key] !== undefined);
  if (given.length > 1)
    throw new InputError(`says the same as ${shortText(given[0])}`, { path: [given[1]!], suggestion: 'remove one' });
  const list = given.length === 0 ? undefined : entry[given[0]!];
  if (list === undefined)
    throw new InputError('is required but missing', { path: [keys[0]!], suggestion: `list the ${keys[0]}` });
  return list;
}

function componentsOf({ components, size }: Extract<ParameterEntry, { type: 'simplex' }>): readonly string[] {
  if (components !== undefined && size !== undefined && size !== components.length)
    throw new InputError(`must be ${components.length}, the number of components, got ${size}`, { path: ['size'] });
  if (components !== undefined) return components;
  if (size === undefined)
    throw new InputError('is required but missing', {
      path: ['components'],
      suggestion: 'name the components, or give their number as `size`',
    });
  return Array.from({ length: size }, (_, index) => `w${index + 1}`);
}
