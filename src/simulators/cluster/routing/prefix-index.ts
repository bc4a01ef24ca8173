import type { BlockKeys } from '../kv/block-keys.ts';

/** Blocks that the index remembers per instance. */
const CAPACITY = 10_000;

/** Keys of a prompt's complete blocks, as runs of consecutive keys; the first `count` entries count. */
export interface KeyRuns {
  count: number;
  /** Blocks in all of them. */
  blocks: number;
  readonly first: number[];
  readonly length: number[];
}

/**
 * The router's own guess of which prompt blocks each instance has cached: per instance the `capacity` blocks routed
 * there most recently. Recency is a log of key runs with lazy deletion; presence is a bit mask by key.
 *
 * By the inclusion property of LRU the set after a prompt is the same whether blocks are dropped one by one or at
 * the end.
 */
export class PrefixIndex {
  readonly #keys: BlockKeys;
  readonly #instances: number;
  readonly #words: number;
  readonly #capacity: number;
  /** Whether keys outside shared prefixes can come back with another request. */
  readonly #tracksAll: boolean;
  /** Bit i of the mask of a key: present on instance i. `words` words per key. */
  #masks: Int32Array;
  readonly #logs: RecencyLog[];

  /** @param remembers - `shared prefixes` where no other key can come back with another request */
  constructor(keys: BlockKeys, instances: number, remembers: 'shared prefixes' | 'all prompts', capacity = CAPACITY) {
    const tracksAll = remembers === 'all prompts';
    this.#keys = keys;
    this.#instances = instances;
    this.#words = Math.ceil(instances / 32);
    this.#capacity = capacity;
    this.#tracksAll = tracksAll;
    const tracked = tracksAll ? keys.end : keys.sharedEnd;
    this.#masks = new Int32Array(tracked * this.#words);
    this.#logs = Array.from({ length: instances }, () => new RecencyLog(tracked));
  }

  /** Number of leading blocks of the prompt that each instance has seen, into `matched`. */
  match(prompt: KeyRuns, matched: Float64Array): void {
    matched.fill(prompt.blocks, 0, this.#instances);
    for (let word = 0; word < this.#words; word++) {
      let alive = -1;
      let k = 0;
      for (let r = 0; r < prompt.count && alive !== 0; r++) {
        const key = prompt.first[r]!;
        const run = prompt.length[r]!;
        if (!this.#isTracked(key)) {
          this.#settle(alive, word, k, matched);
          break;
        }
        alive = this.#matchRun(key, run, word, alive, k, matched);
        k += run;
      }
    }
  }

  /** Follows `run` keys as long as any instance of `alive` has them. @returns the instances that have all of them */
  #matchRun(key: number, run: number, word: number, alive: number, first: number, matched: Float64Array): number {
    const masks = this.#masks;
    let left = alive;
    for (let i = 0, at = key * this.#words + word; i < run && left !== 0; i++, at += this.#words) {
      const now = at < masks.length ? left & masks[at]! : 0;
      if (now === left) continue;
      this.#settle(left & ~now, word, first + i, matched);
      left = now;
    }
    return left;
  }

