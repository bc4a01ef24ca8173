import type { RequestsOf } from '../../column-owners.ts';
import type { RequestIndex } from '../../indices.ts';
import type { KeyMap } from '../key-map.ts';
import { KEY, LruNodes, OWN, WORDS } from '../lru-nodes.ts';

/** Single: walked blocks of the batch that have the key. */
export const HOT = OWN;
/** Run: owned blocks [from, to) of the request. */
const FROM = OWN;
const TO = OWN + 1;
/** Single: number of the mirror before the latest place of a former owner was noted. Place of either kind of node. */
export const PLACED_IN = OWN + 1;
const ADMISSION = OWN + 2;
const POSITION = OWN + 3;
/** Single: number of the mirror in which it was walked last (literal walks only). */
export const WALKED_IN = OWN + 4;
/** In the place of a run: the request's own keys are here one by one. */
export const SINGLES = -1;

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
  /** Nodes of both kinds; a run has its request as key, as −1 − request. */
  readonly #nodes: LruNodes;
  readonly #requests: RequestsOf<'kv/mirror/mirror-list.ts'>;

  constructor(capacity: number, index: KeyMap, requests: RequestsOf<'kv/mirror/mirror-list.ts'>) {
    this.capacity = capacity;
    this.#nodes = new LruNodes(index);
    this.#requests = requests;
  }

  get words(): Int32Array {
    return this.#nodes.words;
  }

  isRun(node: number): boolean {
    return this.#nodes.keyOf(node) < 0;
  }

  isListed(node: number): boolean {
    return this.#nodes.isListed(node);
  }

  /** The single with this key, or 0. */
  find(key: number): number {
    return this.#nodes.find(key);
  }

  /** The single of a key that is here as a single. */
  known(key: number): number {
    return this.#nodes.known(key);
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
    const single = this.#nodes.create(key);
    const { words } = this.#nodes;
    const base = WORDS * single;
    words[base + HOT] = 0;
    words[base + PLACED_IN] = -1;
    words[base + WALKED_IN] = 0;
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
    const nodes = this.#nodes;
    let excess = this.size + count - this.capacity;
    this.size -= excess;
    this.evicted += excess;
    while (excess > 0) {
      const node = nodes.oldest;
      if (this.isRun(node)) excess -= this.takeFront(node, excess);
      else {
        this.unlink(node);
        nodes.drop(node);
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
    const { words } = this.#nodes;
    const base = WORDS * run;
    const from = words[base + FROM]!;
    const left = words[base + TO]! - from;
    if (left > most) {
      words[base + FROM] = from + most;
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

  requestOf(run: number): RequestIndex {
    return (-1 - this.#nodes.keyOf(run)) as RequestIndex;
  }

  /** A run outside the list, of keys that are here already. */
  addRun(request: RequestIndex, from: number, to: number, admission: number): number {
    const run = this.#nodes.create(-1 - request);
    const base = WORDS * run;
    const { words } = this.#nodes;
    words[base + FROM] = from;
    words[base + TO] = to;
    words[base + ADMISSION] = admission;
    words[base + POSITION] = from;
    this.#requests.mirrorRun[request] = run;
    return run;
  }

  /** For good: own keys of the request have nodes of their own. */
  markSingles(request: RequestIndex): void {
    this.#requests.mirrorRun[request] = SINGLES;
  }

  /**
   * Puts singles in the place of a run.
   * @param keyOf - key by position
   * @returns them, in order; they are in the list if the run was
   */
  split(run: number, keyOf: (position: number) => number): number[] {
    const nodes = this.#nodes;
    const listed = nodes.isListed(run);
    const base = WORDS * run;
    let last = nodes.previous(run);
    const { words } = nodes;
    const [from, to, admission] = [words[base + FROM]!, words[base + TO]!, words[base + ADMISSION]!];
    this.#dropRun(run);
    const singles: number[] = [];
    for (let position = from; position < to; position++) {
      const single = this.name(keyOf(position));
      nodes.words[WORDS * single + ADMISSION] = admission;
      nodes.words[WORDS * single + POSITION] = position;
      if (listed) {
        nodes.insertAfter(last, single);
        this.listed++;
        last = single;
      }
      singles.push(single);
    }
    return singles;
  }

  /** Runs in the list, oldest first. */
  runs(): number[] {
    const runs: number[] = [];
    for (let node = this.#nodes.oldest; node !== 0; node = this.#nodes.next(node)) {
      if (this.isRun(node)) runs.push(node);
    }
    return runs;
  }

  append(node: number): void {
    this.#nodes.append(node);
    this.listed += this.#keys(node);
  }

  /** Takes a node out of the list; one that is not in it stays as it is. */
  unlink(node: number): void {
    if (this.#nodes.unlink(node)) this.listed -= this.#keys(node);
  }

  /** Number of keys in a node. */
  #keys(node: number): number {
    const { words } = this.#nodes;
    const base = WORDS * node;
    return words[base + KEY]! < 0 ? words[base + TO]! - words[base + FROM]! : 1;
  }

  #dropRun(run: number): void {
    const request = this.requestOf(run);
    this.unlink(run);
    this.#requests.mirrorRun[request] = 0;
    this.#nodes.drop(run);
  }
}

/** Notes a place in the walk of the last mirror if it is the single's latest. @param base - its first word */
export function notePlace(words: Int32Array, base: number, mirrors: number, admission: number, position: number): void {
  if (words[base + PLACED_IN] === mirrors) {
    const known = words[base + ADMISSION]!;
    if (known > admission || (known === admission && words[base + POSITION]! >= position)) return;
  }
  words[base + PLACED_IN] = mirrors;
  words[base + ADMISSION] = admission;
  words[base + POSITION] = position;
}

export function byPlace(words: Int32Array, a: number, b: number): number {
  const earlier = words[WORDS * a + ADMISSION]! - words[WORDS * b + ADMISSION]!;
  return earlier !== 0 ? earlier : words[WORDS * a + POSITION]! - words[WORDS * b + POSITION]!;
}
