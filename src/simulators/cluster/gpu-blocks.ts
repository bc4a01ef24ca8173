import { type BlockKeys, NO_KEY } from './block-keys.ts';
import type { KeyMap } from './key-map.ts';
import type { OwnedBlocks } from './owned-blocks.ts';
import type { RequestStates } from './request-states.ts';

const WORDS = 4;
const NEXT = 0;
const PREVIOUS = 1;
const REFERENCES = 2;
const KEY = 3;
/** Mark of a block whose key's entry belongs, or belonged, to another block. */
const SUPERSEDED = 1 << 30;
const COUNT = SUPERSEDED - 1;

/**
 * Paged KV memory of one instance with prefix caching. Blocks are numbered from 1. A block nobody references is on
 * the free list, oldest at the head, and keeps its content until it is taken; `used` counts the others.
 *
 * The index entry of a key is valid while the block it names still has that key, so that taking a block ends its
 * entry without a write. Only a block that lost its entry to a newer one with equal content has to delete it.
 * @see Kwon et al. 2023, "Efficient memory management for large language model serving with PagedAttention"
 */
export class GpuBlocks {
  readonly total: number;
  readonly blockSize: number;
  /** Whether blocks that fill up while their request decodes get a key: without, nobody may ever ask for it. */
  readonly keysOutput: boolean;
  /** Length of the free list. */
  free: number;
  /** Blocks claimed from the cache, and blocks newly filled. */
  hits = 0;
  misses = 0;
  /** Result of `lookup`. */
  cached = new Int32Array(64);
  /** Blocks from this one on were never used; they come first on the free list. */
  #fresh = 1;
  /**
   * Four words per block, side by side for the sake of the processor's cache: successor and predecessor on the free
   * list (through sentinel 0: its successor is the head, its predecessor the tail; blocks never used are not on it),
   * references with the mark SUPERSEDED, key of the content (NO_KEY = none or not full).
   */
  readonly #blocks: Int32Array;
  readonly #index: KeyMap;
  readonly #keys: BlockKeys;
  readonly #owned: OwnedBlocks;
  readonly #requests: RequestStates;
  /** Keys of blocks off the usual pattern, by parent key and content. */
  readonly #offPattern = new Map<string, number>();
  #frozen: FrozenIndex | null = null;

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
    this.#index = shared.index;
    this.#owned = shared.owned;
    this.#requests = shared.requests;
    this.#blocks = new Int32Array(WORDS * (total + 1));
  }

  get used(): number {
    return this.total - this.free;
  }

  /** From now on `cachedBlocks` answers from copies that `refreshFrozen` takes; the first is the present state. */
  freeze(frozen: FrozenIndex): void {
    this.#frozen = frozen;
  }

  refreshFrozen(): void {
    this.#frozen?.advance();
  }

  /** Content of a block; NO_KEY = none, or not full. */
  keyOf(block: number): number {
    return this.#blocks[WORDS * block + KEY]!;
  }

  /** The block with this content, or 0. */
  find(key: number): number {
    const block = this.#index.get(key);
    return block > 0 && this.#blocks[WORDS * block + KEY] === key ? block : 0;
  }

  /** Number of leading prompt blocks that are cached; the first of them are put into `cached`. */
  lookup(request: number): number {
    const row = this.#requests.row[request]!;
    const blocks = Math.floor(this.#requests.inputTokens[request]! / this.blockSize);
    while (blocks > this.cached.length) this.#growCached();
    const { cached } = this;
    const all = this.#blocks;
    let k = 0;
    const first = blocks > 0 ? this.#keys.key(row, 0) : NO_KEY;
    if (first < this.#index.sharedEnd) {
      const { shared } = this.#index;
      const run = Math.min(blocks, this.#keys.run(row, 0));
      while (k < run) {
        const block = shared[first + k]!;
        if (all[WORDS * block + KEY] !== first + k) return k;
        cached[k++] = block;
      }
    }
    for (; k < blocks; k++) {
      const block = this.find(this.#keys.key(row, k));
      if (block === 0) return k;
      cached[k] = block;
    }
    return blocks;
  }

  /** Number of leading prompt blocks that are cached right now. */
  liveBlocks(row: number, blocks: number): number {
    let k = 0;
    while (k < blocks && this.find(this.#keys.key(row, k)) !== 0) k++;
    return k;
  }

  /** Number of leading prompt blocks that the router believes to be cached. */
  cachedBlocks(row: number, blocks: number): number {
    const frozen = this.#frozen;
    let k = 0;
    while (k < blocks) {
      const key = this.#keys.key(row, k);
      const present = this.find(key) !== 0;
      if (!(frozen === null ? present : frozen.had(key, present))) break;
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
    }
    if (start !== q.ownedCount[request]! * size - room) q.aligned[request] = 0;
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
    if (room > 1 || (room === 1 && !this.keysOutput)) q.room[request] = room - 1;
    else if (room === 1) {
      q.room[request] = 0;
      const last = this.#owned.slab[q.ownedAt[request]! + count - 1]!;
      this.#publish(last, this.#keys.key(q.row[request]!, count - 1));
    } else {
      if (this.free === 0) return false;
      this.#owned.reserve(request, count + 1);
      const block = this.#take();
      this.#blocks[WORDS * block + REFERENCES] = 1;
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
    const all = this.#blocks;
    const { cached } = this;
    for (let i = from; i < to; i++) {
      const block = cached[i]!;
      if (verify && this.keyOf(block) !== this.#keys.key(q.row[request]!, count)) q.aligned[request] = 0;
      const before = all[WORDS * block + REFERENCES]!;
      all[WORDS * block + REFERENCES] = before + 1;
      if ((before & COUNT) === 0) this.#unlink(block);
      slab[at + count++] = block;
    }
    q.ownedCount[request] = count;
    this.hits += to - from;
    q.room[request] = 0;
  }

  /** Puts a request's blocks on the free list, last block first. */
  release(request: number): void {
    const q = this.#requests;
    const count = q.ownedCount[request]!;
    if (count === 0) return;
    const { slab } = this.#owned;
    const all = this.#blocks;
    const at = q.ownedAt[request]!;
    let tail = all[PREVIOUS]!;
    let free = this.free;
    for (let i = at + count - 1; i >= at; i--) {
      const block = slab[i]!;
      const base = WORDS * block;
      const left = all[base + REFERENCES]! - 1;
      all[base + REFERENCES] = left;
      if ((left & COUNT) > 0) continue;
      all[WORDS * tail + NEXT] = block;
      all[base + PREVIOUS] = tail;
      tail = block;
      free++;
    }
    all[WORDS * tail + NEXT] = 0;
    all[PREVIOUS] = tail;
    this.free = free;
    this.#owned.clear(request);
    q.room[request] = 0;
  }

  /** Overwrites the head of the free list with known content and moves it to the tail. */
  reload(key: number): void {
    const block = this.#take();
    this.#publish(block, key);
    const all = this.#blocks;
    const tail = all[PREVIOUS]!;
    all[WORDS * tail + NEXT] = block;
    all[WORDS * block + PREVIOUS] = tail;
    all[WORDS * block + NEXT] = 0;
    all[PREVIOUS] = block;
    this.free++;
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

  /** Block numbers from head to tail. */
  freeList(): number[] {
    const blocks = Array.from({ length: this.total + 1 - this.#fresh }, (_, i) => this.#fresh + i);
    for (let block = this.#blocks[NEXT]!; block !== 0; block = this.#blocks[WORDS * block + NEXT]!) blocks.push(block);
    return blocks;
  }

  references(block: number): number {
    return this.#blocks[WORDS * block + REFERENCES]! & COUNT;
  }

  /** The last block of the request takes tokens; it gets its key when it is full. */
  #fillTail(request: number, roomLeft: number): void {
    const q = this.#requests;
    q.room[request] = roomLeft;
    if (roomLeft > 0) return;
    const { slab } = this.#owned;
    const last = q.ownedAt[request]! + q.ownedCount[request]! - 1;
    const row = q.row[request]!;
    let key: number;
    if (q.aligned[request] === 1) key = this.#keys.key(row, q.ownedCount[request]! - 1);
    else {
      const parent = q.ownedCount[request]! > 1 ? this.keyOf(slab[last - 1]!) : NO_KEY;
      key = this.chain(parent, row, q.tailStart[request]!);
    }
    this.#publish(slab[last]!, key);
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
    let position = start;
    for (let i = 0; i < blocks; i++) {
      const block = this.#take();
      this.#blocks[WORDS * block + REFERENCES] = 1;
      if (prefill && end - position >= size) {
        const key = aligned
          ? this.#keys.key(row, count)
          : this.chain(count > 0 ? this.keyOf(slab[at + count - 1]!) : NO_KEY, row, position);
        this.#publish(block, key);
      }
      slab[at + count++] = block;
      q.tailStart[request] = position;
      position += size;
    }
    q.ownedCount[request] = count;
    q.room[request] = position - end;
    this.misses += blocks;
  }

  /** Removes the head of the free list and forgets its content. The list must not be empty. */
  #take(): number {
    if (this.#fresh <= this.total) {
      this.free--;
      return this.#fresh++;
    }
    const all = this.#blocks;
    const block = all[NEXT]!;
    const base = WORDS * block;
    const second = all[base + NEXT]!;
    all[NEXT] = second;
    all[WORDS * second + PREVIOUS] = 0;
    this.free--;
    const key = all[base + KEY]!;
    if (key !== NO_KEY) {
      if (this.#frozen !== null) this.#frozen.note(key, this.find(key) !== 0);
      if (all[base + REFERENCES] === SUPERSEDED) this.#deleteEntry(block, key);
      all[base + KEY] = NO_KEY;
    }
    return block;
  }

  #deleteEntry(block: number, key: number): void {
    this.#blocks[WORDS * block + REFERENCES] = 0;
    const holder = this.find(key);
    if (holder !== 0 && holder !== block) this.#supersede(holder);
    this.#index.set(key, 0);
  }

  #supersede(block: number): void {
    this.#blocks[WORDS * block + REFERENCES] = this.#blocks[WORDS * block + REFERENCES]! | SUPERSEDED;
  }

  #publish(block: number, key: number): void {
    const all = this.#blocks;
    const holder = this.#index.exchange(key, block);
    const isHeld = holder > 0 && all[WORDS * holder + KEY] === key;
    if (this.#frozen !== null) this.#frozen.note(key, isHeld);
    if (isHeld) this.#supersede(holder);
    all[WORDS * block + KEY] = key;
  }

  #unlink(block: number): void {
    const all = this.#blocks;
    const after = all[WORDS * block + NEXT]!;
    const before = all[WORDS * block + PREVIOUS]!;
    all[WORDS * before + NEXT] = after;
    all[WORDS * after + PREVIOUS] = before;
    this.free--;
  }

  #growCached(): void {
    const grown = new Int32Array(2 * this.cached.length);
    grown.set(this.cached);
    this.cached = grown;
  }
}

/** Which keys were cached at the last refresh: only changes since then are kept. */
export class FrozenIndex {
  #generation = 1;
  /** Generation of the last change by key, and whether the key was cached before it. */
  readonly #changedIn: KeyMap;
  readonly #before: KeyMap;

  constructor(changedIn: KeyMap, before: KeyMap) {
    this.#changedIn = changedIn;
    this.#before = before;
  }

  advance(): void {
    this.#generation++;
  }

  /** To be told before every change. */
  note(key: number, present: boolean): void {
    if (this.#changedIn.get(key) === this.#generation) return;
    this.#changedIn.set(key, this.#generation);
    this.#before.set(key, present ? 1 : 0);
  }

  had(key: number, present: boolean): boolean {
    return this.#changedIn.get(key) === this.#generation ? this.#before.get(key) === 1 : present;
  }
}
