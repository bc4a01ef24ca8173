/**
 * The running batch of an instance: parallel columns in batch order. A request in prefill has `progress < input`;
 * then `target` is its progress after the step. A request in decode keeps in `quick` how many tokens it may take
 * without asking the KV cache; −1 = ask for every token.
 */
export class Batch {
  size = 0;
  request: Int32Array;
  input: Int32Array;
  progress: Int32Array;
  target: Int32Array;
  /** Tokens given in the current step. */
  tokens: Int32Array;
  /** Progress at which the request completes. */
  finish: Int32Array;
  quick: Int32Array;
  /** Decode steps and their summed gaps at this instance before the request's own first one. */
  firstStep: Float64Array;
  gapsBefore: Float64Array;

  constructor(capacity = 64) {
    this.request = new Int32Array(capacity);
    this.input = new Int32Array(capacity);
    this.progress = new Int32Array(capacity);
    this.target = new Int32Array(capacity);
    this.tokens = new Int32Array(capacity);
    this.finish = new Int32Array(capacity);
    this.quick = new Int32Array(capacity);
    this.firstStep = new Float64Array(capacity);
    this.gapsBefore = new Float64Array(capacity);
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
    for (let i = index + 1; i < this.size; i++) this.move(i, i - 1);
    this.size--;
  }

  move(from: number, to: number): void {
    this.request[to] = this.request[from]!;
    this.input[to] = this.input[from]!;
    this.progress[to] = this.progress[from]!;
    this.target[to] = this.target[from]!;
    this.tokens[to] = this.tokens[from]!;
    this.finish[to] = this.finish[from]!;
    this.quick[to] = this.quick[from]!;
    this.firstStep[to] = this.firstStep[from]!;
    this.gapsBefore[to] = this.gapsBefore[from]!;
  }

  #grow(capacity: number): void {
    const integers = (old: Int32Array): Int32Array => {
      const grown = new Int32Array(capacity);
      grown.set(old);
      return grown;
    };
    const reals = (old: Float64Array): Float64Array => {
      const grown = new Float64Array(capacity);
      grown.set(old);
      return grown;
    };
    this.request = integers(this.request);
    this.input = integers(this.input);
    this.progress = integers(this.progress);
    this.target = integers(this.target);
    this.tokens = integers(this.tokens);
    this.finish = integers(this.finish);
    this.quick = integers(this.quick);
    this.firstStep = reals(this.firstStep);
    this.gapsBefore = reals(this.gapsBefore);
  }
}
