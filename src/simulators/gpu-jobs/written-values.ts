import { z } from 'zod';
import { shortText } from '../../base/short-text.ts';
import { orElse } from '../../document/schema-parts.ts';

/**
 * Values as users of YAML write them: digits may be grouped by underscores, flags may be yes and no, text may be a
 * number without quotes.
 */

/** A finite number. @param bounds - `above` is a bound that the number itself must not reach */
export function amount({ min, above, max }: { readonly min?: number; readonly above?: number; readonly max?: number }) {
  let number = z.number();
  if (min !== undefined) number = number.min(min);
  if (above !== undefined) number = number.gt(above);
  if (max !== undefined) number = number.max(max);
  return z.preprocess(plainNumber, number);
}

/** A whole number; fractions are refused. */
export function whole({ min, max }: { readonly min: number; readonly max?: number }) {
  const number = z.int().min(min);
  return z.preprocess(plainNumber, max === undefined ? number : number.max(max));
}

/** Text; a number or flag written without quotes is taken as text. */
export const text = z
  .preprocess((value) => (SCALARS.includes(typeof value) ? String(value) : value), z.string())
  .meta({ type: ['string', 'number', 'boolean'] });

export const flag = z.preprocess(
  (value) => (typeof value === 'string' ? (SWITCH_WORDS[value.toLowerCase()] ?? value) : value),
  z.boolean(),
);

/** A key that may be left out or left empty, with the value that it then has. */
export function orDefault<S extends z.ZodType>(schema: S, fallback: z.output<S>) {
  return orElse(schema, fallback).describe(`default: ${shortText(fallback)}`);
}

const SCALARS: readonly string[] = ['number', 'boolean', 'bigint'];

/** Words for flags in YAML 1.1. */
const SWITCH_WORDS: Readonly<Record<string, boolean>> = {
  yes: true,
  on: true,
  y: true,
  no: false,
  off: false,
  n: false,
};

/** Whole numbers with underscores between digits are text in YAML 1.2 and numbers in YAML 1.1. */
export function plainNumber(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  return typeof value === 'string' && /^[-+]?\d[\d_]*_[\d_]*$/.test(value)
    ? Number(BigInt(value.replaceAll('_', '').replace('+', '')))
    : value;
}
