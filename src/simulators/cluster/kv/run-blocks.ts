import type { RequestsOf } from '../column-owners.ts';
import type { Block, RequestIndex } from '../indices.ts';
import type { BlockBooks } from './block-books.ts';
import type { BlockKeys } from './block-keys.ts';
import type { FreeBlocks } from './free-blocks.ts';
import { GAP, NAMED } from './free-ring.ts';
import type { OwnedBlocks } from './owned-blocks.ts';

/** Larger than any position in a request's blocks; an integer, for the sake of compiled code. */
export const BEYOND = 2 ** 30;

export interface RunParts {
  readonly keys: BlockKeys;
  readonly owned: OwnedBlocks;
  readonly requests: RequestsOf<'kv/run-blocks.ts'>;
  readonly books: BlockBooks;
}

/**
 * Own blocks of requests, those after a shared prefix, without books. Who owns them says what they hold: the *run* of the
 * request's own keys. After a release that is not for good so does their place among the free blocks, which are taken
 * from the last own block on. A request gets full books for its blocks (`named`, for good) where that is not enough:
 * blocks are off the usual pattern, or a reload needs them.
 */
export class RunBlocks {
  /** Whether own blocks may be without books. */
  areUsed = false;
  readonly #parts: RunParts;
  readonly #requests: RequestsOf<'kv/run-blocks.ts'>;
  readonly #free: FreeBlocks;
  /** Requests that released own blocks and will be back; `ringAt` says which of them still count. */
  readonly #returning = new Set<RequestIndex>();

  constructor(parts: RunParts, free: FreeBlocks) {
    this.#parts = parts;
    this.#requests = parts.requests;
    this.#free = free;
  }

  /** Position of the first block of a request that has no books; beyond the last where all have. */
  first(request: RequestIndex): number {
    const q = this.#requests;
    return this.areUsed && q.named[request] === 0 ? this.#parts.keys.firstOwn(q.row[request]!) : BEYOND;
  }

  /** Whether blocks of an answer have no books: it begins after the shared prefix, so that they are the request's own. */
  isRun(request: RequestIndex): boolean {
    const q = this.#requests;
    return this.areUsed && q.named[request] === 0 && q.aligned[request] === 1;
  }

  /** Owned blocks of a request whose content is final: the last one may still be filling. */
  settled(request: RequestIndex): number {
    const q = this.#requests;
    const count = q.ownedCount[request]!;
    return q.room[request]! > 0 ? count - 1 : count;
  }

  /** Number of leading blocks of which the own ones are known by their place among the free blocks. */
  cached(request: RequestIndex): number {
    const q = this.#requests;
    const at = q.ringAt[request]!;
    return at === 0 ? 0 : Math.min(q.ringKeyed[request]!, at - this.#free.ring.head);
  }

  /** The own block at a position that is `cached`. */
  cachedBlock(request: RequestIndex, position: number): Block {
    return this.#free.ring.at(this.#requests.ringAt[request]! - 1 - position) as Block;
  }

  /** Takes cached own blocks [from, to) of a request back from among the free ones. */
  claim(request: RequestIndex, from: number, to: number): void {
    const q = this.#requests;
    const { ring } = this.#free;
    for (let position = from; position < to; position++) ring.set(q.ringAt[request]! - 1 - position, GAP);
    this.#free.count -= to - from;
    q.ringAt[request] = 0;
  }

  /** Frees own blocks [from, count), the last one first; there must be room. */
  release(request: RequestIndex, from: number, until: 'for good' | 'for a while'): void {
    const q = this.#requests;
    const count = q.ownedCount[request]!;
    const { ring } = this.#free;
    if (until === 'for a while' && from < count) {
      q.ringAt[request] = ring.tail + count;
      q.ringKeyed[request] = this.settled(request);
      this.#returning.add(request);
    }
    const { slab } = this.#parts.owned;
    const at = q.ownedAt[request]!;
    ring.pushBackwards(slab, at + from, at + count);
    this.#free.count += count - from;
  }

  /** From now on the request's own blocks, owned or free, have books. */
  name(request: RequestIndex): void {
    const q = this.#requests;
    if (!this.areUsed || q.named[request] === 1) return;
    const { books, keys, owned } = this.#parts;
    const { ring } = this.#free;
    const row = q.row[request]!;
    const first = keys.firstOwn(row);
    const cached = this.cached(request);
    for (let i = first; i < cached; i++) {
      const position = q.ringAt[request]! - 1 - i;
      const block = ring.at(position) as Block;
      ring.set(position, block | NAMED);
      books.setPosition(block, position);
      books.publish(block, keys.key(row, i));
    }
    const settled = this.settled(request);
    for (let i = first; i < q.ownedCount[request]!; i++) {
      const block = owned.at(request, i);
      books.addOwner(block);
      if (i < settled) books.publish(block, keys.key(row, i));
    }
    q.ringAt[request] = 0;
    q.named[request] = 1;
  }

  /** The free blocks have new places: by old ones, less the old head. */
  moved(head: number, places: Int32Array): void {
    const q = this.#requests;
    for (const request of this.#returning) {
      // The first own block is taken last.
      const first = this.#parts.keys.firstOwn(q.row[request]!);
      const position = q.ringAt[request]! - 1 - first;
      q.ringAt[request] = position < head ? 0 : places[position - head]! + 1 + first;
      if (position < head) this.#returning.delete(request);
    }
  }
}
