import { PHASE, type RequestStates } from '../../request-states.ts';
import { type BlockKeys, NO_KEY } from '../block-keys.ts';
import { BEYOND, type GpuBlocks } from '../gpu-blocks.ts';
import type { TierParts } from '../tier-parts.ts';
import { ADMISSION, HOT, MirrorList, PLACED_IN, POSITION, WALKED_IN, WORDS } from './mirror-list.ts';

/** Share of the capacity up to which a batch's blocks may be kept out of the list. */
const LAZY_SHARE = 0.75;
/** A request whose own keys are here one by one. */
const SINGLES = -1;

/** A mirror asks the GPU blocks for what a request owns. */
export type MirrorParts = Omit<TierParts, 'owned'>;

/** An LRU set of block keys that every step touches with all blocks of the batch, in batch order. */
export interface BatchMirror {
  /** Number of keys held. */
  readonly size: number;
  readonly evicted: number;
  readonly mirrored: number;
  /** Whether keys of the request's own blocks, those after a shared prefix, may be here beside those of its walked blocks. */
  mayHoldOwn(request: number): boolean;
  /** A reload for the request wants this key: makes it the most recent one. False if it is not here. */
  touch(key: number, request: number): boolean;
  admitted(request: number): void;
  /** The request got blocks or filled one. */
  changed(request: number): void;
  /** The request leaves the batch; its blocks are still its own. */
  leaves(request: number): void;
  /** The batch, in order, touches all its blocks. */
  mirror(batch: Int32Array, size: number): void;
}

/** Running requests whose walked blocks begin with a whole shared prefix: together they are one owner of its keys. */
interface Joint {
  holders: number;
  /** Number of the mirror before the last of them left, and the latest admission among those that left since. */
  leftIn: number;
  admission: number;
}

/**
 * An LRU set of block keys that every step touches with all blocks of the batch, in batch order.
 *
 * Walking the batch each step would cost more than everything else together, and only its effect on the order of
 * eviction matters. So the list holds only *cold* keys, oldest first: those that no walked block of the batch has.
 * `HOT` counts the walked blocks of the batch by key; a key's place among the last touches follows from the place of
 * its owner, (admission, position in the owned list), which does not move while others leave. Work is left for the
 * requests that got blocks (dirty), for the keys that lost their last owner (leavers) and for keys touched by reloads.
 *
 * That is the same as the walk as long as evictions take only keys that were cold at the last walk. Otherwise the
 * true list is rebuilt and walked literally, until the batch is again well below the capacity.
 *
 * Own keys of a request, those after a shared prefix, need no nodes while they are hot, and one run when they get cold.
 * They become singles (`SINGLES`, for good) where that is not enough: a reload asks for one of them, they are walked
 * again after some were evicted, blocks are off the usual pattern, or walks are literal.
 */
export class MirrorCache implements BatchMirror {
  readonly #list: MirrorList;
  readonly #gpu: GpuBlocks;
  readonly #keys: BlockKeys;
  readonly #requests: RequestStates;
  readonly #usesRuns: boolean;
  /** By shared prefix. */
  readonly #joint: readonly Joint[];
  #literal = false;
  #mirrors = 0;
  #admissions = 0;
  /** Requests that got blocks since the last mirror, in batch order. */
  readonly #dirty: number[] = [];
  /** Nodes that lost their last owner since the last mirror. */
  #leavers: number[] = [];
  #isSorted = true;
  /** Whether a request has left since the last mirror. */
  #left = false;
  /** Singles touched by reloads since the last mirror, with the number of the touch. */
  readonly #touched: number[] = [];
  readonly #touches: number[] = [];
  #touchCount = 0;
  #touchesBefore = 0;
  /** By node; 0 where never touched. */
  #lastTouch = new Float64Array(64);

  constructor(capacity: number, parts: MirrorParts) {
    this.#list = new MirrorList(capacity, parts.index, () => parts.requests.mirrorRun);
    this.#gpu = parts.gpu;
    this.#keys = parts.keys;
    this.#requests = parts.requests;
    // With blocks of one token, blocks filled by decodes have no key.
    this.#usesRuns = parts.oneHome && parts.gpu.blockSize > 1;
    this.#joint = Array.from({ length: parts.keys.groups }, () => ({ holders: 0, leftIn: -1, admission: 0 }));
  }

  get size(): number {
    return this.#list.size;
  }

  get evicted(): number {
    return this.#list.evicted;
  }

