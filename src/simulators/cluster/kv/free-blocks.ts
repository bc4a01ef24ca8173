import type { Block } from '../indices.ts';
import type { BlockBooks } from './block-books.ts';
import { FreeRing, GAP, NAMED } from './free-ring.ts';

/** The free blocks of an instance: first those that were never used, then the others, oldest first. */
export class FreeBlocks {
  /** How many there are. */
  count: number;
  readonly ring = new FreeRing();
  readonly #total: number;
  readonly #books: BlockBooks;
  /** Told of new places in the ring: by old ones, less the old head. */
  readonly #moved: (head: number, moved: Int32Array) => void;
  /** Blocks from this one on were never used. */
  #fresh = 1;

  constructor(total: number, books: BlockBooks, moved: (head: number, moved: Int32Array) => void) {
    this.count = total;
    this.#total = total;
    this.#books = books;
    this.#moved = moved;
  }

  /** Takes the next free block and forgets its content. There must be one. */
  take(): Block {
    this.count--;
    if (this.#fresh <= this.#total) return this.#fresh++ as Block;
    const entry = this.ring.shift();
    if (entry < NAMED) return entry as Block;
    const block = (entry - NAMED) as Block;
    this.#books.forget(block);
    return block;
  }

  /** Takes the next `count` free blocks for somebody who keeps no books about them. */
  takeInto(slab: Int32Array, from: number, count: number): void {
    this.count -= count;
    const end = from + count;
    let at = from;
    for (; at < end && this.#fresh <= this.#total; at++) slab[at] = this.#fresh++;
    for (; at < end; at++) {
      const entry = this.ring.shift();
      if (entry >= NAMED) this.#books.forget((entry - NAMED) as Block);
      slab[at] = entry & ~NAMED;
    }
  }

  /** A block with books is claimed out of the middle. */
  claim(block: Block): void {
    this.ring.set(this.#books.positionOf(block), GAP);
    this.count--;
  }

  /** Makes room for `count` blocks to come back. */
  makeRoom(count: number): void {
    if (this.ring.lacksRoom(count, this.count)) this.#compact();
  }

  /** A block with books is free; there must be room. */
  give(block: Block): void {
    this.#books.setPosition(block, this.ring.push(block | NAMED));
    this.count++;
  }

  /** Numbers in the order in which they will be taken. */
  list(): number[] {
    const fresh = Array.from({ length: this.#total + 1 - this.#fresh }, (_, i) => this.#fresh + i);
    return [...fresh, ...this.ring.blocks()];
  }

  #compact(): void {
    const { ring } = this;
    const { head } = ring;
    const moved = ring.compact();
    for (let position = 0; position < ring.tail; position++) {
      const entry = ring.at(position);
      if (entry >= NAMED) this.#books.setPosition((entry - NAMED) as Block, position);
    }
    this.#moved(head, moved);
  }
}
