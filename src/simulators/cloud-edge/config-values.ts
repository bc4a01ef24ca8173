import { InputError, unknownName } from '../../base/errors.ts';
import type { Json, JsonObject } from '../../base/json.ts';

export interface NumberRule {
  readonly byDefault: number | null;
  readonly least?: number;
  readonly above?: number;
  readonly most?: number;
  readonly integer?: true;
}

export function readNumber(value: Json | undefined, key: string, rule: NumberRule): number | null {
  if (value === undefined || (value === null && rule.byDefault === null)) return rule.byDefault;
  const bounds = [
    rule.least !== undefined ? `≥ ${rule.least}` : rule.above !== undefined ? `> ${rule.above}` : '',
    rule.most !== undefined ? `≤ ${rule.most}` : '',
  ].filter((part) => part !== '');
  const valid =
    typeof value === 'number' &&
    Number.isFinite(value) &&
    (!rule.integer || Number.isInteger(value)) &&
    (rule.least === undefined || value >= rule.least) &&
    (rule.above === undefined || value > rule.above) &&
    (rule.most === undefined || value <= rule.most);
  if (!valid) {
    const kind = rule.integer ? 'an integer' : 'a number';
    throw new InputError(`must be ${[kind, bounds.join(' and ')].join(' ').trim()}, got ${shown(value)}`, {
      path: [key],
    });
  }
  return value;
}

export function choice<T extends string>(document: JsonObject, key: string, known: readonly T[], byDefault: T): T {
  const value = document[key];
  if (value === undefined) return byDefault;
  const found = known.find((item) => item === value);
  if (found === undefined) throw unknownName(key, String(value), known, { path: [key] });
  return found;
}

export function text(document: JsonObject, key: string, byDefault: string): string {
  const value = document[key];
  if (value === undefined) return byDefault;
  if (typeof value !== 'string' || value === '') {
    throw new InputError(`must be a text that is not empty, got ${shown(value)}`, { path: [key] });
  }
  return value;
}

export function flag(document: JsonObject, key: string, byDefault: boolean): boolean {
  const value = document[key];
  if (value === undefined) return byDefault;
  if (typeof value !== 'boolean') throw new InputError(`must be true or false, got ${shown(value)}`, { path: [key] });
  return value;
}

export function shown(value: Json): string {
  const written = typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? String(value));
  return written.length > 60 ? `${written.slice(0, 57)}…` : written;
}
