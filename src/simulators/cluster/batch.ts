/**
 * The running batch of an instance: parallel columns in batch order. A request in prefill has `progress < input`;
 * then `target` is its progress after the step. A request in decode takes tokens without asking the KV cache until
 * its progress is `ask`; −1 = it asks for every token.
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
  ask: Int32Array;
  /** The smaller of `finish` and `ask`, for requests in decode. */
  next: Int32Array;
  /** Slots that the next step has to look at, ascending: all in prefill, those in decode from their `next` on. */
  due: Int32Array;
  dueCount = 0;

  constructor(capacity = 64) {
    this.request = new Int32Array(capacity);
    this.input = new Int32Array(capacity);
    this.progress = new Int32Array(capacity);
    this.target = new Int32Array(capacity);
    this.tokens = new Int32Array(capacity);
    this.finish = new Int32Array(capacity);
    this.ask = new Int32Array(capacity);
    this.next = new Int32Array(capacity);
    this.due = new Int32Array(capacity);
  }

  /** A new last slot, to be filled by the caller. */
  push(): number {
    if (this.size === this.request.length) this.#grow(2 * this.size);
    return this.size++;
  }

  setAsk(slot: number, ask: number): void {
    this.ask[slot] = ask;
    this.next[slot] = Math.min(ask, this.finish[slot]!);
  }

  indexOf(request: number): number {
    for (let i = 0; i < this.size; i++) if (this.request[i] === request) return i;
    return -1;
  }

  /** Place in `due` of the first slot from `slot` on. */
  dueFrom(slot: number): number {
    let d = 0;
    while (d < this.dueCount && this.due[d]! < slot) d++;
    return d;
  }

  remove(slot: number): void {
    this.#moveDown(slot + 1, this.size--, 1);
    const { due } = this;
    let kept = 0;
    for (let d = 0; d < this.dueCount; d++) {
      const other = due[d]!;
      if (other !== slot) due[kept++] = other < slot ? other : other - 1;
    }
    this.dueCount = kept;
  }

  /** Takes out the slots of `due` whose progress has reached `finish`; the others stay due. */
  removeFinished(): void {
    const { due, dueCount, progress, finish } = this;
    let kept = 0;
    let removed = 0;
    let from = 0;
    for (let d = 0; d < dueCount; d++) {
      const slot = due[d]!;
      if (progress[slot]! < finish[slot]!) {
        due[kept++] = slot - removed;
        continue;
      }
      this.#moveDown(from, slot, removed++);
      from = slot + 1;
    }
    this.#moveDown(from, this.size, removed);
    this.dueCount = kept;
    this.size -= removed;
  }

  /** Moves the slots [from, end) down by `by`. */
  #moveDown(from: number, end: number, by: number): void {
    if (by === 0) return;
    const { request, input, progress, target, tokens, finish, ask, next } = this;
    for (let i = from; i < end; i++) {
      const to = i - by;
      request[to] = request[i]!;
      input[to] = input[i]!;
      progress[to] = progress[i]!;
      target[to] = target[i]!;
      tokens[to] = tokens[i]!;
      finish[to] = finish[i]!;
      ask[to] = ask[i]!;
      next[to] = next[i]!;
    }
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
    this.ask = grown(this.ask);
    this.next = grown(this.next);
    this.due = grown(this.due);
  }
}
