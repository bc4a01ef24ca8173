import type { RequestsOf } from '../column-owners.ts';
import type { Block, RequestIndex } from '../indices.ts';
import { BlockBooks } from './block-books.ts';
import { type BlockKeys, NO_KEY } from './block-keys.ts';
import { type CachedBlocks, NOTHING_CACHED } from './cached-blocks.ts';
import { FreeBlocks } from './free-blocks.ts';
import type { KeyMap } from './key-map.ts';
import { OffPatternKeys } from './off-pattern-keys.ts';
import type { OwnedBlocks } from './owned-blocks.ts';
import { PrefixLookup } from './prefix-lookup.ts';
import { RunBlocks } from './run-blocks.ts';

/** What blocks are asked for: tokens of a prompt, some at once, or the next token of an answer. */
export type TokenKind = 'prompt' | 'output';

export interface GpuBlockParts {
  readonly keys: BlockKeys;
  readonly index: KeyMap;
  readonly owned: OwnedBlocks;
  readonly requests: RequestsOf<'kv/gpu-blocks.ts'>;
  readonly keysOutput: boolean;
}

/**
 * Paged KV memory of one instance with prefix caching: which request owns which blocks. A block nobody owns is free
 * and keeps its content until it is taken; `used` counts the others. How blocks live: docs/kv-blocks.md.
 * @see Kwon et al. 2023, "Efficient memory management for large language model serving with PagedAttention"
 */
export class GpuBlocks {
  readonly total: number;
  readonly blockSize: number;
  /** Whether blocks that fill up while their request decodes get a key: without, nobody may ever ask for it. */
  readonly keysOutput: boolean;
  /** Blocks claimed from the cache, and blocks newly filled. */
  hits = 0;
  misses = 0;
  readonly runs: RunBlocks;
  readonly books: BlockBooks;
  readonly lookup: PrefixLookup;
  readonly freeBlocks: FreeBlocks;
  readonly offPattern: OffPatternKeys;
  readonly #keys: BlockKeys;
  readonly #owned: OwnedBlocks;
  readonly #requests: RequestsOf<'kv/gpu-blocks.ts'>;

  constructor(total: number, { keys, index, owned, requests, keysOutput }: GpuBlockParts) {
    this.total = total;
    this.keysOutput = keysOutput;
    this.blockSize = keys.blockSize;
    this.#keys = keys;
    this.offPattern = new OffPatternKeys(keys);
    this.#owned = owned;
    this.#requests = requests;
    const books = new BlockBooks(index);
    this.books = books;
    this.freeBlocks = new FreeBlocks(total, books, (head, places) => this.runs.moved(head, places));
    this.runs = new RunBlocks({ keys, owned, requests, books }, this.freeBlocks);
    this.lookup = new PrefixLookup({ keys, books, requests, runs: this.runs });
  }

  /** Number of free blocks. */
  get free(): number {
    return this.freeBlocks.count;
  }

  get used(): number {
    return this.total - this.freeBlocks.count;
  }

  /** Nobody but their owner, and no tier that does without, ever asks for own blocks. To be told before the first one. */
  useRuns(): void {
    // With blocks of one token, those filled by decodes have no key.
    this.runs.areUsed = this.blockSize > 1;
  }

  /** Policies ask for own blocks of any request. To be told before the first one. */
  keepBooks(): void {
    this.runs.areUsed = false;
  }

