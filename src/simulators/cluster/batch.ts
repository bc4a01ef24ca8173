import type { RequestStates } from './request-states.ts';

/** `next` of a request in prefill. */
export const PREFILL = -2;

/**
 * The running batch of an instance: parallel columns in batch order, as few as steps walk over; the rest of a request's
 * place in the batch is in `RequestStates`. A request in prefill has `progress < inputTokens`; then `stepTarget` is its
 * progress after the step. A request in decode takes tokens without asking the KV cache until its progress is `askAt`;
 * −1 = it asks for every token.
 */
export class Batch {
  size = 0;
  request: Int32Array;
  progress: Int32Array;
  /** The smaller of `finishAt` and `askAt` of a request in decode; PREFILL in prefill. */
  next: Int32Array;
  /** Slots that the next step has to look at, ascending: all in prefill, those in decode from their `next` on. */
  due: Int32Array;
  dueCount = 0;
  readonly #requests: RequestStates;

  constructor(requests: RequestStates, capacity = 64) {
    this.#requests = requests;
    this.request = new Int32Array(capacity);
    this.progress = new Int32Array(capacity);
    this.next = new Int32Array(capacity);
    this.due = new Int32Array(capacity);
  }

  /** A new last slot for a request. */
  push(request: number, progress: number): number {
    if (this.size === this.request.length) this.#grow(2 * this.size);
    const slot = this.size++;
    this.request[slot] = request;
    this.progress[slot] = progress;
    return slot;
  }

  isPrefill(slot: number): boolean {
    return this.next[slot] === PREFILL;
  }

  setAsk(slot: number, ask: number): void {
    const request = this.request[slot]!;
    this.#requests.askAt[request] = ask;
    this.next[slot] = Math.min(ask, this.#requests.finishAt[request]!);
  }

  isFinished(slot: number): boolean {
    return this.progress[slot]! >= this.#requests.finishAt[this.request[slot]!]!;
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

  /** Takes out the slots of `due` whose requests have finished; the others stay due. */
  removeFinished(): void {
    const { due, dueCount } = this;
    let kept = 0;
    let removed = 0;
    let from = 0;
    for (let d = 0; d < dueCount; d++) {
      const slot = due[d]!;
      if (!this.isFinished(slot)) {
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
    const { request, progress, next } = this;
    for (let i = from; i < end; i++) {
      request[i - by] = request[i]!;
      progress[i - by] = progress[i]!;
      next[i - by] = next[i]!;
    }
  }

  #grow(capacity: number): void {
    const grown = (old: Int32Array): Int32Array => {
      const column = new Int32Array(capacity);
      column.set(old);
      return column;
    };
    this.request = grown(this.request);
    this.progress = grown(this.progress);
    this.next = grown(this.next);
    this.due = grown(this.due);
  }
}
