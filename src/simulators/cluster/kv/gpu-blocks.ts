import type { RequestStates } from '../request-states.ts';
import { BlockBooks } from './block-books.ts';
import { type BlockKeys, NO_KEY } from './block-keys.ts';
import { FreeRing, GAP, NAMED } from './free-ring.ts';
import type { FrozenIndex } from './frozen-index.ts';
import type { KeyMap } from './key-map.ts';
import type { OwnedBlocks } from './owned-blocks.ts';

/** Larger than any position in a request's blocks; an integer, for the sake of compiled code. */
export const BEYOND = 2 ** 30;

/** Leading blocks of a shared prefix that are cached, as of a version of the books. */
interface CachedPrefix {
  version: number;
  count: number;
  readonly blocks: Int32Array;
}

/**
 * Paged KV memory of one instance with prefix caching. Blocks are numbered from 1. A block nobody references is on
 * the free list, oldest at the head, and keeps its content until it is taken; `used` counts the others.
 *
 * With `usesRuns`, own blocks of a request, those after a shared prefix, have no references, key and entry: who owns them
 * says what they hold, and after a release that is not for good, so does their place among the free blocks, which are
 * taken from the last own block on. A request gets the full books for its blocks (`named`, for good) where that is not
 * enough: blocks are off the usual pattern, or a reload needs them.
 * @see Kwon et al. 2023, "Efficient memory management for large language model serving with PagedAttention"
 */
export class GpuBlocks {
  readonly total: number;
  readonly blockSize: number;
  /** Whether blocks that fill up while their request decodes get a key: without, nobody may ever ask for it. */
  readonly keysOutput: boolean;
  /** Number of free blocks. */
  free: number;
  /** Blocks claimed from the cache, and blocks newly filled. */
  hits = 0;
  misses = 0;
  /** Result of `lookup`. */
  cached = new Int32Array(64);
  /** Blocks from this one on were never used; they are taken first. */
  #fresh = 1;
  readonly #ring = new FreeRing();
  /** Requests that released own blocks and will be back; `ringAt` says which of them still count. */
  readonly #returning = new Set<number>();
  #usesRuns = false;
  readonly #books: BlockBooks;
  /** By shared prefix. */
  readonly #prefixes: readonly CachedPrefix[];
  readonly #keys: BlockKeys;
  readonly #owned: OwnedBlocks;
  readonly #requests: RequestStates;
  /** Keys of blocks off the usual pattern, by parent key and content. */
  readonly #offPattern = new Map<string, number>();

