import type { RequestsOf } from '../column-owners.ts';
import type { Block, RequestIndex } from '../indices.ts';

const SMALLEST = 8;

/** Block lists of all requests in one slab, in pieces of 8, 16, 32 … entries that are used again. */
export class OwnedBlocks {
  slab = new Int32Array(1024);
  #end = 0;
  /** Unused pieces by size class. */
  readonly #unused: number[][] = [];
  readonly #requests: RequestsOf<'kv/owned-blocks.ts'>;

  constructor(requests: RequestsOf<'kv/owned-blocks.ts'>) {
    this.#requests = requests;
  }

  at(request: RequestIndex, position: number): Block {
    return this.slab[this.#requests.ownedAt[request]! + position]! as Block;
  }

  push(request: RequestIndex, block: Block): void {
    const q = this.#requests;
    const count = q.ownedCount[request]!;
    if (count === q.ownedCapacity[request]!) this.#enlarge(request, count + 1);
    this.slab[q.ownedAt[request]! + count] = block;
    q.ownedCount[request] = count + 1;
  }

  /** Makes sure that `count` entries fit without another call. */
  reserve(request: RequestIndex, count: number): void {
    if (count > this.#requests.ownedCapacity[request]!) this.#enlarge(request, count);
  }

  /** Entries up to `count`, for which there is room, have been written into the slab. */
  extendTo(request: RequestIndex, count: number): void {
    this.#requests.ownedCount[request] = count;
  }

  clear(request: RequestIndex): void {
    const q = this.#requests;
    const capacity = q.ownedCapacity[request]!;
    if (capacity > 0) this.#unusedOf(capacity).push(q.ownedAt[request]!);
    q.ownedCapacity[request] = 0;
    q.ownedCount[request] = 0;
  }

  #enlarge(request: RequestIndex, count: number): void {
    const q = this.#requests;
    let capacity = Math.max(SMALLEST, q.ownedCapacity[request]!);
    while (capacity < count) capacity *= 2;
    const from = q.ownedAt[request]!;
    const old = q.ownedCapacity[request]!;
    const to = this.#unusedOf(capacity).pop() ?? this.#extend(capacity);
    if (old > 0) {
      this.slab.copyWithin(to, from, from + q.ownedCount[request]!);
      this.#unusedOf(old).push(from);
    }
    q.ownedAt[request] = to;
    q.ownedCapacity[request] = capacity;
  }

  #extend(capacity: number): number {
    const at = this.#end;
    this.#end += capacity;
    if (this.#end > this.slab.length) {
      const grown = new Int32Array(Math.max(this.#end, 2 * this.slab.length));
      grown.set(this.slab);
      this.slab = grown;
    }
    return at;
  }

  #unusedOf(capacity: number): number[] {
    const sizeClass = 31 - Math.clz32(capacity / SMALLEST);
    let pieces = this.#unused[sizeClass];
    if (pieces === undefined) {
      pieces = [];
      this.#unused[sizeClass] = pieces;
    }
    return pieces;
  }
}
