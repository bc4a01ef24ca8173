import type { BlockKeys } from '../kv/block-keys.ts';

/**
 * Keys of one instance in order of last use, as runs of consecutive keys used one after the other. An entry of a run
 * is out of date when its stamp is not the key's latest. A run that begins a shared prefix has one stamp for all its keys.
 */
export class RecencyLog {
  /** Distinct keys held. */
  size = 0;
  /** First key and stamp of each run, and its length; keys nobody asks for have first key −1. */
  #keys = new Int32Array(1024);
  #stamps = new Int32Array(1024);
  #lengths = new Int32Array(1024);
  #head = 0;
  #tail = 0;
  #clock = 0;
  /** Stamps by key, of runs that do not begin a shared prefix. */
  #latest: Int32Array;
  /** First key of the shared prefix by key; 0 = it is in none. */
  readonly #prefixOf: Int32Array;
  /** By first key of a shared prefix: the latest run that begins it. */
  readonly #prefixStamp: Int32Array;
  readonly #prefixLength: Int32Array;

  constructor(keys: BlockKeys, tracked: number) {
    this.#latest = new Int32Array(tracked);
    this.#prefixOf = new Int32Array(keys.sharedEnd);
    this.#prefixStamp = new Int32Array(keys.sharedEnd);
    this.#prefixLength = new Int32Array(keys.sharedEnd);
    for (let group = 0; group < keys.groups; group++) {
      const first = keys.groupKey(group);
      this.#prefixOf.fill(first, first, first + keys.groupSize(group));
    }
  }

  /** @param fresh - how many of the run's keys were not held */
  append(key: number, length: number, fresh: number): void {
    this.size += fresh;
    const stamp = this.#clock + 1;
    this.#clock += length;
    if (key < this.#prefixOf.length && this.#prefixOf[key] === key) this.#stampPrefix(key, stamp, length);
    else {
      if (key + length > this.#latest.length) this.#cover(key + length);
      for (let i = 0; i < length; i++) this.#latest[key + i] = stamp + i;
    }
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
      const current = this.#latestOf(key) === this.#stamps[head];
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

  /** The stamp of the key's last use. */
  #latestOf(key: number): number {
    const own = this.#latest[key]!;
    const prefix = key < this.#prefixOf.length ? this.#prefixOf[key]! : 0;
    if (prefix === 0 || key - prefix >= this.#prefixLength[prefix]!) return own;
    return Math.max(own, this.#prefixStamp[prefix]! + key - prefix);
  }

  /** Keys beyond a shorter run keep the stamps of the one before. */
  #stampPrefix(prefix: number, stamp: number, length: number): void {
    for (let i = length; i < this.#prefixLength[prefix]!; i++) {
      this.#latest[prefix + i] = Math.max(this.#latest[prefix + i]!, this.#prefixStamp[prefix]! + i);
    }
    this.#prefixStamp[prefix] = stamp;
    this.#prefixLength[prefix] = length;
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
    const stamp = this.#stamps[run]!;
    const prefix = key < this.#prefixOf.length ? this.#prefixOf[key]! : 0;
    if (prefix > 0 && key - prefix + length <= this.#prefixLength[prefix]!) {
      // One later run has used all of its keys.
      if (this.#prefixStamp[prefix]! + key - prefix > stamp) return false;
    }
    for (let i = 0; i < length; i++) if (this.#latestOf(key + i) === stamp + i) return true;
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
