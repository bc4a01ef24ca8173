import { InputError, unknownName } from '../../base/errors.ts';

export type KeyPath = readonly (string | number)[];

/** Typed look-ups in one mapping of a document; every error carries the path of the key. */
export class Fields {
  readonly path: KeyPath;
  readonly #values: Readonly<Record<string, unknown>>;

  /** @throws InputError when `value` is no mapping, or has a key outside `known` */
  constructor(value: unknown, path: KeyPath, known: readonly string[] | null) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new InputError(`must be a map of keys, got ${shown(value)}`, { path });
    }
    if (known !== null) {
      for (const key of Object.keys(value)) {
        if (!known.includes(key)) throw unknownName('key', key, known, { path: [...path, key] });
      }
    }
    this.path = path;
    this.#values = value as Record<string, unknown>;
  }

  keys(): readonly string[] {
    return Object.keys(this.#values);
  }

  at(key: string): KeyPath {
    return [...this.path, key];
  }

  raw(key: string): unknown {
    return this.has(key) ? this.#values[key] : undefined;
  }

  has(key: string): boolean {
    return Object.hasOwn(this.#values, key) && this.#values[key] !== null && this.#values[key] !== undefined;
  }

  text(key: string): string {
    const value = this.#required(key);
    if (typeof value === 'string' && value !== '') return value;
    if (typeof value === 'number') return String(value);
    throw this.#wrong(key, 'a name');
  }

  flag(key: string, fallback: boolean): boolean {
    if (!this.has(key)) return fallback;
    const value = this.#values[key];
    // YAML 1.1 wrote booleans as on and off.
    if (value === true || value === 'on') return true;
    if (value === false || value === 'off') return false;
    throw this.#wrong(key, 'true or false');
  }

  number(key: string, range: NumberRange): number {
    const value = this.has(key) || range.fallback === undefined ? this.#required(key) : range.fallback;
    if (typeof value !== 'number' || !Number.isFinite(value)) throw this.#wrong(key, 'a number');
    if (range.integer === true && !Number.isSafeInteger(value)) throw this.#wrong(key, 'an integer');
    const { above, min, max } = range;
    if (above !== undefined && !(value > above)) throw this.#wrong(key, `> ${above}`);
    if (min !== undefined && max !== undefined && !(value >= min && value <= max)) {
      throw this.#wrong(key, `in [${min}, ${max}]`);
    }
    if (min !== undefined && value < min) throw this.#wrong(key, `≥ ${min}`);
    return value;
  }

  optionalNumber(key: string, range: NumberRange): number | null {
    return this.has(key) ? this.number(key, range) : null;
  }

  choice<T extends string>(key: string, known: readonly T[], fallback: T): T {
    if (!this.has(key)) return fallback;
    const value = this.#values[key];
    if (typeof value !== 'string') throw this.#wrong(key, `one of ${known.join(', ')}`);
    const found = known.find((item) => item === value);
    if (found === undefined) throw unknownName(key, value, known, { path: this.at(key) });
    return found;
  }

  #required(key: string): unknown {
    if (!this.has(key)) throw new InputError('is required but missing', { path: this.at(key) });
    return this.#values[key];
  }

  #wrong(key: string, rule: string): InputError {
    return new InputError(`must be ${rule}, got ${shown(this.#values[key])}`, { path: this.at(key) });
  }
}

export interface NumberRange {
  /** Absent: the key is required. */
  readonly fallback?: number;
  readonly integer?: boolean;
  readonly min?: number;
  readonly max?: number;
  /** Strict lower bound. */
  readonly above?: number;
}

export function shown(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  const number = typeof value === 'bigint' || typeof value === 'number';
  const text = number ? String(value) : (JSON.stringify(value) ?? String(value));
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
