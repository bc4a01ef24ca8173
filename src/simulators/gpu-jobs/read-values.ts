import { unknownName } from '../../base/errors.ts';
import type { MappingReader } from '../../document/document-reader.ts';

interface Range {
  readonly fallback: number;
  readonly min: number;
  readonly max?: number;
  /** The lower bound itself is not allowed. */
  readonly exclusive?: boolean;
}

/** A number within bounds. @throws InputError with rule and value */
export function numberIn(reader: MappingReader, key: string, range: Range): number {
  const value = reader.number(key, range.fallback);
  const max = range.max ?? Number.POSITIVE_INFINITY;
  const tooSmall = range.exclusive === true ? value <= range.min : value < range.min;
  if (!Number.isFinite(value) || tooSmall || value > max) {
    throw reader.fail(key, `must be a number ${bounds(range)}, got ${value}`);
  }
  return value;
}

/** A whole number within bounds; fractions are refused. @throws InputError with rule and value */
export function integerIn(reader: MappingReader, key: string, range: Range): number {
  const value = reader.number(key, range.fallback);
  if (!Number.isSafeInteger(value) || value < range.min || value > (range.max ?? Number.MAX_SAFE_INTEGER)) {
    throw reader.fail(key, `must be an integer ${bounds(range)}, got ${value}`);
  }
  return value;
}

/** One of the known names. @throws InputError naming them */
export function choiceOf<T extends string>(
  reader: MappingReader,
  key: string,
  known: readonly T[],
  fallback: NoInfer<T>,
): T {
  const value = reader.text(key, fallback);
  if (!known.includes(value as T)) throw unknownName(key, value, known, { path: reader.at(key) });
  return value as T;
}

function bounds({ min, max, exclusive }: Range): string {
  const low = `${exclusive === true ? '>' : '≥'} ${min}`;
  return max === undefined ? low : `${low} and ≤ ${max}`;
}
