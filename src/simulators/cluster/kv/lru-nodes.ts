import { NO_KEY } from './block-keys.ts';
import type { KeyMap } from './key-map.ts';

/** Words of a node, side by side for the sake of the processor's cache. Those from `OWN` on are the user's. */
export const WORDS = 8;
/** Key of the node's content, negative where it cannot be found by key. */
export const KEY = 0;
/** List through sentinel 0, oldest at the head. A node outside the list links to itself. */
const NEXT = 1;
const PREVIOUS = 2;
export const OWN = 3;

/** Nodes that are found by block key, and the order in which they would be evicted: least recently used first. */
export class LruNodes {
  /** `WORDS` per node, numbered in the order of their first use; replaced when they grow. */
  words = new Int32Array(WORDS * 64);
  /** Node by key; valid while it has that key. */
  readonly #index: KeyMap;
  readonly #unused: number[] = [];
  #fresh = 1;

  constructor(index: KeyMap) {
    this.#index = index;
  }

  /** The node with this key, or 0. */
  find(key: number): number {
    const node = this.#index.get(key);
    return node > 0 && this.words[WORDS * node + KEY] === key ? node : 0;
  }

  /** The node of a key that has one. */
  known(key: number): number {
    return this.#index.get(key);
  }

  keyOf(node: number): number {
    return this.words[WORDS * node + KEY]!;
  }

  /** A node outside the list. @param key - negative: not to be found */
  create(key: number): number {
    const node = this.#unused.pop() ?? this.#fresh++;
    if (WORDS * node === this.words.length) {
      const grown = new Int32Array(2 * this.words.length);
      grown.set(this.words);
      this.words = grown;
    }
    this.words[WORDS * node + KEY] = key;
    this.words[WORDS * node + NEXT] = node;
    if (key > 0) this.#index.set(key, node);
    return node;
  }

  /** A node outside the list is no more. */
  drop(node: number): void {
    this.words[WORDS * node + KEY] = NO_KEY;
    this.#unused.push(node);
  }

  isListed(node: number): boolean {
    return this.words[WORDS * node + NEXT] !== node;
  }

  /** 0 where the list is empty. */
  get oldest(): number {
    return this.words[NEXT]!;
  }

  /** The node after another one; 0 = none. */
  next(node: number): number {
    return this.words[WORDS * node + NEXT]!;
  }

  /** The node before another one; 0 = none. */
  previous(node: number): number {
    return this.words[WORDS * node + PREVIOUS]!;
  }

  append(node: number): void {
    const { words } = this;
    const tail = words[PREVIOUS]!;
    words[WORDS * tail + NEXT] = node;
    words[WORDS * node + PREVIOUS] = tail;
    words[WORDS * node + NEXT] = 0;
    words[PREVIOUS] = node;
  }

  insertAfter(before: number, node: number): void {
    const { words } = this;
    const after = words[WORDS * before + NEXT]!;
    words[WORDS * before + NEXT] = node;
    words[WORDS * node + PREVIOUS] = before;
    words[WORDS * node + NEXT] = after;
    words[WORDS * after + PREVIOUS] = node;
  }

  /** Takes a node out of the list. @returns false for one that is not in it */
  unlink(node: number): boolean {
    const { words } = this;
    const after = words[WORDS * node + NEXT]!;
    if (after === node) return false;
    const before = words[WORDS * node + PREVIOUS]!;
    words[WORDS * before + NEXT] = after;
    words[WORDS * after + PREVIOUS] = before;
    words[WORDS * node + NEXT] = node;
    return true;
  }
}
