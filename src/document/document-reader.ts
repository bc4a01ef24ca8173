import { InputError, unknownName } from '../base/errors.ts';
import { shortText } from '../base/short-text.ts';

export type DocumentPath = readonly (string | number)[];

/**
 * A strict view of one mapping in a document: every key that is present must be known, every value of the right
 * type. A key whose value is null counts as absent. Errors carry the path from the document root.
 */
export class MappingReader {
  readonly path: DocumentPath;
  readonly #values: Readonly<Record<string, unknown>>;

  /** @throws InputError when `value` is no mapping or has a key outside `known` */
  constructor(value: unknown, path: DocumentPath, known: readonly string[]) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new InputError(`must be a mapping, got ${describe(value)}`, { path });
    }
    for (const key of Object.keys(value)) {
      if (!known.includes(key)) throw unknownName('key', key, known, { path: [...path, key] });
    }
    this.path = path;
    this.#values = value as Record<string, unknown>;
  }

  has(key: string): boolean {
    return this.#values[key] !== undefined && this.#values[key] !== null;
  }

  raw(key: string): unknown {
    return this.#values[key];
  }

  at(key: string): DocumentPath {
    return [...this.path, key];
  }

  /** Text; a plain number or flag written without quotes is taken as text. */
  text(key: string, fallback = ''): string {
    if (!this.has(key)) return fallback;
    const value = this.#values[key];
    if (typeof value === 'object') throw this.#wrong(key, 'text');
    return String(value);
  }

  flag(key: string, fallback: boolean): boolean {
    if (!this.has(key)) return fallback;
    const value = this.#values[key];
    if (typeof value === 'boolean') return value;
    const word = typeof value === 'string' ? SWITCH_WORDS[value.toLowerCase()] : undefined;
    if (word === undefined) throw this.#wrong(key, 'true or false');
    return word;
  }

  number(key: string, fallback: number): number {
    if (!this.has(key)) return fallback;
    return this.#number(key);
  }

  /** An integer that fits a double exactly; fractions are cut off. */
  integer(key: string, fallback: number): number {
    if (!this.has(key)) return fallback;
    const value = Math.trunc(this.#number(key));
    if (!Number.isSafeInteger(value)) throw this.fail(key, `must be an integer within ±2^53, got ${value}`);
    return value;
  }

  /** A signed 64-bit integer, exact; fractions are cut off. */
  integer64(key: string, fallback: bigint): bigint {
    if (!this.has(key)) return fallback;
    const value = this.#values[key];
    const exact = grouped(value) ?? (typeof value === 'bigint' ? value : this.#integer64FromNumber(key));
    if (BigInt.asIntN(64, exact) !== exact) throw this.fail(key, `must fit 64 bits, got ${exact}`);
    return exact;
  }

  list(key: string): readonly unknown[] {
    if (!this.has(key)) return [];
    const value = this.#values[key];
    if (!Array.isArray(value)) throw this.#wrong(key, 'a list');
    return value;
  }

  /** Reads the mapping under `key`, or answers null where it is absent. */
  child<T>(key: string, read: (value: unknown, path: DocumentPath) => T): T | null {
    return this.has(key) ? read(this.#values[key], this.at(key)) : null;
  }

  /** Reads every item of the list under `key`. */
  items<T>(key: string, read: (value: unknown, path: DocumentPath) => T): T[] {
    return this.list(key).map((item, index) => read(item, [...this.path, key, index]));
  }

  fail(key: string, rule: string, suggestion?: string): InputError {
    return new InputError(rule, { path: this.at(key), ...(suggestion === undefined ? {} : { suggestion }) });
  }

  #integer64FromNumber(key: string): bigint {
    const value = Math.trunc(this.#number(key));
    if (!Number.isFinite(value)) throw this.#wrong(key, 'an integer');
    return BigInt(value);
  }

  #number(key: string): number {
    const value = this.#values[key];
    if (typeof value === 'bigint') return Number(value);
    const digits = grouped(value);
    if (digits !== undefined) return Number(digits);
    if (typeof value !== 'number') throw this.#wrong(key, 'a number');
    return value;
  }

  #wrong(key: string, wanted: string): InputError {
    return this.fail(key, `must be ${wanted}, got ${describe(this.#values[key])}`);
  }
}

/** YAML 1.1 words for flags, which the reference reads where a flag is due. */
const SWITCH_WORDS: Readonly<Record<string, boolean>> = {
  yes: true,
  on: true,
  y: true,
  no: false,
  off: false,
  n: false,
};

/** Whole numbers with underscores between digits are text in YAML 1.2 and numbers to the reference. */
function grouped(value: unknown): bigint | undefined {
  return typeof value === 'string' && /^[-+]?\d[\d_]*_[\d_]*$/.test(value)
    ? BigInt(value.replaceAll('_', '').replace('+', ''))
    : undefined;
}

function describe(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a mapping';
  return typeof value === 'string' ? `the text ${shortText(value)}` : shortText(value);
}