  constructor(
    total: number,
    shared: {
      readonly keys: BlockKeys;
      readonly index: KeyMap;
      readonly owned: OwnedBlocks;
      readonly requests: RequestStates;
      readonly keysOutput: boolean;
    },
  ) {
    this.total = total;
    this.keysOutput = shared.keysOutput;
    this.free = total;
    this.blockSize = shared.keys.blockSize;
    this.#keys = shared.keys;
    this.#owned = shared.owned;
    this.#requests = shared.requests;
    this.#books = new BlockBooks(shared.index);
    this.#prefixes = Array.from({ length: shared.keys.groups }, (_, group) => ({
      version: 0,
      count: 0,
      blocks: new Int32Array(shared.keys.groupSize(group)),
    }));
  }

  /** Whether own blocks may be without books. */
  get usesRuns(): boolean {
    return this.#usesRuns;
  }

  get used(): number {
    return this.total - this.free;
  }

  /** Nobody but their owner, and no tier that does without, ever asks for own blocks. To be told before the first one. */
  useRuns(): void {
    // With blocks of one token, those filled by decodes have no key.
    this.#usesRuns = this.blockSize > 1;
  }

  /** From now on `cachedBlocks` answers from copies that `refreshFrozen` takes; the first is the present state. */
  freeze(frozen: FrozenIndex): void {
    this.#books.frozen = frozen;
    this.#usesRuns = false;
  }

  refreshFrozen(): void {
    this.#books.frozen?.advance();
  }

  /** Position of the first block of a request that has no books; beyond the last where all have. */
  firstUnnamed(request: number): number {
    const q = this.#requests;
    return this.#usesRuns && q.named[request] === 0 ? this.#keys.firstOwn(q.row[request]!) : BEYOND;
  }

  /** Owned blocks of a request whose content is final: the last one may still be filling. */
  settled(request: number): number {
    const q = this.#requests;
    const count = q.ownedCount[request]!;
    return q.room[request]! > 0 ? count - 1 : count;
  }

  /** Content of an owned block of a request; NO_KEY = none, or not full. */
  contentOf(request: number, position: number): number {
    const q = this.#requests;
    if (position >= this.firstUnnamed(request)) {
      return position < this.settled(request) ? this.#keys.key(q.row[request]!, position) : NO_KEY;
    }
    return this.keyOf(this.#owned.slab[q.ownedAt[request]! + position]!);
  }

  /** Content of a block with books; NO_KEY = none, or not full. */
  keyOf(block: number): number {
    return this.#books.keyOf(block);
  }

  /** The block with this content, or 0. */
  find(key: number): number {
    return this.#books.find(key);
  }

  /** Number of leading prompt blocks that are cached; the first of them are put into `cached`. */
  lookup(request: number): number {
    const row = this.#requests.row[request]!;
    const blocks = Math.floor(this.#requests.inputTokens[request]! / this.blockSize);
    while (blocks > this.cached.length) this.#growCached();
    const { cached } = this;
    const books = this.#books;
    let k = 0;
    const group = this.#keys.leadingGroup(row);
    if (group >= 0) {
      const prefix = this.#cachedPrefix(group);
      const found = Math.min(blocks, this.#keys.groupBlocks(row), prefix.count);
      for (; k < found; k++) cached[k] = prefix.blocks[k]!;
    }
    const named = Math.min(blocks, this.firstUnnamed(request));
    for (; k < named; k++) {
      const block = books.find(this.#keys.key(row, k));
      if (block === 0) return k;
      cached[k] = block;
    }
    const end = k < blocks ? Math.min(blocks, this.#ownCached(request)) : blocks;
    for (; k < end; k++) cached[k] = this.#ring.at(this.#requests.ringAt[request]! - 1 - k);
    return k;
  }

  /** Number of leading prompt blocks that are cached right now. */
  liveBlocks(row: number, blocks: number): number {
    // A request that has runs is the only one of its row.
    const named = Math.min(blocks, this.firstUnnamed(row));
    const group = this.#keys.leadingGroup(row);
    let k = group < 0 ? 0 : Math.min(named, this.#keys.groupBlocks(row), this.#cachedPrefix(group).count);
    while (k < named && this.find(this.#keys.key(row, k)) !== 0) k++;
    if (k < named || k === blocks) return k;
    const owned = this.#requests.ownedCount[row]! > 0 ? this.settled(row) : this.#ownCached(row);
    return Math.max(k, Math.min(blocks, owned));
  }

  /** Number of leading prompt blocks that the router believes to be cached. */
  cachedBlocks(row: number, blocks: number): number {
    const { frozen } = this.#books;
    if (frozen === null) return this.liveBlocks(row, blocks);
    let k = 0;
    while (k < blocks) {
      const key = this.#keys.key(row, k);
      if (!frozen.had(key, this.find(key) !== 0)) break;
      k++;
    }
    return k;
  }

  /**
   * Gives a request the blocks for tokens [start, end) of its prompt ++ output. Without blocks of its own it first
   * takes over the first `cached` entries of `cached`. An empty range takes nothing.
   * @param stale - blocks of `cached` may have changed since they were looked up
   * @returns false, with nothing changed, when the free list is too short
   */
  allocate(request: number, start: number, end: number, cached: number, prefill: boolean, stale = false): boolean {
    const q = this.#requests;
    const size = this.blockSize;
    const room = q.room[request]!;
    const tokens = end - start;
    if (prefill) {
      const fresh = tokens > room ? tokens - room : 0;
      let need = Math.ceil(fresh / size);
      for (let i = 0; i < cached; i++) if (this.references(this.cached[i]!) === 0) need++;
      if (need > this.free) return false;
    } else if (room === 0 && this.free === 0) return false;
    if (tokens === 0) return true;
    if (q.ownedCount[request] === 0) {
      q.aligned[request] = 1;
      this.#owned.reserve(request, Math.ceil((q.inputTokens[request]! + q.outputTokens[request]!) / size));
      if (cached > 0) this.claim(request, 0, cached, stale);
      // What it left behind is out of reach, but of equal content with what it will fill.
      if (q.ringAt[request]! > 0) this.name(request);
    }
    if (start !== q.ownedCount[request]! * size - room) this.#misalign(request);
    const filled = Math.min(room, tokens);
    if (filled > 0) this.#fillTail(request, room - filled);
    if (filled < tokens) this.#append(request, start + filled, end, prefill);
    return true;
  }

  /** `allocate` for the output token at `position`: nearly all of them find their request's blocks in order. */
  allocateToken(request: number, position: number): boolean {
    const q = this.#requests;
    const count = q.ownedCount[request]!;
    const room = q.room[request]!;
    if (count === 0 || q.aligned[request] === 0 || position !== count * this.blockSize - room) {
      return this.allocate(request, position, position + 1, 0, false);
    }
    const named = count <= this.firstUnnamed(request);
    if (room > 1 || (room === 1 && !(named && this.keysOutput))) q.room[request] = room - 1;
    else if (room === 1) {
      q.room[request] = 0;
      const last = this.#owned.slab[q.ownedAt[request]! + count - 1]!;
      this.#books.publish(last, this.#keys.key(q.row[request]!, count - 1));
    } else {
      if (this.free === 0) return false;
      this.#owned.reserve(request, count + 1);
      const block = this.#take();
      if (count < this.firstUnnamed(request)) this.#books.addOwner(block);
      this.#owned.slab[q.ownedAt[request]! + count] = block;
      q.ownedCount[request] = count + 1;
      q.room[request] = this.blockSize - 1;
      q.tailStart[request] = position;
      this.misses++;
    }
    return true;
  }

  /**
   * Appends entries [from, to) of `cached` to the request's blocks.
   * @param verify - they may not be the blocks that follow those the request has
   */
  claim(request: number, from: number, to: number, verify: boolean): void {
    const q = this.#requests;
    let count = q.ownedCount[request]!;
    this.#owned.reserve(request, count + to - from);
    const { slab } = this.#owned;
    const at = q.ownedAt[request]!;
    const books = this.#books;
    const { cached } = this;
    const end = Math.min(to, Math.max(from, this.firstUnnamed(request)));
    for (let i = from; i < end; i++) {
      const block = cached[i]!;
      if (verify && this.keyOf(block) !== this.#keys.key(q.row[request]!, count)) this.#misalign(request);
      if (books.addOwner(block)) {
        this.#ring.set(books.positionOf(block), GAP);
        this.free--;
      }
      slab[at + count++] = block;
    }
    if (end < to) {
      for (let i = end; i < to; i++) {
        this.#ring.set(q.ringAt[request]! - 1 - count, GAP);
        slab[at + count++] = cached[i]!;
      }
      this.free -= to - end;
      q.ringAt[request] = 0;
    }
    q.ownedCount[request] = count;
    this.hits += to - from;
    q.room[request] = 0;
  }

  /**
   * Frees a request's blocks, last block first.
   * @param returns - it may ask for them again
   */
  release(request: number, returns: boolean): void {
    const q = this.#requests;
    const count = q.ownedCount[request]!;
    if (count === 0) return;
    const { slab } = this.#owned;
    const books = this.#books;
    const at = q.ownedAt[request]!;
    if (this.#ring.lacksRoom(count, this.free)) this.#compact();
    const ring = this.#ring;
    const named = Math.min(count, this.firstUnnamed(request));
    if (returns && named < count) {
      q.ringAt[request] = ring.tail + count;
      q.ringKeyed[request] = this.settled(request);
      this.#returning.add(request);
    }
    let free = this.free + count - named;
    for (let i = count - 1; i >= named; i--) ring.push(slab[at + i]!);
    for (let i = named - 1; i >= 0; i--) {
      const block = slab[at + i]!;
      if (!books.dropOwner(block)) continue;
      books.setPosition(block, ring.push(block | NAMED));
      free++;
    }
    this.free = free;
    this.#owned.clear(request);
    q.room[request] = 0;
  }

  /** Overwrites the free block to be taken next with known content, as if it had just been freed. */
  reload(key: number, request: number): void {
    if (key >= this.#books.index.sharedEnd) this.name(request);
    const block = this.#take();
    this.#books.publish(block, key);
    if (this.#ring.lacksRoom(1, this.free)) this.#compact();
    this.#books.setPosition(block, this.#ring.push(block | NAMED));
    this.free++;
  }

  /** From now on the request's own blocks, owned or free, have books. */
  name(request: number): void {
    const q = this.#requests;
    if (!this.#usesRuns || q.named[request] === 1) return;
    const books = this.#books;
    const first = this.#keys.firstOwn(q.row[request]!);
    const settled = this.settled(request);
    const cached = this.#ownCached(request);
    for (let i = first; i < cached; i++) {
      const position = q.ringAt[request]! - 1 - i;
      const block = this.#ring.at(position);
      this.#ring.set(position, block | NAMED);
      books.setPosition(block, position);
      this.#books.publish(block, this.#keys.key(q.row[request]!, i));
    }
    for (let i = first; i < q.ownedCount[request]!; i++) {
      const block = this.#owned.slab[q.ownedAt[request]! + i]!;
      books.addOwner(block);
      if (i < settled) this.#books.publish(block, this.#keys.key(q.row[request]!, i));
    }
    q.ringAt[request] = 0;
    q.named[request] = 1;
  }

  /** Key of the block after one with key `parent`, holding tokens from `offset` on of a row. */
  chain(parent: number, row: number, offset: number): number {
    const size = this.blockSize;
    if (offset % size === 0) {
      const k = offset / size;
      if (parent === (k === 0 ? NO_KEY : this.#keys.key(row, k - 1))) return this.#keys.key(row, k);
    }
    const name = `${parent}|${this.#keys.content(row, offset)}`;
    let key = this.#offPattern.get(name);
    if (key === undefined) {
      key = this.#keys.reserve();
      this.#offPattern.set(name, key);
    }
    return key;
  }

  /** Numbers of the free blocks in the order in which they will be taken. */
  freeList(): number[] {
    const fresh = Array.from({ length: this.total + 1 - this.#fresh }, (_, i) => this.#fresh + i);
    return [...fresh, ...this.#ring.blocks()];
  }

  /** Numbers of a request's blocks. */
  ownedBy(request: number): Int32Array {
    const at = this.#requests.ownedAt[request]!;
    return this.#owned.slab.slice(at, at + this.#requests.ownedCount[request]!);
  }

  /** Owners of a block with books. */
  references(block: number): number {
    return this.#books.owners(block);
  }

  /** The last block of the request takes tokens; it gets its key when it is full. */
  #fillTail(request: number, roomLeft: number): void {
    const q = this.#requests;
    q.room[request] = roomLeft;
    if (roomLeft > 0 || q.ownedCount[request]! > this.firstUnnamed(request)) return;
    const { slab } = this.#owned;
    const last = q.ownedAt[request]! + q.ownedCount[request]! - 1;
    const row = q.row[request]!;
    let key: number;
    if (q.aligned[request] === 1) key = this.#keys.key(row, q.ownedCount[request]! - 1);
    else {
      const parent = q.ownedCount[request]! > 1 ? this.keyOf(slab[last - 1]!) : NO_KEY;
      key = this.chain(parent, row, q.tailStart[request]!);
    }
    this.#books.publish(slab[last]!, key);
  }

  /** New blocks for tokens [start, end). A block filled by a single decode token gets no key (block size 1). */
  #append(request: number, start: number, end: number, prefill: boolean): void {
    const q = this.#requests;
    const size = this.blockSize;
    const blocks = Math.ceil((end - start) / size);
    const row = q.row[request]!;
    const aligned = q.aligned[request] === 1;
    let count = q.ownedCount[request]!;
    this.#owned.reserve(request, count + blocks);
    const { slab } = this.#owned;
    const at = q.ownedAt[request]!;
    const named = Math.min(blocks, Math.max(0, this.firstUnnamed(request) - count));
    let position = start;
    for (let i = 0; i < named; i++) {
      const block = this.#take();
      this.#books.addOwner(block);
      if (prefill && end - position >= size) {
        const key = aligned
          ? this.#keys.key(row, count)
          : this.chain(count > 0 ? this.keyOf(slab[at + count - 1]!) : NO_KEY, row, position);
        this.#books.publish(block, key);
      }
      slab[at + count++] = block;
      position += size;
    }
    if (named < blocks) {
      this.#takeInto(slab, at + count, blocks - named);
      count += blocks - named;
      position += size * (blocks - named);
    }
    q.tailStart[request] = position - size;
    q.ownedCount[request] = count;
    q.room[request] = position - end;
    this.misses += blocks;
  }

  /** What is cached of a shared prefix, from its first block on. */
  #cachedPrefix(group: number): CachedPrefix {
    const prefix = this.#prefixes[group]!;
    const books = this.#books;
    if (prefix.version === books.sharedVersion) return prefix;
    const { blocks } = prefix;
    const first = this.#keys.groupKey(group);
    let k = 0;
    while (k < blocks.length) {
      const block = books.find(first + k);
      if (block === 0) break;
      blocks[k++] = block;
    }
    prefix.count = k;
    prefix.version = books.sharedVersion;
    return prefix;
  }

  /** Number of leading blocks of which the own ones are known by their place among the free blocks. */
  #ownCached(request: number): number {
    const q = this.#requests;
    const at = q.ringAt[request]!;
    return at === 0 ? 0 : Math.min(q.ringKeyed[request]!, at - this.#ring.head);
  }

  /** Blocks of a request no longer hold what their positions say, from the next one on. */
  #misalign(request: number): void {
    this.name(request);
    this.#requests.aligned[request] = 0;
  }

  #compact(): void {
    const ring = this.#ring;
    const { head } = ring;
    const moved = ring.compact();
    for (let position = 0; position < ring.tail; position++) {
      const entry = ring.at(position);
      if (entry >= NAMED) this.#books.setPosition(entry - NAMED, position);
    }
    const q = this.#requests;
    for (const request of this.#returning) {
      // The first own block is taken last.
      const first = this.#keys.firstOwn(q.row[request]!);
      const position = q.ringAt[request]! - 1 - first;
      q.ringAt[request] = position < head ? 0 : moved[position - head]! + 1 + first;
      if (position < head) this.#returning.delete(request);
    }
  }

  /** Takes the next free block and forgets its content. There must be one. */
  #take(): number {
    this.free--;
    if (this.#fresh <= this.total) return this.#fresh++;
    const entry = this.#ring.shift();
    if (entry < NAMED) return entry;
    this.#books.forget(entry - NAMED);
    return entry - NAMED;
  }

  /** Takes the next `count` free blocks for somebody who keeps no books about them. */
  #takeInto(slab: Int32Array, from: number, count: number): void {
    this.free -= count;
    const end = from + count;
    let at = from;
    for (; at < end && this.#fresh <= this.total; at++) slab[at] = this.#fresh++;
    for (; at < end; at++) {
      const entry = this.#ring.shift();
      if (entry >= NAMED) this.#books.forget(entry - NAMED);
      slab[at] = entry & ~NAMED;
    }
  }

  #growCached(): void {
    const grown = new Int32Array(2 * this.cached.length);
    grown.set(this.cached);
    this.cached = grown;
  }
}
