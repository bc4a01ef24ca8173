/**
 * Integers by block key, 0 = none. Keys of shared prefixes have a table per instance; all other keys may live in one
 * table for the whole cluster, if each of them can occur on one instance only.
 */
export class KeyMap {
  readonly sharedEnd: number;
  /** Values of keys below `sharedEnd`. */
  readonly #shared: Int32Array;
  readonly #rest: GrowingColumn;

  constructor(sharedEnd: number, rest: GrowingColumn) {
    this.sharedEnd = sharedEnd;
    this.#shared = new Int32Array(sharedEnd);
    this.#rest = rest;
  }

  get(key: number): number {
    if (key < this.sharedEnd) return this.#shared[key]!;
    const { values } = this.#rest;
    return key < values.length ? values[key]! : 0;
  }

  set(key: number, value: number): void {
    this.exchange(key, value);
  }

  /** Sets a value and answers the old one. */
  exchange(key: number, value: number): number {
    if (key >= this.sharedEnd && key >= this.#rest.values.length) this.#rest.grow(key + 1);
    const column = key < this.sharedEnd ? this.#shared : this.#rest.values;
    const old = column[key]!;
    column[key] = value;
    return old;
  }
}

/** A column of integers that grows with zeros. */
export class GrowingColumn {
  values: Int32Array;

  constructor(length: number) {
    this.values = new Int32Array(length);
  }

  grow(length: number): void {
    const grown = new Int32Array(Math.max(length, this.values.length + (this.values.length >> 1)));
    grown.set(this.values);
    this.values = grown;
  }
}
