import type { KeyMap } from '../key-map.ts';
import { LruNodes, OWN, WORDS } from '../lru-nodes.ts';

/** Word of a node: FILLING, 0 = idle, or the number of pins. Only idle nodes are in the list. */
const STATE = OWN;
/** Its content is on the way. */
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
  readonly #nodes: LruNodes;

  constructor(capacity: number, index: KeyMap) {
    this.capacity = capacity;
    this.#nodes = new LruNodes(index);
  }

  has(key: number): boolean {
    return this.#nodes.find(key) !== 0;
  }

  isReadable(key: number): boolean {
    const entry = this.#nodes.find(key);
    return entry !== 0 && this.#state(entry) !== FILLING;
  }

  /** Makes an idle entry the most recent one. */
  touch(key: number): void {
    const entry = this.#nodes.find(key);
    if (entry !== 0 && this.#nodes.unlink(entry)) this.#nodes.append(entry);
  }

  /** Puts a readable entry in. False when everything else is in use. The key must be absent. */
  store(key: number): boolean {
    if (this.used === this.capacity && !this.#evict()) return false;
    this.#rest(this.#insert(key, 0));
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
    const entry = this.#nodes.find(key);
    if (entry === 0 || this.#state(entry) !== FILLING) return;
    this.#nodes.words[WORDS * entry + STATE] = 0;
    this.#rest(entry);
  }

  pin(key: number): void {
    const entry = this.#nodes.find(key);
    if (entry === 0 || this.#state(entry) === FILLING) return;
    this.#nodes.words[WORDS * entry + STATE]!++;
    if (this.#nodes.unlink(entry)) this.idle--;
  }

  unpin(key: number): void {
    const entry = this.#nodes.find(key);
    if (entry === 0 || this.#state(entry) <= 0) return;
    if (--this.#nodes.words[WORDS * entry + STATE]! === 0) this.#rest(entry);
  }

  #state(entry: number): number {
    return this.#nodes.words[WORDS * entry + STATE]!;
  }

  #insert(key: number, state: number): number {
    const entry = this.#nodes.create(key);
    this.#nodes.words[WORDS * entry + STATE] = state;
    this.used++;
    return entry;
  }

  /** The entry is idle from now on. */
  #rest(entry: number): void {
    this.#nodes.append(entry);
    this.idle++;
  }

  #evict(): boolean {
    const entry = this.#nodes.oldest;
    if (entry === 0) return false;
    this.#nodes.unlink(entry);
    this.#nodes.drop(entry);
    this.idle--;
    this.used--;
    this.evicted++;
    return true;
  }
}
