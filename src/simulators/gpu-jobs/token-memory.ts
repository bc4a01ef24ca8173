import { BlockPool } from './block-pool.ts';
import { contextLength, type TokenTask } from './token-task.ts';

/** Largest number of blocks that one prefix may span. */
const KEYS_PER_PREFIX = 2 ** 24;

export interface MemoryCounters {
  /** Prompt tokens found in the prefix cache. */
  hitTokens: number;
  /** Tokens of all prefills that asked for memory. */
  askedTokens: number;
  peakUsed: number;
}

/**
 * KV memory of one instance: which blocks a task holds, and the shared prefixes it may reuse. A block is named by
 * (prefix, position), which fixes the content of the whole chain before it.
 */
export class InstanceMemory {
  readonly pool: BlockPool;
  readonly blockSize: number;
  readonly counters: MemoryCounters = { hitTokens: 0, askedTokens: 0, peakUsed: 0 };
  readonly #prefixIds: ReadonlyMap<string, number> | null;

  /** @param prefixIds - number of each prefix; null = no prefix caching */
  constructor(blocks: number, blockSize: number, prefixIds: ReadonlyMap<string, number> | null) {
    this.pool = new BlockPool(blocks);
    this.blockSize = blockSize;
    this.#prefixIds = prefixIds;
  }

  /** Blocks for the context and the token after it. */
  blocksNeeded(state: TokenTask): number {
    return Math.ceil((contextLength(state) + 1) / this.blockSize);
  }

  canEverHold(state: TokenTask): boolean {
    return this.blocksNeeded(state) <= this.pool.total;
  }

  /** Whether a waiting task could have all its blocks, once `leaving` tasks are gone and `reserved` blocks are taken. */
  fits(state: TokenTask, leaving: readonly TokenTask[] = [], reserved = 0): boolean {
    const hits = this.#hits(state);
    const shared = new Set<number>();
    for (let i = 0; i < hits; i++) shared.add(this.#find(state, i));
    let available = this.pool.available + this.#freedBy(leaving, shared);
    for (const block of shared) if (this.pool.isIdle(block)) available--;
    return this.blocksNeeded(state) - hits + reserved <= available;
  }

  /** Gives a waiting task all blocks of its context; cached prefix blocks are shared and count as computed. */
  admit(state: TokenTask): void {
    const hits = this.#hits(state);
    const needed = this.blocksNeeded(state);
    for (let i = 0; i < hits; i++) {
      const block = this.#find(state, i);
      this.pool.share(block);
      state.blocks.push(block);
    }
    while (state.blocks.length < needed) state.blocks.push(this.#allocated());
    if (!state.swapped) {
      state.computed = hits * this.blockSize;
      this.counters.hitTokens += state.computed;
      this.counters.askedTokens += state.prefillLength;
    }
    this.#notePeak();
  }

  /** Room for one more token. @returns false when no block is left */
  grow(state: TokenTask): boolean {
    if (state.blocks.length >= this.blocksNeeded(state)) return true;
    const block = this.pool.allocate();
    if (block < 0) return false;
    state.blocks.push(block);
    this.#notePeak();
    return true;
  }

  /** Blocks that the next token of a running task needs. */
  growth(state: TokenTask): number {
    return Math.max(0, this.blocksNeeded(state) - state.blocks.length);
  }

  /** Makes the full prefix blocks computed so far findable. */
  publish(state: TokenTask): void {
    const prefix = this.#prefixOf(state);
    if (prefix < 0) return;
    const full = Math.floor(Math.min(state.computed, sharedTokens(state)) / this.blockSize);
    for (let i = 0; i < full; i++) this.pool.publish(state.blocks[i]!, prefix * KEYS_PER_PREFIX + i);
  }

  /** Returns all blocks; the end of the context goes first, so that the start stays cached longest. */
  release(state: TokenTask): void {
    for (let i = state.blocks.length - 1; i >= 0; i--) this.pool.release(state.blocks[i]!);
    state.blocks = [];
  }

  /** Blocks that nobody holds any more when these tasks leave, `kept` aside. */
  #freedBy(leaving: readonly TokenTask[], kept: ReadonlySet<number>): number {
    const holders = new Map<number, number>();
    let freed = 0;
    for (const state of leaving) {
      if (this.#prefixOf(state) < 0) freed += state.blocks.length;
      else for (const block of state.blocks) holders.set(block, (holders.get(block) ?? 0) + 1);
    }
    for (const [block, count] of holders) if (!kept.has(block) && this.pool.references(block) === count) freed++;
    return freed;
  }

  /** Leading blocks in the cache; the last token is always computed. */
  #hits(state: TokenTask): number {
    if (state.swapped || this.#prefixOf(state) < 0) return 0;
    const limit = Math.floor(Math.min(sharedTokens(state), state.prefillLength - 1) / this.blockSize);
    let hits = 0;
    while (hits < limit && this.#find(state, hits) >= 0) hits++;
    return hits;
  }

  #find(state: TokenTask, position: number): number {
    return this.pool.find(this.#prefixOf(state) * KEYS_PER_PREFIX + position);
  }

  #prefixOf({ task }: TokenTask): number {
    if (this.#prefixIds === null || task.prefix === null) return -1;
    return this.#prefixIds.get(task.prefix) ?? -1;
  }

  #allocated(): number {
    const block = this.pool.allocate();
    if (block < 0) throw new RangeError('admitted a task whose blocks are not free');
    return block;
  }

  #notePeak(): void {
    if (this.pool.used > this.counters.peakUsed) this.counters.peakUsed = this.pool.used;
  }
}

function sharedTokens({ task }: TokenTask): number {
  return Math.min(task.prefixTokens, task.prefillTokens);
}
