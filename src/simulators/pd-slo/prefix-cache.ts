/**
 * Which prompt blocks a pod keeps, least recently used out first. Blocks are hashed token runs of fixed length; a hit
 * is the longest run of leading blocks that are all present.
 */
export class PrefixCache {
  readonly #capacity: number;
  readonly #blockTokens: number;
  readonly #blocks = new Set<number>();

  constructor(capacityBlocks: number, blockTokens: number) {
    this.#capacity = capacityBlocks;
    this.#blockTokens = blockTokens;
  }

  /** Share of the prompt that is present, 0 … 1. @param blockOf - identity of the n-th block of the prompt */
  hit(inputTokens: number, blockOf: (index: number) => number): number {
    const count = Math.floor(inputTokens / this.#blockTokens);
    let matched = 0;
    while (matched < count && this.#blocks.has(blockOf(matched))) matched++;
    return (matched * this.#blockTokens) / inputTokens;
  }

  /** Stores the whole blocks of a prompt as most recently used. */
  insert(inputTokens: number, blockOf: (index: number) => number): void {
    const count = Math.floor(inputTokens / this.#blockTokens);
    for (let i = 0; i < count; i++) {
      const block = blockOf(i);
      this.#blocks.delete(block);
      this.#blocks.add(block);
    }
    for (const oldest of this.#blocks) {
      if (this.#blocks.size <= this.#capacity) break;
      this.#blocks.delete(oldest);
    }
  }
}
