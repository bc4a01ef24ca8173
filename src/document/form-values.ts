import { unknownName } from '../base/errors.ts';
import type { JsonObject } from '../base/json.ts';
import { type Form, wrong } from './form.ts';

/** Whole numbers with underscores between digits are text in YAML 1.2 and numbers to the reference. */
const GROUPED = '^[-+]?\\d[\\d_]*_[\\d_]*$';
const GROUPED_DIGITS = new RegExp(GROUPED);

/** Any value, as it is. */
export const anything: Form<unknown> = { schema: {}, rule: 'may be anything', read: (value) => value };

/** Text; a plain number or flag written without quotes is taken as text. */
export const text: Form<string> = {
  schema: { type: ['string', 'number', 'boolean'] },
  rule: 'must be text',
  read(value) {
    if (typeof value === 'object') throw wrong('must be text', value);
    return String(value);
  },
};

/** YAML 1.1 words for flags, which the reference reads where a flag is due. */
const SWITCH_WORDS: Readonly<Record<string, boolean>> = {
  true: true,
  false: false,
  yes: true,
  on: true,
  y: true,
  no: false,
  off: false,
  n: false,
};

export const flag: Form<boolean> = {
  schema: {
    anyOf: [
      { type: 'boolean' },
      { type: 'string', pattern: `^(${Object.keys(SWITCH_WORDS).map(inAnyCase).join('|')})$` },
    ],
  },
  rule: 'must be true or false',
  read(value) {
    const word = typeof value === 'string' ? SWITCH_WORDS[value.toLowerCase()] : value;
    if (typeof word !== 'boolean') throw wrong('must be true or false', value);
    return word;
  },
};

/** One of a few names. @param what - what the name is called in messages */
export function choice<N extends string>(what: string, names: readonly N[]): Form<N> {
  const shown = names.filter((name) => name !== '');
  const rule = `must be one of ${shown.join(', ')}`;
  return {
    schema: { enum: [...names] },
    rule,
    read(value) {
      if (typeof value === 'object') throw wrong(rule, value);
      if (names.includes(value as N)) return value as N;
      throw unknownName(what, String(value), shown);
    },
  };
}

export interface Bounds {
  readonly min?: number;
  readonly above?: number;
}

/** Any number, also one that is not finite. */
export const number: Form<number> = {
  schema: numeric({}),
  rule: 'must be a number',
  read: (value) => toNumber(value, 'must be a number'),
};

/** A finite number within bounds. */
export function finite({ min, above }: Bounds): Form<number> {
  const bound = min !== undefined ? ` and ≥ ${min}` : above !== undefined ? ` and > ${above}` : '';
  const rule = `must be finite${bound}`;
  return {
    schema: numeric({
      ...(min === undefined ? {} : { minimum: min }),
      ...(above === undefined ? {} : { exclusiveMinimum: above }),
    }),
    rule,
    read(value) {
      const number = toNumber(value, 'must be a number');
      if (Number.isFinite(number) && !(number < (min ?? number)) && (above === undefined || number > above)) {
        return number;
      }
      throw wrong(rule, number);
    },
  };
}

/** An integer that fits a double exactly; fractions are cut off before the bounds are looked at. */
export function integer({ min, max }: { readonly min?: number; readonly max?: number }): Form<number> {
  const rule =
    max !== undefined
      ? `must be within ${min} … ${max}`
      : min === undefined
        ? 'must be an integer'
        : `must be an integer ≥ ${min}`;
  return {
    schema: numeric({
      ...(min === undefined ? {} : min > 0 ? { minimum: min } : { exclusiveMinimum: min - 1 }),
      ...(max === undefined ? {} : { exclusiveMaximum: max + 1 }),
    }),
    rule,
    read(value) {
      const number = Math.trunc(toNumber(value, 'must be a number'));
      if (!Number.isSafeInteger(number)) throw wrong('must be an integer within ±2^53', number);
      if (number < (min ?? number) || number > (max ?? number)) throw wrong(rule, number);
      return number;
    },
  };
}

/** A signed 64-bit integer, exact; fractions are cut off. */
export function integer64({ min = -(2n ** 63n) }: { readonly min?: bigint }): Form<bigint> {
  return {
    // Beyond 2^53 a step of 1 is lost, and fractions of −1 and 0 are both cut to 0.
    schema: numeric({
      ...(min === 0n ? { exclusiveMinimum: -1 } : { minimum: Number(min) }),
      exclusiveMaximum: 2 ** 63,
    }),
    rule: 'must be an integer of 64 bits',
    read(value) {
      const exact = grouped(value) ?? (typeof value === 'bigint' ? value : undefined);
      const number = exact ?? Math.trunc(toNumber(value, 'must be a number'));
      if (typeof number === 'number' && !Number.isFinite(number)) throw wrong('must be an integer', value);
      const integer = BigInt(number);
      if (BigInt.asIntN(64, integer) !== integer) throw wrong('must fit 64 bits', integer);
      if (integer < min) throw wrong(`must be ≥ ${min}`, integer);
      return integer;
    },
  };
}

function toNumber(value: unknown, rule: string): number {
  if (typeof value === 'bigint') return Number(value);
  const digits = grouped(value);
  if (digits !== undefined) return Number(digits);
  if (typeof value !== 'number') throw wrong(rule, value);
  return value;
}

function grouped(value: unknown): bigint | undefined {
  return typeof value === 'string' && GROUPED_DIGITS.test(value)
    ? BigInt(value.replaceAll('_', '').replace('+', ''))
    : undefined;
}

function numeric(bounds: JsonObject): JsonObject {
  return {
    anyOf: [
      { type: 'number', ...bounds },
      { type: 'string', pattern: GROUPED },
    ],
  };
}

function inAnyCase(word: string): string {
  return [...word].map((letter) => `[${letter}${letter.toUpperCase()}]`).join('');
}
