import { InputError, unknownName } from '../../../base/errors.ts';
import type { JsonObject } from '../../../base/json.ts';
import { shortText } from '../../../base/short-text.ts';

export interface PolicyRange {
  readonly min: number;
  readonly max: number;
}

/**
 * Reads the numeric parameters of a policy module.
 * @param settings - the map below `policy` of the strategy's configuration
 * @param ranges - every parameter with its allowed values, both ends included
 * @throws InputError for a parameter that is missing, unknown, no number or out of range
 */
export function readParameters<Name extends string>(
  settings: JsonObject,
  ranges: Readonly<Record<Name, PolicyRange>>,
): Readonly<Record<Name, number>> {
  const names = Object.keys(ranges) as Name[];
  for (const key of Object.keys(settings)) {
    if (!names.includes(key as Name))
      throw unknownName('policy parameter', key, names, { path: ['config', 'policy', key] });
  }
  return Object.fromEntries(names.map((name) => [name, readNumber(settings, name, ranges[name])])) as Record<
    Name,
    number
  >;
}

function readNumber(settings: JsonObject, name: string, { min, max }: PolicyRange): number {
  const value = settings[name];
  const path = ['config', 'policy', name];
  if (value === undefined) throw new InputError('is required but missing', { path });
  if (typeof value !== 'number' || !(value >= min && value <= max)) {
    throw new InputError(`must be a number in [${min}, ${max}], got ${shortText(value)}`, { path });
  }
  return value;
}
