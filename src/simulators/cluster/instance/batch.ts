import type { RequestsOf } from '../column-owners.ts';
import type { RequestIndex, Slot } from '../indices.ts';

/** `dueAt` of a request in prefill. */
const PREFILL = -2;

type RequestColumn = Int32Array & { [slot: Slot]: RequestIndex };

/**
 * The running batch of an instance: parallel columns in batch order, as few as steps walk over; the rest of a request's
 * place in the batch is in the request states. A request in prefill has `progress < inputTokens`; then `stepTarget` is its
 * progress after the step. A request in decode takes tokens without asking the KV cache until its progress is `askAt`;
 * −1 = it asks for every token.
 *
 * All requests in decode move on by one when `ticks` does: what is stored is their progress less the ticks.
 */
export class Batch {
  size = 0;
  /** Steps in which requests decoded. */
  ticks = 0;
  /** Requests in decode. */
  decodes = 0;
  /** Requests in prefill; none of them is in a slot before `prefillFrom`. */
  prefills = 0;
  prefillFrom = 0;
  request: RequestColumn;
  /** Slots that the next step has to look at, ascending: all in prefill, those in decode from their `#dueAt` on. */
  due: Int32Array;
  dueCount = 0;
  /** Sum of the `#start` of requests in decode. */
  #startSum = 0;
  /** Progress in prefill; in decode progress − ticks. */
  #start: Int32Array;
  /** Ticks at which the progress is the smaller of `finishAt` and `askAt`; −1 = always; PREFILL in prefill. */
  #dueAt: Int32Array;
  readonly #requests: RequestsOf<'instance/batch.ts'>;

  constructor(requests: RequestsOf<'instance/batch.ts'>, capacity: number) {
    this.#requests = requests;
    this.request = new Int32Array(capacity) as RequestColumn;
    this.#start = new Int32Array(capacity);
    this.#dueAt = new Int32Array(capacity);
    this.due = new Int32Array(capacity);
  }

  /** A request enters the batch, in the last slot and in prefill. @param finishAt - progress at which it completes */
  enter(request: RequestIndex, progress: number, finishAt: number): Slot {
    this.#requests.finishAt[request] = finishAt;
    return this.push(request, progress);
  }

  /** The next step takes a prompt up to here. */
  aim(request: RequestIndex, target: number): void {
    this.#requests.stepTarget[request] = target;
  }

  /** The next step computes this many tokens for the request: between steps 1 in decode. */
  give(request: RequestIndex, tokens: number): void {
    this.#requests.stepTokens[request] = tokens;
  }

  /** A request that was here before is back, in the last slot and in prefill. */
  push(request: RequestIndex, progress: number): Slot {
    if (this.size === this.request.length) this.#grow(2 * this.size);
    const slot = this.size++ as Slot;
    this.request[slot] = request;
    this.#start[slot] = progress;
    this.#dueAt[slot] = PREFILL;
    if (this.prefills++ === 0) this.prefillFrom = slot;
    return slot;
  }

  isPrefill(slot: Slot): boolean {
    return this.#dueAt[slot] === PREFILL;
  }

  /** Prompt tokens processed plus tokens produced. */
  progress(slot: Slot): number {
    const start = this.#start[slot]!;
    return this.#dueAt[slot] === PREFILL ? start : start + this.ticks;
  }

  setPrefillProgress(slot: Slot, progress: number): void {
    this.#start[slot] = progress;
  }

  /** From prefill to decode; `setAsk` is next. */
  startDecode(slot: Slot, progress: number): void {
    const start = progress - this.ticks;
    this.#start[slot] = start;
    this.#dueAt[slot] = -1;
    this.#startSum += start;
    this.decodes++;
    this.prefills--;
    this.#requests.stepTokens[this.request[slot]!] = 1;
  }

  setAsk(slot: Slot, ask: number): void {
    const request = this.request[slot]!;
    this.#requests.askAt[request] = ask;
    const next = Math.min(ask, this.#requests.finishAt[request]!);
    this.#dueAt[slot] = next < 0 ? -1 : Math.max(0, next - this.#start[slot]!);
  }

  /** Sum of the progress of all requests in decode. */
  contexts(): number {
    return this.#startSum + this.decodes * this.ticks;
  }

  /** A request in decode sits out the tick to come. */
  holdBack(slot: Slot): void {
    this.#start[slot]!--;
    this.#startSum--;
    if (this.#dueAt[slot]! >= 0) this.#dueAt[slot]!++;
  }

  /**
   * Ends a step: finds the slots that the next one has to look at.
   * @param requests - whether those in decode move on
   */
  advance(requests: 'decode' | 'only prefill'): void {
    if (requests === 'decode') this.ticks++;
    const { due, size, ticks } = this;
    const dueAt = this.#dueAt;
    let count = 0;
    for (let slot = 0; slot < size; slot++) if (dueAt[slot]! <= ticks) due[count++] = slot;
    this.dueCount = count;
  }

  isFinished(slot: Slot): boolean {
    return this.progress(slot) >= this.#requests.finishAt[this.request[slot]!]!;
  }

  /** −1 where it is not here. */
  indexOf(request: RequestIndex): Slot {
    let slot = this.size - 1;
    while (slot >= 0 && this.request[slot] !== request) slot--;
    return slot as Slot;
  }

  /** Place in `due` of the first slot from `slot` on. */
  dueFrom(slot: Slot): number {
    let d = 0;
    while (d < this.dueCount && this.due[d]! < slot) d++;
    return d;
  }

  remove(slot: Slot): void {
    this.#leave(slot);
    if (slot < this.prefillFrom) this.prefillFrom--;
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
    const { prefillFrom } = this;
    for (let d = 0; d < dueCount; d++) {
      const slot = due[d]! as Slot;
      if (!this.isFinished(slot)) {
        due[kept++] = slot - removed;
        continue;
      }
      this.#leave(slot);
      if (slot < prefillFrom) this.prefillFrom--;
      this.#moveDown(from, slot, removed++);
      from = slot + 1;
    }
    this.#moveDown(from, this.size, removed);
    this.dueCount = kept;
    this.size -= removed;
  }

  #leave(slot: Slot): void {
    if (this.isPrefill(slot)) this.prefills--;
    else {
      this.decodes--;
      this.#startSum -= this.#start[slot]!;
    }
  }

  /** Moves the slots [from, end) down by `by`. */
  #moveDown(from: number, end: number, by: number): void {
    if (by === 0) return;
    const { request } = this;
    const start = this.#start;
    const dueAt = this.#dueAt;
    for (let i = from; i < end; i++) {
      request[i - by] = request[i]!;
      start[i - by] = start[i]!;
      dueAt[i - by] = dueAt[i]!;
    }
  }

  #grow(capacity: number): void {
    const grown = (old: Int32Array): Int32Array => {
      const column = new Int32Array(capacity);
      column.set(old);
      return column;
    };
    this.request = grown(this.request) as RequestColumn;
    this.#start = grown(this.#start);
    this.#dueAt = grown(this.#dueAt);
    this.due = grown(this.due);
  }
}
