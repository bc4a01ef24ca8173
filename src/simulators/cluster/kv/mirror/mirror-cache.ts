import type { RequestsOf } from '../../column-owners.ts';
import type { RequestIndex } from '../../indices.ts';
import { PHASE } from '../../request-states.ts';
import { type BlockKeys, NO_KEY } from '../block-keys.ts';
import type { GpuBlocks } from '../gpu-blocks.ts';
import { WORDS } from '../lru-nodes.ts';
import { BEYOND } from '../run-blocks.ts';
import type { BatchMirror, MirrorParts } from './batch-mirror.ts';
import { JointPrefixes } from './joint-prefixes.ts';
import { LiteralWalk } from './literal-walk.ts';
import { byPlace, HOT, MirrorList, notePlace, PLACED_IN, SINGLES } from './mirror-list.ts';
import { ReloadTouches } from './reload-touches.ts';

/** Share of the capacity up to which a batch's blocks may be kept out of the list. */
const LAZY_SHARE = 0.75;

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
  readonly #requests: RequestsOf<'kv/mirror/mirror-cache.ts'>;
  readonly #usesRuns: boolean;
  readonly #joint: JointPrefixes;
  readonly #touches = new ReloadTouches();
  readonly #walk: LiteralWalk;
  #literal = false;
  #mirrors = 0;
  #admissions = 0;
  /** Requests that got blocks since the last mirror, in batch order. */
  readonly #dirty: RequestIndex[] = [];
  /** Nodes that lost their last owner since the last mirror. */
  #leavers: number[] = [];
  #isSorted = true;
  /** Whether a request has left since the last mirror. */
  #left = false;

  constructor(capacity: number, parts: MirrorParts) {
    const { gpu, keys, requests } = parts;
    this.#list = new MirrorList(capacity, parts.index, requests);
    this.#gpu = gpu;
    this.#keys = keys;
    this.#requests = requests;
    // With blocks of one token, blocks filled by decodes have no key.
    this.#usesRuns = parts.oneHome && gpu.blockSize > 1;
    this.#joint = new JointPrefixes(keys, requests);
    this.#walk = new LiteralWalk({ list: this.#list, gpu, keys, requests, joint: this.#joint, touches: this.#touches });
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

  mayHoldOwn(request: RequestIndex): boolean {
    return !this.#usesRuns || this.#requests.mirrorRun[request] !== 0;
  }

  touch(key: number, request: RequestIndex): boolean {
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
    this.#touches.add(single);
    return true;
  }

  admitted(request: RequestIndex): void {
    this.#requests.walked[request] = 0;
    this.#requests.admission[request] = ++this.#admissions;
  }

  changed(request: RequestIndex): void {
    if (!this.#literal && this.#gpu.runs.settled(request) > this.#requests.walked[request]!) this.#dirty.push(request);
  }

  leaves(request: RequestIndex): void {
    const q = this.#requests;
    const walked = q.walked[request]!;
    if (this.#literal || walked === 0 || q.phase[request] !== PHASE.running) return;
    this.#left = true;
    const first = this.#firstOwn(request);
    if (walked > first && q.mirrorRun[request]! > 0) this.#toSingles(request);
    const inRun = walked > first && q.mirrorRun[request] === 0;
    const admission = q.admission[request]!;
    const jointly = this.#joint.holds(request);
    if (jointly) {
      const last = this.#joint.leave(request, this.#mirrors);
      if (last > 0) this.#cool(request, 0, first, last);
    }
    this.#cool(request, jointly ? first : 0, inRun ? first : walked, admission);
    q.walked[request] = 0;
    if (inRun) this.#addLeaver(this.#list.addRun(request, first, walked, admission));
  }

  mirror(batch: Int32Array, size: number): void {
    if (this.#literal) this.#walkLiterally(batch, size);
    else if (this.#left || this.#dirty.length + this.#touches.length > 0) {
      if (this.#isSafe()) this.#mirrorLazily();
      else {
        this.#rebuild(batch, size);
        this.#walkLiterally(batch, size);
      }
      this.#dirty.length = 0;
      this.#leavers.length = 0;
      this.#isSorted = true;
      this.#left = false;
      this.#touches.clear();
      this.#mirrors++;
    }
  }

  /** Position of the first block that nobody else can have; beyond the last where there may be none such. */
  #firstOwn(request: RequestIndex): number {
    return this.#usesRuns ? this.#keys.firstOwn(this.#requests.row[request]!) : BEYOND;
  }

  /** Walked blocks [from, to) of a request lose an owner that was admitted as number `admission`. */
  #cool(request: RequestIndex, from: number, to: number, admission: number): void {
    const gpu = this.#gpu;
    const list = this.#list;
    const { words } = list;
    const mirrors = this.#mirrors;
    for (let i = from; i < to; i++) {
      const key = gpu.contentOf(request, i);
      if (key === NO_KEY) continue;
      const single = list.known(key);
      const base = WORDS * single;
      notePlace(words, base, mirrors, admission, i);
      const hot = words[base + HOT]! - 1;
      words[base + HOT] = hot;
      if (hot === 0) this.#addLeaver(single);
    }
  }

  #addLeaver(node: number): void {
    const leavers = this.#leavers;
    const count = leavers.length;
    if (count > 0 && this.#isSorted && byPlace(this.#list.words, leavers[count - 1]!, node) > 0) this.#isSorted = false;
    leavers.push(node);
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
    this.#appendLeavers();
    const q = this.#requests;
    for (const request of this.#dirty) {
      if (q.phase[request] !== PHASE.running) continue;
      // Off the usual pattern, own keys may stand anywhere.
      if (q.aligned[request] === 0) this.#toSingles(request);
      const count = this.#gpu.runs.settled(request);
      const first = this.#firstOwn(request);
      const shared = Math.min(count, first);
      const joined = shared < first ? 'apart' : this.#joint.join(request);
      if (joined === 'first') this.#heat(request, 0, first);
      else if (joined === 'apart') this.#heat(request, q.walked[request]!, shared);
      const own = Math.max(q.walked[request]!, first);
      if (own < count && !this.#heatRun(request, own, count)) this.#heat(request, own, count);
      q.walked[request] = count;
    }
  }

  #appendLeavers(): void {
    const list = this.#list;
    const touches = this.#touches;
    const leavers = this.#leavers;
    if (!this.#isSorted) leavers.sort((a, b) => byPlace(list.words, a, b));
    const untouched = touches.length === 0;
    for (const node of leavers) if (untouched || list.isRun(node) || !touches.has(node)) list.append(node);
    touches.appendTo(list);
  }

  /** Walks blocks [from, to) of a request, one by one. */
  #heat(request: RequestIndex, from: number, to: number): void {
    const gpu = this.#gpu;
    const list = this.#list;
    for (let i = from; i < to; i++) {
      const key = gpu.contentOf(request, i);
      if (key === NO_KEY) continue;
      let single = list.find(key);
      if (single === 0) {
        single = list.insert(key);
        this.#touches.forget(single);
      } else if (list.words[WORDS * single + HOT] === 0) list.unlink(single);
      list.words[WORDS * single + HOT]!++;
    }
  }

  /** Walks own blocks [from, to) as one. @returns false if they have to be walked one by one, and now can be */
  #heatRun(request: RequestIndex, from: number, to: number): boolean {
    const run = this.#requests.mirrorRun[request]!;
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
  #toSingles(request: RequestIndex): void {
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
      for (const single of singles) this.#touches.forget(single);
    }
    if (run !== SINGLES && q.phase[request] === PHASE.running) {
      for (let i = this.#firstOwn(request); i < q.walked[request]!; i++) {
        const single = list.name(keyOf(i));
        list.words[WORDS * single + HOT] = 1;
        this.#touches.forget(single);
      }
    }
    list.markSingles(request);
  }

  #rebuild(batch: Int32Array, size: number): void {
    const list = this.#list;
    for (let b = 0; b < size; b++) this.#toSingles(batch[b]! as RequestIndex);
    for (const node of [...this.#leavers, ...list.runs()]) {
      if (list.isRun(node)) this.#toSingles(list.requestOf(node));
    }
    this.#walk.rebuild(batch, size, this.#leavers, this.#mirrors);
    for (let b = 0; b < size; b++) this.#requests.walked[batch[b]! as RequestIndex] = 0;
    this.#joint.dissolve(batch, size);
    this.#literal = true;
  }

  /** One step of walking, and back to lazy keeping where the batch is well below the capacity. */
  #walkLiterally(batch: Int32Array, size: number): void {
    const distinct = this.#walk.walk(batch, size, ++this.#mirrors);
    if (distinct > LAZY_SHARE * this.#list.capacity) return;
    this.#walk.recount(batch, size);
    for (let b = 0; b < size; b++) {
      const request = batch[b]! as RequestIndex;
      this.#requests.walked[request] = this.#gpu.runs.settled(request);
    }
    this.#literal = false;
  }
}