  /** Content of an owned block of a request; NO_KEY = none, or not full. */
  contentOf(request: RequestIndex, position: number): number {
    if (position >= this.runs.first(request)) {
      return position < this.runs.settled(request) ? this.#keys.key(this.#requests.row[request]!, position) : NO_KEY;
    }
    return this.books.keyOf(this.#owned.at(request, position));
  }

  /**
   * Gives a request the blocks for tokens [start, end) of its prompt ++ output. Without blocks of its own it first
   * takes over the `cached` ones. An empty range takes nothing.
   * @returns false, with nothing changed, when there are too few free blocks
   */
  allocate(request: RequestIndex, start: number, end: number, cached: CachedBlocks, kind: TokenKind): boolean {
    const q = this.#requests;
    const size = this.blockSize;
    const room = q.room[request]!;
    const tokens = end - start;
    if (kind === 'prompt') {
      const fresh = tokens > room ? tokens - room : 0;
      let need = Math.ceil(fresh / size);
      for (let i = 0; i < cached.count; i++) if (this.books.owners(cached.blocks[i]! as Block) === 0) need++;
      if (need > this.freeBlocks.count) return false;
    } else if (room === 0 && this.freeBlocks.count === 0) return false;
    if (tokens === 0) return true;
    if (q.ownedCount[request] === 0) {
      this.begin(request);
      this.#owned.reserve(request, Math.ceil((q.inputTokens[request]! + q.outputTokens[request]!) / size));
      if (cached.count > 0) this.claim(request, cached, 0, cached.count);
      // What it left behind is out of reach, but of equal content with what it will fill.
      if (q.ringAt[request]! > 0) this.runs.name(request);
    }
    if (start !== q.ownedCount[request]! * size - room) this.#misalign(request);
    const filled = Math.min(room, tokens);
    if (filled > 0) this.#fillTail(request, room - filled);
    if (filled < tokens) this.#append(request, start + filled, end, kind);
    return true;
  }

  /** `allocate` for the output token at `position`: nearly all of them find their request's blocks in order. */
  allocateToken(request: RequestIndex, position: number): boolean {
    const q = this.#requests;
    const count = q.ownedCount[request]!;
    const room = q.room[request]!;
    if (count === 0 || q.aligned[request] === 0 || position !== count * this.blockSize - room) {
      return this.allocate(request, position, position + 1, NOTHING_CACHED, 'output');
    }
    const named = count <= this.runs.first(request);
    if (room > 1 || (room === 1 && !(named && this.keysOutput))) q.room[request] = room - 1;
    else if (room === 1) {
      q.room[request] = 0;
      this.books.publish(this.#owned.at(request, count - 1), this.#keys.key(q.row[request]!, count - 1));
    } else {
      if (this.freeBlocks.count === 0) return false;
      const block = this.freeBlocks.take();
      if (count < this.runs.first(request)) this.books.addOwner(block);
      this.#owned.push(request, block);
      q.room[request] = this.blockSize - 1;
      this.misses++;
    }
    return true;
  }

  /**
   * The next block of an answer for a request all of whose blocks are full. Nearly all are runs, and need no more than this.
   * @returns false, with nothing changed, if it is none, or no block is free
   */
  extendRun(request: RequestIndex, position: number): boolean {
    const q = this.#requests;
    const isNext = position === q.ownedCount[request]! * this.blockSize;
    if (!isNext || this.freeBlocks.count === 0 || !this.runs.isRun(request)) return false;
    this.#owned.push(request, this.freeBlocks.take());
    q.room[request] = this.blockSize - 1;
    this.misses++;
    return true;
  }

  /**
   * The token of an answer that fills the last block of a request.
   * @returns false, with nothing changed, if it does not, or blocks that fill need more than this
   */
  fillRun(request: RequestIndex, position: number): boolean {
    const q = this.#requests;
    if (position !== q.ownedCount[request]! * this.blockSize - 1 || !this.runs.isRun(request)) return false;
    q.room[request] = 0;
    return true;
  }

  /** A request without blocks is about to get some: they will hold what their positions say. */
  begin(request: RequestIndex): void {
    this.#requests.aligned[request] = 1;
  }

  /** Appends entries [from, to) of what a look-up found to the request's blocks. */
  claim(request: RequestIndex, { blocks, mayHaveChanged }: CachedBlocks, from: number, to: number): void {
    const q = this.#requests;
    let count = q.ownedCount[request]!;
    this.#owned.reserve(request, count + to - from);
    const { slab } = this.#owned;
    const at = q.ownedAt[request]!;
    const books = this.books;
    const end = Math.min(to, Math.max(from, this.runs.first(request)));
    for (let i = from; i < end; i++) {
      const block = blocks[i]! as Block;
      if (mayHaveChanged && this.books.keyOf(block) !== this.#keys.key(q.row[request]!, count)) this.#misalign(request);
      if (books.addOwner(block)) this.freeBlocks.claim(block);
      slab[at + count++] = block;
    }
    if (end < to) {
      this.runs.claim(request, count, count + to - end);
      for (let i = end; i < to; i++) slab[at + count++] = blocks[i]!;
    }
    this.#owned.extendTo(request, count);
    this.hits += to - from;
    q.room[request] = 0;
  }

  /** Frees a request's blocks, last block first. @param until - whether it may ask for them again */
  release(request: RequestIndex, until: 'for good' | 'for a while'): void {
    const q = this.#requests;
    const count = q.ownedCount[request]!;
    if (count === 0) return;
    const books = this.books;
    const free = this.freeBlocks;
    free.makeRoom(count);
    const named = Math.min(count, this.runs.first(request));
    this.runs.release(request, named, until);
    const { slab } = this.#owned;
    const at = q.ownedAt[request]!;
    for (let i = named - 1; i >= 0; i--) {
      const block = slab[at + i]! as Block;
      if (books.dropOwner(block)) free.give(block);
    }
    this.#owned.clear(request);
    q.room[request] = 0;
  }

  /** Tokens that the request took without asking have filled its last block up to here. */
  setRoom(request: RequestIndex, room: number): void {
    this.#requests.room[request] = room;
  }

  /** Overwrites the free block to be taken next with known content, as if it had just been freed. */
  reload(key: number, request: RequestIndex): void {
    if (key >= this.books.index.sharedEnd) this.runs.name(request);
    const block = this.freeBlocks.take();
    this.books.publish(block, key);
    this.freeBlocks.makeRoom(1);
    this.freeBlocks.give(block);
  }

  /** Numbers of a request's blocks. */
  ownedBy(request: RequestIndex): Int32Array {
    const at = this.#requests.ownedAt[request]!;
    return this.#owned.slab.slice(at, at + this.#requests.ownedCount[request]!);
  }

  /** The last block of the request takes tokens; it gets its key when it is full. */
  #fillTail(request: RequestIndex, roomLeft: number): void {
    const q = this.#requests;
    q.room[request] = roomLeft;
    const count = q.ownedCount[request]!;
    if (roomLeft > 0 || count > this.runs.first(request)) return;
    const row = q.row[request]!;
    const key =
      q.aligned[request] === 1
        ? this.#keys.key(row, count - 1)
        : this.offPattern.key(this.#lastKey(request, count - 1), row, q.tailStart[request]!);
    this.books.publish(this.#owned.at(request, count - 1), key);
  }

  /** New blocks for tokens [start, end). A block filled by a single decode token gets no key (block size 1). */
  #append(request: RequestIndex, start: number, end: number, kind: TokenKind): void {
    const q = this.#requests;
    const size = this.blockSize;
    const blocks = Math.ceil((end - start) / size);
    const count = q.ownedCount[request]!;
    this.#owned.reserve(request, count + blocks);
    const named = Math.min(blocks, Math.max(0, this.runs.first(request) - count));
    for (let i = 0; i < named; i++) {
      const position = start + i * size;
      const block = this.freeBlocks.take();
      this.books.addOwner(block);
      if (kind === 'prompt' && end - position >= size) this.#publishNext(request, block, position);
      this.#owned.push(request, block);
    }
    if (named < blocks) {
      this.freeBlocks.takeInto(this.#owned.slab, q.ownedAt[request]! + count + named, blocks - named);
      this.#owned.extendTo(request, count + blocks);
    }
    if (q.aligned[request] === 0) q.tailStart[request] = start + (blocks - 1) * size;
    q.room[request] = start + blocks * size - end;
    this.misses += blocks;
  }

  /** A full block with tokens from `position` on gets its key, before it is appended to the request's blocks. */
  #publishNext(request: RequestIndex, block: Block, position: number): void {
    const q = this.#requests;
    const row = q.row[request]!;
    const count = q.ownedCount[request]!;
    const aligned = q.aligned[request] === 1;
    const key = aligned
      ? this.#keys.key(row, count)
      : this.offPattern.key(this.#lastKey(request, count), row, position);
    this.books.publish(block, key);
  }

  /** Key of the last of the request's first `count` blocks. */
  #lastKey(request: RequestIndex, count: number): number {
    return count > 0 ? this.books.keyOf(this.#owned.at(request, count - 1)) : NO_KEY;
  }

  /** Blocks of a request no longer hold what their positions say, from the next one on. */
  #misalign(request: RequestIndex): void {
    const q = this.#requests;
    this.runs.name(request);
    if (q.aligned[request] === 1) q.tailStart[request] = (q.ownedCount[request]! - 1) * this.blockSize;
    q.aligned[request] = 0;
  }
}
