/** Mark of an entry whose block must be told when it is taken. */
export const NAMED = 1 << 30;
/** Entry of a block that was taken out of the middle. */
export const GAP = 0;
const SMALLEST = 64;
/** Positions stay small integers: compiled code for doubles is slower. */
const LAST_POSITION = 2 ** 30;

/**
 * The order in which free blocks are taken, oldest first. Entries are block numbers, some with the mark `NAMED`, or gaps.
 * A position names an entry until it is taken; positions only grow, unless the ring is compacted.
 */
export class FreeRing {
  head = 0;
  tail = 0;
  #entries = new Int32Array(SMALLEST);
  #mask = SMALLEST - 1;
  /** `tail` may grow up to here without another look. */
  #limit = SMALLEST;

  at(position: number): number {
    return this.#entries[position & this.#mask]!;
  }

  set(position: number, entry: number): void {
    this.#entries[position & this.#mask] = entry;
  }

  /** The oldest entry; there must be one. */
  shift(): number {
    const entries = this.#entries;
    const mask = this.#mask;
    let { head } = this;
    let entry = GAP;
    while (entry === GAP) entry = entries[head++ & mask]!;
    this.head = head;
    return entry;
  }

  /**
   * Makes room for `count` more entries, unless the gaps have to be closed for that first: where they are an eighth of
   * the ring, or positions get large.
   * @param blocks - at least the number of entries that are no gaps
   */
  lacksRoom(count: number, blocks: number): boolean {
    if (this.tail + count <= this.#limit) return false;
    const wanted = blocks + (blocks >> 3) + count;
    while (this.tail + count - this.head > this.#entries.length && this.#entries.length < wanted) this.#grow();
    this.#limit = Math.min(this.head + this.#entries.length, LAST_POSITION);
    return this.tail + count > this.#limit;
  }

  /** There must be room. @returns the entry's position */
  push(entry: number): number {
    this.#entries[this.tail & this.#mask] = entry;
    return this.tail++;
  }

  /** Pushes entries [from, to) of a slab, the last one first; there must be room. */
  pushBackwards(slab: Int32Array, from: number, to: number): void {
    const entries = this.#entries;
    const mask = this.#mask;
    let { tail } = this;
    for (let i = to - 1; i >= from; i--) entries[tail++ & mask] = slab[i]!;
    this.tail = tail;
  }

  /**
   * Closes the gaps; the first entry gets position 0.
   * @returns new positions by old ones: of the entry at `head + i` at index i
   */
  compact(): Int32Array {
    const { head, tail } = this;
    const moved = new Int32Array(tail - head);
    const kept: number[] = [];
    for (let position = head; position < tail; position++) {
      moved[position - head] = kept.length;
      const entry = this.at(position);
      if (entry !== GAP) kept.push(entry);
    }
    this.#entries.set(kept);
    this.head = 0;
    this.tail = kept.length;
    this.#limit = this.#entries.length;
    return moved;
  }

  /** Block numbers, oldest first. */
  blocks(): number[] {
    const blocks: number[] = [];
    for (let position = this.head; position < this.tail; position++) {
      const entry = this.at(position);
      if (entry !== GAP) blocks.push(entry & ~NAMED);
    }
    return blocks;
  }

  #grow(): void {
    const grown = new Int32Array(2 * this.#entries.length);
    const mask = grown.length - 1;
    for (let position = this.head; position < this.tail; position++) grown[position & mask] = this.at(position);
    this.#entries = grown;
    this.#mask = mask;
  }
}
