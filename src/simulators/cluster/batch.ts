/**
 * The running batch of an instance: parallel columns in batch order. A request in prefill has `progress < input`;
 * then `target` is its progress after the step, and `quick` is −1. A request in decode keeps in `quick` how many tokens
 * it may take without asking the KV cache; −1 = ask for every token.
 */
export class Batch {
  size = 0;
  request: Int32Array;
  input: Int32Array;
  progress: Int32Array;
  target: Int32Array;
  /** Tokens given in the current step; between steps 1 for a request in decode. */
  tokens: Int32Array;
  /** Progress at which the request completes. */
  finish: Int32Array;
  quick: Int32Array;
  #columns: readonly Int32Array[];

  constructor(capacity = 64) {
    this.request = new Int32Array(capacity);
    this.input = new Int32Array(capacity);
    this.progress = new Int32Array(capacity);
    this.target = new Int32Array(capacity);
    this.tokens = new Int32Array(capacity);
    this.finish = new Int32Array(capacity);
    this.quick = new Int32Array(capacity);
    this.#columns = this.#allColumns();
  }

  /** A new last slot, to be filled by the caller. */
  push(): number {
    if (this.size === this.request.length) this.#grow(2 * this.size);
    return this.size++;
  }

  indexOf(request: number): number {
    for (let i = 0; i < this.size; i++) if (this.request[i] === request) return i;
    return -1;
  }

  remove(index: number): void {
    for (const column of this.#columns) column.copyWithin(index, index + 1, this.size);
    this.size--;
  }

  /** Takes out `count` slots, given in ascending order. */
  removeAll(slots: Int32Array, count: number): void {
    const { size } = this;
    for (const column of this.#columns) {
      for (let k = 0; k < count; k++) {
        const end = k + 1 < count ? slots[k + 1]! : size;
        column.copyWithin(slots[k]! - k, slots[k]! + 1, end);
      }
    }
    this.size = size - count;
  }

  #grow(capacity: number): void {
    const grown = (old: Int32Array): Int32Array => {
      const column = new Int32Array(capacity);
      column.set(old);
      return column;
    };
    this.request = grown(this.request);
    this.input = grown(this.input);
    this.progress = grown(this.progress);
    this.target = grown(this.target);
    this.tokens = grown(this.tokens);
    this.finish = grown(this.finish);
    this.quick = grown(this.quick);
    this.#columns = this.#allColumns();
  }

  #allColumns(): readonly Int32Array[] {
    return [this.request, this.input, this.progress, this.target, this.tokens, this.finish, this.quick];
  }
}
