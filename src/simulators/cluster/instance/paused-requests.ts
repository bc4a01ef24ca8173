import type { RequestIndex, Slot } from '../indices.ts';
import type { Batch } from './batch.ts';
import type { TokenGaps } from './token-gaps.ts';

/** Decoding requests that left the batch for a while and kept their KV blocks, in the order of their pauses. */
export class PausedRequests {
  readonly #slots: PausedSlot[] = [];

  get size(): number {
    return this.#slots.length;
  }

  at(position: number): PausedSlot {
    return this.#slots[position]!;
  }

  /** Copies a slot of the batch; the caller removes it there. */
  add(batch: Batch, slot: Slot, atUs: number, gaps: TokenGaps): void {
    this.#slots.push({
      request: batch.request[slot]!,
      progress: batch.progress(slot),
      pausedAtUs: atUs,
      pausedStep: gaps.steps,
      sumAtPause: gaps.sum,
    });
  }

  /** Takes a paused request out; null if it is not paused. */
  take(request: RequestIndex): PausedSlot | null {
    const position = this.#slots.findIndex((slot) => slot.request === request);
    return position < 0 ? null : this.takeAt(position);
  }

  takeAt(position: number): PausedSlot {
    return this.#slots.splice(position, 1)[0]!;
  }
}

/** A request as it was at the pause. */
export interface PausedSlot {
  readonly request: RequestIndex;
  readonly progress: number;
  readonly pausedAtUs: number;
  /** Decode steps of the instance and the sum of their gaps before the pause. */
  readonly pausedStep: number;
  readonly sumAtPause: number;
}
