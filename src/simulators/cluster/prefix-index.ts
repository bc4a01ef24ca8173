import type { BlockKeys } from './block-keys.ts';

/** Blocks that the index remembers per instance. */
const CAPACITY = 10_000;

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
  readonly #alive: Int32Array;

  constructor(keys: BlockKeys, instances: number, tracksAll: boolean, capacity = CAPACITY) {
    this.#keys = keys;
    this.#instances = instances;
    this.#words = Math.ceil(instances / 32);
    this.#capacity = capacity;
    this.#tracksAll = tracksAll;
    const tracked = tracksAll ? keys.end : keys.sharedEnd;
    this.#masks = new Int32Array(tracked * this.#words);
    this.#logs = Array.from({ length: instances }, () => new RecencyLog(tracked));
    this.#alive = new Int32Array(this.#words);
  }

  /** Number of leading blocks of the prompt that each instance has seen, into `matched`. */
  match(row: number, blocks: number, matched: Float64Array): void {
    const alive = this.#alive.fill(-1);
    matched.fill(blocks, 0, this.#instances);
    for (let k = 0; k < blocks; k++) {
      const key = this.#keys.key(row, k);
      if (!this.#isTracked(key)) {
        this.#drop(alive, k, matched);
        return;
      }
      let any = 0;
      for (let word = 0; word < this.#words; word++) {
        const before = alive[word]!;
        const now = before & this.#mask(key, word);
        if (now !== before) {
          this.#settle(before & ~now, word, k, matched);
          alive[word] = now;
        }
        any |= now;
      }
      if (any === 0) return;
    }
  }

  /** The prompt was routed to the instance. */
  touch(row: number, blocks: number, instance: number): void {
    const log = this.#logs[instance]!;
    const word = instance >> 5;
    const bit = 1 << (instance & 31);
    let k = 0;
    while (k < blocks) {
      const key = this.#keys.key(row, k);
      if (!this.#isTracked(key)) {
        // Own blocks that no other request can ask for: they only take space.
        log.appendAnonymous(blocks - k);
        break;
      }
      if (this.#tracksAll) this.#coverKey(key);
      const at = key * this.#words + word;
      log.append(key, (this.#masks[at]! & bit) !== 0);
      this.#masks[at] = this.#masks[at]! | bit;
      k++;
    }
    while (log.size > this.#capacity) {
      const dropped = log.dropOldest(log.size - this.#capacity);
      if (dropped >= 0) this.#masks[dropped * this.#words + word] = this.#masks[dropped * this.#words + word]! & ~bit;
    }
  }

  #isTracked(key: number): boolean {
    return this.#tracksAll || key < this.#keys.sharedEnd;
  }

  #mask(key: number, word: number): number {
    const at = key * this.#words + word;
    return at < this.#masks.length ? this.#masks[at]! : 0;
  }

  #drop(alive: Int32Array, k: number, matched: Float64Array): void {
    for (let word = 0; word < this.#words; word++) this.#settle(alive[word]!, word, k, matched);
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

/** Keys of one instance in order of last use. An entry whose stamp is not the key's latest is out of date. */
class RecencyLog {
  /** Distinct keys held. */
  size = 0;
  /** Runs: a key, or −count of keys nobody asks for; with the stamp of its use. */
  #runs = new Int32Array(1024);
  #stamps = new Int32Array(1024);
  #head = 0;
  #tail = 0;
  #clock = 0;
  #latest: Int32Array;

  constructor(keys: number) {
    this.#latest = new Int32Array(keys);
  }

  append(key: number, present: boolean): void {
    if (!present) this.size++;
    if (key >= this.#latest.length) this.#cover(key);
    this.#latest[key] = ++this.#clock;
    this.#push(key, this.#clock);
  }

  appendAnonymous(count: number): void {
    this.size += count;
    this.#push(-count, 0);
  }

  /**
   * Forgets the oldest keys: one tracked key, or up to `limit` anonymous ones.
   * @returns the tracked key, or −1
   */
  dropOldest(limit: number): number {
    for (;;) {
      const run = this.#runs[this.#head]!;
      if (run < 0) {
        const dropped = Math.min(limit, -run);
        this.size -= dropped;
        if (dropped === -run) this.#head++;
        else this.#runs[this.#head] = run + dropped;
        return -1;
      }
      const current = this.#latest[run] === this.#stamps[this.#head];
      this.#head++;
      if (current) {
        this.size--;
        return run;
      }
    }
  }

  #push(run: number, stamp: number): void {
    if (this.#tail === this.#runs.length) this.#makeRoom();
    this.#runs[this.#tail] = run;
    this.#stamps[this.#tail++] = stamp;
  }

  /** Drops entries that are out of date; grows where that does not halve the log. */
  #makeRoom(): void {
    let kept = 0;
    for (let i = this.#head; i < this.#tail; i++) {
      const run = this.#runs[i]!;
      if (run >= 0 && this.#latest[run] !== this.#stamps[i]) continue;
      this.#runs[kept] = run;
      this.#stamps[kept++] = this.#stamps[i]!;
    }
    if (2 * kept > this.#runs.length) {
      const runs = new Int32Array(2 * this.#runs.length);
      runs.set(this.#runs.subarray(0, kept));
      this.#runs = runs;
      const stamps = new Int32Array(runs.length);
      stamps.set(this.#stamps.subarray(0, kept));
      this.#stamps = stamps;
    }
    this.#head = 0;
    this.#tail = kept;
  }

  #cover(key: number): void {
    const grown = new Int32Array(Math.max(key + 1, 2 * this.#latest.length));
    grown.set(this.#latest);
    this.#latest = grown;
  }
}
