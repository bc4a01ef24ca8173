import { NO_KEY } from '../block-keys.ts';
import type { KeyMap } from '../key-map.ts';

/** Words of a node, side by side for the sake of the processor's cache. */
export const WORDS = 8;
/** Key of a single; a run has its request here, as −1 − request. */
const KEY = 0;
/** List through sentinel 0, oldest at the head. A node outside the list links to itself. */
const NEXT = 1;
const PREVIOUS = 2;
/** Single: walked blocks of the batch that have the key. */
export const HOT = 3;
/** Run: owned blocks [from, to) of the request. */
const FROM = 3;
const TO = 4;
/** Single: number of the mirror before the latest place of a former owner was noted. Place of either kind of node. */
export const PLACED_IN = 4;
export const ADMISSION = 5;
export const POSITION = 6;
/** Single: number of the mirror in which it was walked last (literal walks only). */
export const WALKED_IN = 7;

/**
 * The keys of a CPU mirror and, as a list, the order in which they would be evicted. A node of the list is a *single*,
 * one key that can be found, or a *run*: consecutive own keys of one request, which went into the list together and
 * leave it one by one from the front, the first block's key first. Keys outside the list take room, too.
 */
export class MirrorList {
  readonly capacity: number;
  /** Keys held, in the list or not. */
  size = 0;
  /** Keys in the list. */
  listed = 0;
  evicted = 0;
  mirrored = 0;
  /** `WORDS` per node. Nodes of both kinds are numbered together, in the order of their first use. */
  words = new Int32Array(WORDS * 1024);
  /** Single by key; valid while it has that key. */
  readonly #index: KeyMap;
  /** Run of a request, by request; owned by the requests' table. */
  readonly #runOf: () => Int32Array;
  readonly #freeNodes: number[] = [];
  #newNode = 1;

  /** @param runOf - the column that says which run a request has; 0 = none */
  constructor(capacity: number, index: KeyMap, runOf: () => Int32Array) {
    this.capacity = capacity;
    this.#index = index;
    this.#runOf = runOf;
  }

  isRun(node: number): boolean {
    return this.words[WORDS * node + KEY]! < 0;
  }

  isListed(node: number): boolean {
    return this.words[WORDS * node + NEXT] !== node;
  }

  /** The single with this key, or 0. */
  find(key: number): number {
    const single = this.#index.get(key);
    return single > 0 && this.words[WORDS * single + KEY] === key ? single : 0;
  }

  /** The single of a key that is here as a single. */
  known(key: number): number {
    return this.#index.get(key);
  }

  /** A single outside the list for a new key; the oldest key goes if there is no room. */
  insert(key: number): number {
    if (this.size === this.capacity) this.makeRoom(1);
    this.size++;
    this.mirrored++;
    return this.name(key);
  }

  /** A single outside the list for a key whose room is taken already. */
  name(key: number): number {
    const single = this.#node();
    const { words } = this;
    const base = WORDS * single;
    words[base + KEY] = key;
    words[base + NEXT] = single;
    words[base + HOT] = 0;
    words[base + PLACED_IN] = -1;
    words[base + WALKED_IN] = 0;
    this.#index.set(key, single);
    return single;
  }

  /** Takes in `count` new keys that need no nodes; the oldest keys go where there is no room. */
  insertUnnamed(count: number): void {
    if (this.size + count > this.capacity) this.makeRoom(count);
    this.size += count;
    this.mirrored += count;
  }

  /** Evicts from the head of the list until `count` more keys fit. */
  makeRoom(count: number): void {
    let excess = this.size + count - this.capacity;
    this.size -= excess;
    this.evicted += excess;
    while (excess > 0) {
      const node = this.words[NEXT]!;
      const base = WORDS * node;
      if (this.words[base + KEY]! < 0) excess -= this.takeFront(node, excess);
      else {
        this.unlink(node);
        this.words[base + KEY] = NO_KEY;
        this.#freeNodes.push(node);
        excess--;
      }
    }
  }