  get mirrored(): number {
    return this.#list.mirrored;
  }

  mayHoldOwn(request: number): boolean {
    return !this.#usesRuns || this.#requests.mirrorRun[request] !== 0;
  }

  touch(key: number, request: number): boolean {
    if (this.#requests.mirrorRun[request]! > 0) this.#toSingles(request);
    const list = this.#list;
    const single = list.find(key);
    if (single === 0) return false;
    if (this.#literal) {
      list.unlink(single);
      list.append(single);
      return true;
    }
    if (list.words[WORDS * single + HOT] === 0) list.unlink(single);
    if (single >= this.#lastTouch.length) this.#growTouches(single);
    this.#lastTouch[single] = ++this.#touchCount;
    this.#touched.push(single);
    this.#touches.push(this.#touchCount);
    return true;
  }

  admitted(request: number): void {
    this.#requests.walked[request] = 0;
    this.#requests.admission[request] = ++this.#admissions;
  }

  changed(request: number): void {
    if (!this.#literal && this.#gpu.settled(request) > this.#requests.walked[request]!) this.#dirty.push(request);
  }

  leaves(request: number): void {
    const q = this.#requests;
    const walked = q.walked[request]!;
    if (this.#literal || walked === 0 || q.phase[request] !== PHASE.running) return;
    this.#left = true;
    const first = this.#firstOwn(request);
    if (walked > first && q.mirrorRun[request]! > 0) this.#toSingles(request);
    const inRun = walked > first && q.mirrorRun[request] === 0;
    const jointly = q.mirrorJoint[request] === 1;
    if (jointly) this.#leaveJoint(request, first);
    this.#cool(request, jointly ? first : 0, inRun ? first : walked, q.admission[request]!);
    q.walked[request] = 0;
    if (inRun) this.#addLeaver(this.#list.addRun(request, first, walked, q.admission[request]!));
  }

  mirror(batch: Int32Array, size: number): void {
    if (this.#literal) this.#walk(batch, size);
    else if (this.#left || this.#dirty.length + this.#touched.length > 0) {
      if (this.#isSafe()) this.#mirrorLazily();
      else {
        this.#rebuild(batch, size);
        this.#walk(batch, size);
      }
      this.#dirty.length = 0;
      this.#leavers.length = 0;
      this.#isSorted = true;
      this.#left = false;
      this.#touched.length = 0;
      this.#touches.length = 0;
      this.#touchesBefore = this.#touchCount;
      this.#mirrors++;
    }
  }

  /** Position of the first block that nobody else can have; beyond the last where there may be none such. */
  #firstOwn(request: number): number {
    return this.#usesRuns ? this.#keys.firstOwn(this.#requests.row[request]!) : BEYOND;
  }

  /** A request whose first `count` blocks are a whole shared prefix begins to hold them. */
  #joins(request: number, count: number): boolean {
    const q = this.#requests;
    if (q.walked[request]! > 0 || q.aligned[request] === 0) return false;
    const group = this.#keys.wholeGroup(q.row[request]!);
    if (group < 0) return false;
    q.mirrorJoint[request] = 1;
    if (this.#joint[group]!.holders++ === 0) this.#heat(request, 0, count);
    return true;
  }

  /** The last holder's departure counts, with the place of the holder that was admitted last. */
  #leaveJoint(request: number, count: number): void {
    const q = this.#requests;
    const joint = this.#joint[this.#keys.wholeGroup(q.row[request]!)]!;
    const admission = q.admission[request]!;
    joint.admission = joint.leftIn === this.#mirrors ? Math.max(joint.admission, admission) : admission;
    joint.leftIn = this.#mirrors;
    q.mirrorJoint[request] = 0;
    if (--joint.holders === 0) this.#cool(request, 0, count, joint.admission);
  }

  /** Walked blocks [from, to) of a request lose an owner that was admitted as number `admission`. */
  #cool(request: number, from: number, to: number, admission: number): void {
    const gpu = this.#gpu;
    const list = this.#list;
    const { words } = list;
    const mirrors = this.#mirrors;
    for (let i = from; i < to; i++) {
      const key = gpu.contentOf(request, i);
      if (key === NO_KEY) continue;
      const single = list.known(key);
      const base = WORDS * single;
      this.#place(base, mirrors, admission, i);
      const hot = words[base + HOT]! - 1;
      words[base + HOT] = hot;
      if (hot === 0) this.#addLeaver(single);
    }
  }

  #addLeaver(node: number): void {
    const count = this.#leavers.length;
    if (count > 0 && this.#isSorted && this.#byPlace(this.#leavers[count - 1]!, node) > 0) this.#isSorted = false;
    this.#leavers.push(node);
  }

  /** New blocks can evict, or turn hot, at most one cold key each. */
  #isSafe(): boolean {
    const q = this.#requests;
    let fresh = 0;
    for (const request of this.#dirty) {
      if (q.phase[request] === PHASE.running) fresh += q.ownedCount[request]! - q.walked[request]!;
    }
    return this.#list.size + fresh <= this.#list.capacity || this.#list.listed >= fresh;
  }

  #mirrorLazily(): void {
    const leavers = this.#leavers;
    if (!this.#isSorted) leavers.sort((a, b) => this.#byPlace(a, b));
    if (this.#touched.length === 0) for (let i = 0; i < leavers.length; i++) this.#list.append(leavers[i]!);
    else this.#appendUntouched(leavers);
    const q = this.#requests;
    for (const request of this.#dirty) {
      if (q.phase[request] !== PHASE.running) continue;
      // Off the usual pattern, own keys may stand anywhere.
      if (q.aligned[request] === 0) this.#toSingles(request);
      const count = this.#gpu.settled(request);
      const first = this.#firstOwn(request);
      const shared = Math.min(count, first);
      if (shared < first || !this.#joins(request, first)) this.#heat(request, q.walked[request]!, shared);
      const own = Math.max(q.walked[request]!, first);
      if (own < count && !this.#heatRun(request, own, count)) this.#heat(request, own, count);
      q.walked[request] = count;
    }
  }

  /** Walks blocks [from, to) of a request, one by one. */
  #heat(request: number, from: number, to: number): void {
    const gpu = this.#gpu;
    const list = this.#list;
    for (let i = from; i < to; i++) {
      const key = gpu.contentOf(request, i);
      if (key === NO_KEY) continue;
      let single = list.find(key);
      if (single === 0) single = this.#insert(key);
      else if (list.words[WORDS * single + HOT] === 0) list.unlink(single);
      list.words[WORDS * single + HOT]!++;
    }
  }

  /** Walks own blocks [from, to) as one. @returns false if they have to be walked one by one, and now can be */
  #heatRun(request: number, from: number, to: number): boolean {
    const q = this.#requests;
    const run = q.mirrorRun[request]!;
    if (run === SINGLES) return false;
    if (run > 0 && this.#list.from(run) !== from) {
      this.#toSingles(request);
      return false;
    }
    const known = run > 0 ? this.#list.takeFront(run, to - from) : 0;
    if (known < to - from) this.#list.insertUnnamed(to - from - known);
    return true;
  }

  /** From now on own keys of the request have nodes of their own. */
  #toSingles(request: number): void {
    const q = this.#requests;
    const list = this.#list;
    const row = q.row[request]!;
    const keyOf = (position: number) => this.#keys.key(row, position);
    const run = q.mirrorRun[request]!;
    if (run > 0) {
      const place = list.isListed(run) ? -1 : this.#leavers.indexOf(run);
      const singles = list.split(run, keyOf);
      if (place >= 0) {
        for (const single of singles) list.words[WORDS * single + PLACED_IN] = this.#mirrors;
        this.#leavers = [...this.#leavers.slice(0, place), ...singles, ...this.#leavers.slice(place + 1)];
      }
      for (const single of singles) this.#untouched(single);
    }
    if (run !== SINGLES && q.phase[request] === PHASE.running) {
      for (let i = this.#firstOwn(request); i < q.walked[request]!; i++) {
        const single = list.name(keyOf(i));
        list.words[WORDS * single + HOT] = 1;
        this.#untouched(single);
      }
    }
    q.mirrorRun[request] = SINGLES;
  }

  #appendUntouched(nodes: readonly number[]): void {
    for (const node of nodes) if (!this.#isTouched(node)) this.#list.append(node);
    this.#appendTouched();
  }

  #appendTouched(): void {
    const list = this.#list;
    for (let i = 0; i < this.#touched.length; i++) {
      const single = this.#touched[i]!;
      if (list.words[WORDS * single + HOT] === 0 && this.#lastTouch[single] === this.#touches[i]) list.append(single);
    }
  }

  /** Puts every key into the list, as a literal walk at the last mirror and the touches since would have left it. */
  #rebuild(batch: Int32Array, size: number): void {
    const q = this.#requests;
    const gpu = this.#gpu;
    const list = this.#list;
    for (let b = 0; b < size; b++) this.#toSingles(batch[b]!);
    for (const node of [...this.#leavers, ...list.runs()]) {
      if (list.isRun(node)) this.#toSingles(list.requestOf(node));
    }
    const singles = this.#leavers.slice();
    const { words } = list;
    for (let b = 0; b < size; b++) {
      const request = batch[b]!;
      for (let i = 0; i < q.walked[request]!; i++) {
        const key = gpu.contentOf(request, i);
        if (key === NO_KEY) continue;
        const single = list.known(key);
        this.#place(WORDS * single, this.#mirrors, this.#lastAdmission(request, i), i);
        if (words[WORDS * single + HOT]! > 0) {
          singles.push(single);
          words[WORDS * single + HOT] = 0;
        }
      }
      q.walked[request] = 0;
      q.mirrorJoint[request] = 0;
    }
    for (const joint of this.#joint) joint.holders = 0;
    singles.sort((a, b) => this.#byPlace(a, b));
    this.#appendUntouched(singles);
    this.#literal = true;
  }

  /** The latest admission, that a request knows of, of an owner of its block since the last mirror. */
  #lastAdmission(request: number, position: number): number {
    const q = this.#requests;
    const own = q.admission[request]!;
    if (q.mirrorJoint[request] === 0 || position >= this.#firstOwn(request)) return own;
    const joint = this.#joint[this.#keys.wholeGroup(q.row[request]!)]!;
    return joint.leftIn === this.#mirrors ? Math.max(own, joint.admission) : own;
  }

  #walk(batch: Int32Array, size: number): void {
    const q = this.#requests;
    const gpu = this.#gpu;
    const list = this.#list;
    const mirror = ++this.#mirrors;
    let distinct = 0;
    for (let b = 0; b < size; b++) {
      const request = batch[b]!;
      const count = q.ownedCount[request]!;
      q.mirrorRun[request] = SINGLES;
      for (let i = 0; i < count; i++) {
        const key = gpu.contentOf(request, i);
        if (key === NO_KEY) continue;
        let single = list.find(key);
        if (single === 0) single = this.#insert(key);
        else list.unlink(single);
        list.append(single);
        if (list.words[WORDS * single + WALKED_IN] !== mirror) {
          list.words[WORDS * single + WALKED_IN] = mirror;
          distinct++;
        }
      }
    }
    if (distinct <= LAZY_SHARE * list.capacity) this.#becomeLazy(batch, size);
  }

  #becomeLazy(batch: Int32Array, size: number): void {
    const q = this.#requests;
    const list = this.#list;
    for (let b = 0; b < size; b++) {
      const request = batch[b]!;
      const count = this.#gpu.settled(request);
      for (let i = 0; i < count; i++) {
        const key = this.#gpu.contentOf(request, i);
        if (key === NO_KEY) continue;
        const single = list.known(key);
        if (list.words[WORDS * single + HOT]!++ === 0) list.unlink(single);
      }
      q.walked[request] = count;
    }
    this.#literal = false;
  }

  #insert(key: number): number {
    const single = this.#list.insert(key);
    this.#untouched(single);
    return single;
  }

  #isTouched(node: number): boolean {
    return node < this.#lastTouch.length && !this.#list.isRun(node) && this.#lastTouch[node]! > this.#touchesBefore;
  }

  #untouched(single: number): void {
    if (single < this.#lastTouch.length) this.#lastTouch[single] = 0;
  }

  #growTouches(single: number): void {
    const grown = new Float64Array(2 * single);
    grown.set(this.#lastTouch);
    this.#lastTouch = grown;
  }

  /** Notes a place in the walk of the last mirror if it is the single's latest. @param base - its first word */
  #place(base: number, mirrors: number, admission: number, position: number): void {
    const { words } = this.#list;
    if (words[base + PLACED_IN] === mirrors) {
      const known = words[base + ADMISSION]!;
      if (known > admission || (known === admission && words[base + POSITION]! >= position)) return;
    }
    words[base + PLACED_IN] = mirrors;
    words[base + ADMISSION] = admission;
    words[base + POSITION] = position;
  }

  #byPlace(a: number, b: number): number {
    const { words } = this.#list;
    const earlier = words[WORDS * a + ADMISSION]! - words[WORDS * b + ADMISSION]!;
    return earlier !== 0 ? earlier : words[WORDS * a + POSITION]! - words[WORDS * b + POSITION]!;
  }
}
