import type { BlockKeys } from '../kv/block-keys.ts';
import { RecencyLog } from './recency-log.ts';

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

/** How many leading keys of a run in a shared prefix each instance has, as of a version of the masks. */
interface SharedRun {
  length: number;
  version: number;
  readonly counts: Float64Array;
}

/**
 * The router's own guess of which prompt blocks each instance has cached: per instance the `capacity` blocks routed
 * there most recently. Recency is a log of key runs with lazy deletion; presence is a bit mask by key.
 *
 * By the inclusion property of LRU the set after a prompt is the same whether blocks are dropped one by one or at
 * the end.
 */
export class PrefixIndex {
  readonly #sharedEnd: number;
  readonly #instances: number;
  readonly #words: number;
  readonly #capacity: number;
  /** Whether keys outside shared prefixes can come back with another request. */
  readonly #tracksAll: boolean;
  /** Bit i of the mask of a key: present on instance i. `words` words per key. */
  #masks: Int32Array;
  readonly #logs: readonly RecencyLog[];
  /** Grows when the mask of a key of a shared prefix changes: in the long run hardly ever. */
  #version = 1;
  /** By first key. */
  readonly #shared: SharedRun[] = [];

  /** @param remembers - `shared prefixes` where no other key can come back with another request */
  constructor(keys: BlockKeys, instances: number, remembers: 'shared prefixes' | 'all prompts', capacity = CAPACITY) {
    const tracksAll = remembers === 'all prompts';
    this.#sharedEnd = keys.sharedEnd;
    this.#instances = instances;
    this.#words = Math.ceil(instances / 32);
    this.#capacity = capacity;
    this.#tracksAll = tracksAll;
    const tracked = tracksAll ? keys.end : keys.sharedEnd;
    this.#masks = new Int32Array(tracked * this.#words);
    this.#logs = Array.from({ length: instances }, () => new RecencyLog(keys, tracked));
  }

  /** Number of leading blocks of the prompt that each instance has seen, into `matched`. */
  match(prompt: KeyRuns, matched: Float64Array): void {
    if (prompt.count === 0 || !this.#isTracked(prompt.first[0]!)) {
      matched.fill(0, 0, this.#instances);
      return;
    }
    const [key, length] = [prompt.first[0]!, prompt.length[0]!];
    if (key < this.#sharedEnd) matched.set(this.#sharedRun(key, length).counts);
    else {
      matched.fill(length, 0, this.#instances);
      this.#matchRun(key, length, 0, matched);
    }
    let k = length;
    for (let r = 1; r < prompt.count && this.#isTracked(prompt.first[r]!); r++) {
      const run = prompt.length[r]!;
      if (!this.#extend(k, run, matched)) return;
      this.#matchRun(prompt.first[r]!, run, k, matched);
      k += run;
    }
  }

  /** The prompt was routed to the instance. */
  touch(prompt: KeyRuns, instance: number): void {
    const log = this.#logs[instance]!;
    let k = 0;
    for (let r = 0; r < prompt.count; r++) {
      const key = prompt.first[r]!;
      const run = prompt.length[r]!;
      if (!this.#isTracked(key)) {
        // Own blocks that no other request can ask for: they only take space.
        log.appendAnonymous(prompt.blocks - k);
        break;
      }
      const isHeld = key < this.#sharedEnd && this.#sharedRun(key, run).counts[instance] === run;
      log.append(key, run, isHeld ? 0 : this.#mark(key, run, instance));
      k += run;
    }
    this.#shrink(log, instance);
  }

  /** Instances that match all of the first `k` blocks may match `run` more. @returns whether there are any */
  #extend(k: number, run: number, matched: Float64Array): boolean {
    let any = false;
    for (let i = 0; i < this.#instances; i++) {
      if (matched[i] !== k) continue;
      matched[i] = k + run;
      any = true;
    }
    return any;
  }

  /** Of the instances that match everything up to block `k` + `run`: cuts those that lack one of the run's keys. */
  #matchRun(key: number, run: number, k: number, matched: Float64Array): void {
    for (let word = 0; word < this.#words; word++) {
      let alive = 0;
      const first = word << 5;
      for (let i = first; i < this.#instances && i < first + 32; i++)
        if (matched[i] === k + run) alive |= 1 << (i & 31);
      const masks = this.#masks;
      for (let i = 0, at = key * this.#words + word; i < run && alive !== 0; i++, at += this.#words) {
        const now = at < masks.length ? alive & masks[at]! : 0;
        if (now === alive) continue;
        for (let rest = alive & ~now; rest !== 0; rest &= rest - 1) {
          matched[first + 31 - Math.clz32(rest & -rest)] = k + i;
        }
        alive = now;
      }
    }
  }

  /** What instances have of a run within a shared prefix. */
  #sharedRun(key: number, length: number): SharedRun {
    let known = this.#shared[key];
    if (known === undefined) {
      known = { length, version: 0, counts: new Float64Array(this.#instances) };
      this.#shared[key] = known;
    }
    if (known.version !== this.#version || known.length !== length) {
      known.version = this.#version;
      known.length = length;
      known.counts.fill(length);
      this.#matchRun(key, length, 0, known.counts);
    }
    return known;
  }

  /** The instance has the keys of a run from now on. @returns how many it had not */
  #mark(key: number, run: number, instance: number): number {
    if (this.#tracksAll) this.#coverKey(key + run - 1);
    const masks = this.#masks;
    const bit = 1 << (instance & 31);
    let fresh = 0;
    for (let i = 0, at = key * this.#words + (instance >> 5); i < run; i++, at += this.#words) {
      if ((masks[at]! & bit) !== 0) continue;
      masks[at] = masks[at]! | bit;
      fresh++;
    }
    if (fresh > 0 && key < this.#sharedEnd) this.#version++;
    return fresh;
  }

  /** Forgets what was used longest ago. */
  #shrink(log: RecencyLog, instance: number): void {
    while (log.size > this.#capacity) {
      const dropped = log.dropOldest(log.size - this.#capacity);
      if (dropped < 0) continue;
      const at = dropped * this.#words + (instance >> 5);
      this.#masks[at] = this.#masks[at]! & ~(1 << (instance & 31));
      if (dropped < this.#sharedEnd) this.#version++;
    }
  }

  #isTracked(key: number): boolean {
    return this.#tracksAll || key < this.#sharedEnd;
  }

  #coverKey(key: number): void {
    if ((key + 1) * this.#words <= this.#masks.length) return;
    const grown = new Int32Array(Math.max((key + 1) * this.#words, 2 * this.#masks.length));
    grown.set(this.#masks);
    this.#masks = grown;
  }
}
