import { InputError, unknownName } from '../../../base/errors.ts';
import { integerFromText } from '../../../base/integer-text.ts';
import { isJsonObject, type Json } from '../../../base/json.ts';
import { shortText } from '../../../base/short-text.ts';
import { parseScorers, type ScorerRules } from './scorer-profile.ts';

/** What a setting's value must be. Texts that spell a number are accepted for numbers: flags arrive as text. */
export type Rule =
  | { readonly kind: 'integer'; readonly min?: number; readonly max?: number }
  | { readonly kind: 'number'; readonly min?: number; readonly above?: number; readonly max?: number }
  | { readonly kind: 'boolean' }
  | { readonly kind: 'text' }
  /** `blank` is what an empty text stands for; without it, an empty text is no choice. */
  | { readonly kind: 'choice'; readonly names: readonly string[]; readonly blank?: string }
  /** List or `1,2,3`; finite and ≥ 0. */
  | { readonly kind: 'numbers' }
  /** `name:weight,…`, a list of {name, weight}, or a map name → weight. */
  | { readonly kind: 'scorers' }
  /** Map or `class=µs,…`; positive integers. */
  | { readonly kind: 'class-micros' }
  /** Map or `class=duration,…`; ms, or a text such as `1.5s`. */
  | { readonly kind: 'class-durations' };

/** @throws InputError without a path; the caller knows the key */
export function readSetting(rule: Rule, value: Json, rules: ScorerRules): unknown {
  switch (rule.kind) {
    case 'integer':
      return readInteger(rule, value);
    case 'number':
      return readNumber(rule, value);
    case 'boolean':
      if (typeof value !== 'boolean') throw mustBe('true or false', value);
      return value;
    case 'text':
      if (typeof value !== 'string' || value === '') throw mustBe('a non-empty text', value);
      return value;
    case 'choice':
      if (typeof value !== 'string') throw mustBe(`one of ${rule.names.join(', ')}`, value);
      if (value === '' && rule.blank !== undefined) return rule.blank;
      if (!rule.names.includes(value)) throw unknownName('value', value, rule.names);
      return value;
    case 'numbers':
      return readNumbers(value);
    case 'scorers':
      return parseScorers(value, rules);
    case 'class-micros':
      return readClasses(value, (item) => readInteger({ min: 1 }, item));
    case 'class-durations':
      return readClasses(value, readDurationMs);
    default:
      return rule satisfies never;
  }
}

/** Milliseconds of a number (ms) or a text of number–unit pairs: `100ms`, `1m30s`, `1.5s`, `250us`. */
export function readDurationMs(value: Json): number {
  const ms = typeof value === 'string' ? durationMs(value) : value;
  if (typeof ms !== 'number' || !Number.isFinite(ms) || ms <= 0) {
    throw mustBe('a duration > 0 such as 100ms or 1.5s', value);
  }
  return ms;
}

const NANOSECONDS: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  μs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
};

function durationMs(text: string): number {
  const parts = [...text.matchAll(/(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/gy)];
  if (parts.length === 0 || parts.reduce((length, part) => length + part[0].length, 0) !== text.length)
    return Number.NaN;
  return Math.trunc(parts.reduce((sum, part) => sum + Number(part[1]) * NANOSECONDS[part[2]!]!, 0)) / 1e6;
}

function readInteger({ min, max }: { readonly min?: number; readonly max?: number }, value: Json): number {
  const number = typeof value === 'string' ? Number(integerFromText(value) ?? Number.NaN) : value;
  const limits = [min === undefined ? '' : ` ≥ ${min}`, max === undefined ? '' : ` ≤ ${max}`];
  const fits = (one: number): boolean =>
    Number.isInteger(one) && one >= (min ?? Number.NEGATIVE_INFINITY) && one <= (max ?? Number.POSITIVE_INFINITY);
  if (typeof number === 'number' && fits(number)) return number;
  throw mustBe(`an integer${limits.filter((limit) => limit !== '').join(' and')}`, value);
}

function readNumber(
  rule: { readonly min?: number; readonly above?: number; readonly max?: number },
  value: Json,
): number {
  const number = numeric(value);
  const { min = Number.NEGATIVE_INFINITY, above = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = rule;
  if (Number.isFinite(number) && number >= min && number > above && number <= max) return number;
  const limits = [
    ...(rule.min === undefined ? [] : [`≥ ${rule.min}`]),
    ...(rule.above === undefined ? [] : [`> ${rule.above}`]),
    ...(rule.max === undefined ? [] : [`≤ ${rule.max}`]),
  ];
  throw mustBe(`a finite number ${limits.join(' and ')}`.trimEnd(), value);
}

function readNumbers(value: Json): readonly number[] {
  const items = typeof value === 'string' ? value.split(',') : value;
  if (!Array.isArray(items) || items.length === 0) throw mustBe('a list of numbers', value);
  return items.map((item: Json, index) => {
    const number = numeric(item);
    if (!Number.isFinite(number) || number < 0) {
      throw new InputError(`must be finite and ≥ 0, got ${shortText(item)}`, { path: [index] });
    }
    return number;
  });
}

function readClasses(value: Json, read: (item: Json) => number): Readonly<Record<string, number>> {
  const classes: Record<string, number> = {};
  for (const [name, item] of classEntries(value)) {
    try {
      classes[name] = read(item);
    } catch (error) {
      throw error instanceof InputError ? error.at({ prefix: [name] }) : error;
    }
  }
  return classes;
}

function classEntries(value: Json): readonly (readonly [string, Json])[] {
  if (isJsonObject(value)) return Object.entries(value);
  if (typeof value !== 'string') throw mustBe('a map from class to value, or class=value,…', value);
  if (value === '') return [];
  return value.split(',').map((pair) => {
    const equals = pair.indexOf('=');
    if (equals <= 0) throw mustBe('class=value pairs', pair);
    return [pair.slice(0, equals).trim(), pair.slice(equals + 1).trim()] as const;
  });
}

function numeric(value: Json): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'string' && /^\s*[-+.\d]/.test(value)) return Number(value);
  return Number.NaN;
}

function mustBe(rule: string, value: Json): InputError {
  return new InputError(`must be ${rule}, got ${shortText(value)}`);
}