  /**
   * Takes keys out of a run in the list.
   * @param most - number wanted
   * @returns number taken; a run that has no more is gone
   */
  takeFront(run: number, most: number): number {
    const base = WORDS * run;
    const from = this.words[base + FROM]!;
    const left = this.words[base + TO]! - from;
    if (left > most) {
      this.words[base + FROM] = from + most;
      this.listed -= most;
      return most;
    }
    this.#dropRun(run);
    return left;
  }

  /** First block of a run. */
  from(run: number): number {
    return this.words[WORDS * run + FROM]!;
  }

  to(run: number): number {
    return this.words[WORDS * run + TO]!;
  }

  requestOf(run: number): number {
    return -1 - this.words[WORDS * run + KEY]!;
  }

  /** A run outside the list, of keys that are here already. */
  addRun(request: number, from: number, to: number, admission: number): number {
    const run = this.#node();
    const base = WORDS * run;
    const { words } = this;
    words[base + KEY] = -1 - request;
    words[base + NEXT] = run;
    words[base + FROM] = from;
    words[base + TO] = to;
    words[base + ADMISSION] = admission;
    words[base + POSITION] = from;
    this.#runOf()[request] = run;
    return run;
  }

  /**
   * Puts singles in the place of a run.
   * @param keyOf - key by position
   * @returns them, in order; they are in the list if the run was
   */
  split(run: number, keyOf: (position: number) => number): number[] {
    const listed = this.isListed(run);
    const base = WORDS * run;
    const before = this.words[base + PREVIOUS]!;
    const [from, to, admission] = [this.words[base + FROM]!, this.words[base + TO]!, this.words[base + ADMISSION]!];
    this.#dropRun(run);
    const singles: number[] = [];
    let last = before;
    for (let position = from; position < to; position++) {
      const single = this.name(keyOf(position));
      this.words[WORDS * single + ADMISSION] = admission;
      this.words[WORDS * single + POSITION] = position;
      if (listed) {
        this.#insertAfter(last, single);
        last = single;
      }
      singles.push(single);
    }
    return singles;
  }

  /** Number of keys in a node. */
  keys(node: number): number {
    return this.isRun(node) ? this.words[WORDS * node + TO]! - this.words[WORDS * node + FROM]! : 1;
  }

  /** Runs in the list, oldest first. */
  runs(): number[] {
    const runs: number[] = [];
    for (let node = this.words[NEXT]!; node !== 0; node = this.words[WORDS * node + NEXT]!) {
      if (this.isRun(node)) runs.push(node);
    }
    return runs;
  }

  append(node: number): void {
    const { words } = this;
    const tail = words[PREVIOUS]!;
    words[WORDS * tail + NEXT] = node;
    words[WORDS * node + PREVIOUS] = tail;
    words[WORDS * node + NEXT] = 0;
    words[PREVIOUS] = node;
    this.listed += this.keys(node);
  }

  /** Takes a node out of the list; one that is not in it stays as it is. */
  unlink(node: number): void {
    const { words } = this;
    const after = words[WORDS * node + NEXT]!;
    if (after === node) return;
    const before = words[WORDS * node + PREVIOUS]!;
    words[WORDS * before + NEXT] = after;
    words[WORDS * after + PREVIOUS] = before;
    words[WORDS * node + NEXT] = node;
    this.listed -= this.keys(node);
  }

  #insertAfter(before: number, node: number): void {
    const { words } = this;
    const after = words[WORDS * before + NEXT]!;
    words[WORDS * before + NEXT] = node;
    words[WORDS * node + PREVIOUS] = before;
    words[WORDS * node + NEXT] = after;
    words[WORDS * after + PREVIOUS] = node;
    this.listed++;
  }

  #dropRun(run: number): void {
    this.unlink(run);
    this.#runOf()[this.requestOf(run)] = 0;
    this.#freeNodes.push(run);
  }

  /** The number of an unused node. */
  #node(): number {
    const node = this.#freeNodes.pop() ?? this.#newNode++;
    if (WORDS * node === this.words.length) {
      const grown = new Int32Array(2 * this.words.length);
      grown.set(this.words);
      this.words = grown;
    }
    return node;
  }
}