  /** The prompt was routed to the instance. */
  touch(prompt: KeyRuns, instance: number): void {
    const log = this.#logs[instance]!;
    const word = instance >> 5;
    const bit = 1 << (instance & 31);
    let k = 0;
    for (let r = 0; r < prompt.count; r++) {
      const key = prompt.first[r]!;
      const run = prompt.length[r]!;
      if (!this.#isTracked(key)) {
        // Own blocks that no other request can ask for: they only take space.
        log.appendAnonymous(prompt.blocks - k);
        break;
      }
      if (this.#tracksAll) this.#coverKey(key + run - 1);
      let fresh = 0;
      for (let at = key * this.#words + word, i = 0; i < run; i++, at += this.#words) {
        if ((this.#masks[at]! & bit) !== 0) continue;
        this.#masks[at] = this.#masks[at]! | bit;
        fresh++;
      }
      log.append(key, run, fresh);
      k += run;
    }
    while (log.size > this.#capacity) {
      const dropped = log.dropOldest(log.size - this.#capacity);
      if (dropped >= 0) this.#masks[dropped * this.#words + word] = this.#masks[dropped * this.#words + word]! & ~bit;
    }
  }

  #isTracked(key: number): boolean {
    return this.#tracksAll || key < this.#keys.sharedEnd;
  }

  /** The instances of `bits` match `k` blocks and no more. */
  #settle(bits: number, word: number, k: number, matched: Float64Array): void {
    const first = word << 5;
    for (let rest = bits; rest !== 0; rest &= rest - 1) {
      const instance = first + 31 - Math.clz32(rest & -rest);
      if (instance < this.#instances) matched[instance] = k;
    }
  }

  #coverKey(key: number): void {
    if ((key + 1) * this.#words <= this.#masks.length) return;
    const grown = new Int32Array(Math.max((key + 1) * this.#words, 2 * this.#masks.length));
    grown.set(this.#masks);
    this.#masks = grown;
  }
}

/**
 * Keys of one instance in order of last use, as runs of consecutive keys used one after the other. An entry of a run
 * is out of date when its stamp is not the key's latest.
 */
class RecencyLog {
  /** Distinct keys held. */
  size = 0;
  /** First key and stamp of each run, and its length; keys nobody asks for have first key −1. */
  #keys = new Int32Array(1024);
  #stamps = new Int32Array(1024);
  #lengths = new Int32Array(1024);
  #head = 0;
  #tail = 0;
  #clock = 0;
  #latest: Int32Array;

  constructor(keys: number) {
    this.#latest = new Int32Array(keys);
  }

  /** @param fresh - how many of the run's keys were not held */
  append(key: number, length: number, fresh: number): void {
    this.size += fresh;
    if (key + length > this.#latest.length) this.#cover(key + length);
    const stamp = this.#clock + 1;
    this.#clock += length;
    for (let i = 0; i < length; i++) this.#latest[key + i] = stamp + i;
    this.#push(key, stamp, length);
  }

  appendAnonymous(count: number): void {
    this.size += count;
    this.#push(-1, 0, count);
  }

  /**
   * Forgets the oldest keys: one tracked key, or up to `limit` anonymous ones.
   * @returns the tracked key, or −1
   */
  dropOldest(limit: number): number {
    for (;;) {
      const head = this.#head;
      const key = this.#keys[head]!;
      const length = this.#lengths[head]!;
      if (key < 0) {
        const dropped = Math.min(limit, length);
        this.size -= dropped;
        if (dropped === length) this.#head++;
        else this.#lengths[head] = length - dropped;
        return -1;
      }
      const current = this.#latest[key] === this.#stamps[head];
      if (length === 1) this.#head++;
      else {
        this.#keys[head] = key + 1;
        this.#stamps[head] = this.#stamps[head]! + 1;
        this.#lengths[head] = length - 1;
      }
      if (current) {
        this.size--;
        return key;
      }
    }
  }

  #push(key: number, stamp: number, length: number): void {
    if (this.#tail === this.#keys.length) this.#makeRoom();
    this.#keys[this.#tail] = key;
    this.#stamps[this.#tail] = stamp;
    this.#lengths[this.#tail++] = length;
  }

  /** Drops runs that are out of date as a whole; grows where that does not halve the log. */
  #makeRoom(): void {
    let kept = 0;
    for (let i = this.#head; i < this.#tail; i++) {
      if (!this.#isCurrent(i)) continue;
      this.#keys[kept] = this.#keys[i]!;
      this.#stamps[kept] = this.#stamps[i]!;
      this.#lengths[kept++] = this.#lengths[i]!;
    }
    if (2 * kept > this.#keys.length) {
      this.#keys = doubled(this.#keys);
      this.#stamps = doubled(this.#stamps);
      this.#lengths = doubled(this.#lengths);
    }
    this.#head = 0;
    this.#tail = kept;
  }

  #isCurrent(run: number): boolean {
    const key = this.#keys[run]!;
    if (key < 0) return true;
    const length = this.#lengths[run]!;
    for (let i = 0; i < length; i++) if (this.#latest[key + i] === this.#stamps[run]! + i) return true;
    return false;
  }

  #cover(length: number): void {
    const grown = new Int32Array(Math.max(length, 2 * this.#latest.length));
    grown.set(this.#latest);
    this.#latest = grown;
  }
}

function doubled(old: Int32Array): Int32Array<ArrayBuffer> {
  const grown = new Int32Array(2 * old.length);
  grown.set(old);
  return grown;
}
