import type { KeyMap } from '../key-map.ts';

/** State of an entry: its content is on the way. */
const FILLING = -1;

/**
 * CPU tier of an offload chain. An entry is being filled (unreadable), idle (readable, may be evicted) or pinned by
 * transfers that read it. Idle entries are evicted least recently used first.
 */
export class OffloadCache {
  readonly capacity: number;
  used = 0;
  idle = 0;
  evicted = 0;
  /** Slot by key; valid while the slot has that key. */
  readonly #index: KeyMap;
  readonly #keyOf: Int32Array;
  /** FILLING, 0 = idle, or the number of pins. */
  readonly #state: Int32Array;
  /** Idle slots through sentinel 0, oldest at the head. */
  readonly #next: Int32Array;
  readonly #previous: Int32Array;
  readonly #unused: number[] = [];
  #fresh = 1;

  constructor(capacity: number, index: KeyMap) {
    this.capacity = capacity;
    this.#index = index;
    this.#keyOf = new Int32Array(capacity + 1);
    this.#state = new Int32Array(capacity + 1);
    this.#next = new Int32Array(capacity + 1);
    this.#previous = new Int32Array(capacity + 1);
  }

  has(key: number): boolean {
    return this.#find(key) !== 0;
  }

  isReadable(key: number): boolean {
    const slot = this.#find(key);
    return slot !== 0 && this.#state[slot] !== FILLING;
  }

  /** Makes an idle entry the most recent one. */
  touch(key: number): void {
    const slot = this.#find(key);
    if (slot === 0 || this.#state[slot] !== 0) return;
    this.#unlink(slot);
    this.#append(slot);
  }

  /** Puts a readable entry in. False when everything else is in use. The key must be absent. */
  store(key: number): boolean {
    if (this.used === this.capacity && !this.#evict()) return false;
    this.#append(this.#insert(key, 0));
    return true;
  }

  /** Reserves entries for those keys that are absent; all or none. @returns how many */
  prepare(keys: readonly number[]): number {
    const absent = keys.filter((key) => !this.has(key));
    const free = this.capacity - this.used;
    if (absent.length === 0 || absent.length > free + this.idle) return 0;
    for (let i = free; i < absent.length; i++) this.#evict();
    for (const key of absent) this.#insert(key, FILLING);
    return absent.length;
  }

  /** The content has arrived. */
  complete(key: number): void {
    const slot = this.#find(key);
    if (slot === 0 || this.#state[slot] !== FILLING) return;
    this.#state[slot] = 0;
    this.#append(slot);
  }

  pin(key: number): void {
    const slot = this.#find(key);
    if (slot === 0 || this.#state[slot] === FILLING) return;
    if (this.#state[slot]!++ === 0) this.#unlink(slot);
  }

  unpin(key: number): void {
    const slot = this.#find(key);
    if (slot === 0 || this.#state[slot]! <= 0) return;
    if (--this.#state[slot]! === 0) this.#append(slot);
  }

  #find(key: number): number {
    const slot = this.#index.get(key);
    return slot > 0 && this.#keyOf[slot] === key ? slot : 0;
  }

  #insert(key: number, state: number): number {
    const slot = this.#unused.pop() ?? this.#fresh++;
    this.#keyOf[slot] = key;
    this.#state[slot] = state;
    this.#index.set(key, slot);
    this.used++;
    return slot;
  }

  #evict(): boolean {
    const slot = this.#next[0]!;
    if (slot === 0) return false;
    this.#unlink(slot);
    this.#keyOf[slot] = 0;
    this.#unused.push(slot);
    this.used--;
    this.evicted++;
    return true;
  }

  #append(slot: number): void {
    const tail = this.#previous[0]!;
    this.#next[tail] = slot;
    this.#previous[slot] = tail;
    this.#next[slot] = 0;
    this.#previous[0] = slot;
    this.idle++;
  }

  #unlink(slot: number): void {
    const before = this.#previous[slot]!;
    const after = this.#next[slot]!;
    this.#next[before] = after;
    this.#previous[after] = before;
    this.idle--;
  }
}
