import { NO_KEY } from './block-keys.ts';
import type { GpuBlocks } from './gpu-blocks.ts';
import type { KeyMap } from './key-map.ts';
import type { OwnedBlocks } from './owned-blocks.ts';
import { PHASE, type RequestStates } from './request-states.ts';

/** Words of a slot, side by side for the sake of the processor's cache. */
const WORDS = 8;
const KEY = 0;
/** List through sentinel 0, oldest at the head. A slot outside the list links to itself. */
const NEXT = 1;
const PREVIOUS = 2;
/** Walked blocks of the batch that have the key. */
const HOT = 3;
/** Number of the mirror before the latest place of a former owner was noted, and the place. */
const PLACED_IN = 4;
const ADMISSION = 5;
const POSITION = 6;
/** Number of the mirror in which the slot was walked last (literal walks only). */
const WALKED_IN = 7;

/** Share of the capacity up to which a batch's blocks may be kept out of the list. */
const LAZY_SHARE = 0.75;

export interface MirrorParts {
  readonly gpu: GpuBlocks;
  readonly owned: OwnedBlocks;
  readonly requests: RequestStates;
  readonly index: KeyMap;
}

/** An LRU set of block keys that every step touches with all blocks of the batch, in batch order. */
export interface BatchMirror {
  /** Number of keys held. */
  readonly size: number;
  readonly evicted: number;
  readonly mirrored: number;
  /** A reload wants this key: makes it the most recent one. False if it is not here. */
  touch(key: number): boolean;
  admitted(request: number): void;
  /** The request got blocks or filled one. */
  changed(request: number): void;
  /** The request leaves the batch; its blocks are still its own. */
  leaves(request: number): void;
  /** The batch, in order, touches all its blocks. */
  mirror(batch: Int32Array, size: number): void;
}

/**
 * An LRU set of block keys that every step touches with all blocks of the batch, in batch order.
 *
 * Walking the batch each step would cost more than everything else together, and only its effect on the order of
 * eviction matters. So the list holds only *cold* keys, oldest first: those that no walked block of the batch has.
 * `hot` counts the walked blocks of the batch by key; a key's place among the last touches follows from the place of
 * its owner, (admission, position in the owned list), which does not move while others leave. Work is left for the
 * requests that got blocks (dirty), for the keys that lost their last owner (leavers) and for keys touched by reloads.
 *
 * That is the same as the walk as long as evictions take only keys that were cold at the last walk. Otherwise the
 * true list is rebuilt and walked literally, until the batch is again well below the capacity.
 */
export class MirrorCache implements BatchMirror {
  readonly capacity: number;
  size = 0;
  evicted = 0;
  mirrored = 0;
  readonly #gpu: GpuBlocks;
  readonly #owned: OwnedBlocks;
  readonly #requests: RequestStates;
  /** Slot by key; valid while the slot has that key. */
  readonly #index: KeyMap;
  readonly #slots: Int32Array;
  #listed = 0;
  #literal = false;
  #mirrors = 0;
  #admissions = 0;
  /** Requests that got blocks since the last mirror, in batch order. */
  #dirty: number[] = [];
  /** Slots that lost their last owner since the last mirror. */
  #leavers: number[] = [];
  #isSorted = true;
  /** Whether a request has left since the last mirror. */
  #left = false;
  /** Slots touched by reloads since the last mirror, with the number of the touch. */
  #touched: number[] = [];
  #touches: number[] = [];
  #touchCount = 0;
  #touchesBefore = 0;
  readonly #lastTouch: Float64Array;

  constructor(capacity: number, parts: MirrorParts) {
    this.capacity = capacity;
    this.#gpu = parts.gpu;
    this.#owned = parts.owned;
    this.#requests = parts.requests;
    this.#index = parts.index;
    this.#slots = new Int32Array(WORDS * (capacity + 1));
    this.#lastTouch = new Float64Array(capacity + 1);
  }

  touch(key: number): boolean {
    const slot = this.#find(key);
    if (slot === 0) return false;
    if (this.#literal) {
      this.#unlink(slot);
      this.#append(slot);
      return true;
    }
    if (this.#slots[WORDS * slot + HOT] === 0) this.#unlink(slot);
    this.#lastTouch[slot] = ++this.#touchCount;
    this.#touched.push(slot);
    this.#touches.push(this.#touchCount);
    return true;
  }

  admitted(request: number): void {
    this.#requests.walked[request] = 0;
    this.#requests.admission[request] = ++this.#admissions;
  }

  changed(request: number): void {
    if (!this.#literal && this.#settled(request) > this.#requests.walked[request]!) this.#dirty.push(request);
  }

  leaves(request: number): void {
    const q = this.#requests;
    const walked = q.walked[request]!;
    if (this.#literal || walked === 0 || q.phase[request] !== PHASE.running) return;
    const { slab } = this.#owned;
    const at = q.ownedAt[request]!;
    const gpu = this.#gpu;
    const admission = q.admission[request]!;
    const slots = this.#slots;
    const mirrors = this.#mirrors;
    this.#left = true;
    for (let i = 0; i < walked; i++) {
      const key = gpu.keyOf(slab[at + i]!);
      if (key === NO_KEY) continue;
      const slot = this.#index.get(key);
      const base = WORDS * slot;
      this.#place(base, mirrors, admission, i);
      const hot = slots[base + HOT]! - 1;
      slots[base + HOT] = hot;
      if (hot === 0) this.#addLeaver(slot);
    }
    q.walked[request] = 0;
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

  #addLeaver(slot: number): void {
    const count = this.#leavers.length;
    if (count > 0 && this.#isSorted && this.#byPlace(this.#leavers[count - 1]!, slot) > 0) this.#isSorted = false;
    this.#leavers.push(slot);
  }

  #find(key: number): number {
    const slot = this.#index.get(key);
    return slot > 0 && this.#slots[WORDS * slot + KEY] === key ? slot : 0;
  }

  /** New blocks can evict, or turn hot, at most one cold key each. */
  #isSafe(): boolean {
    const q = this.#requests;
    let fresh = 0;
    for (const request of this.#dirty) {
      if (q.phase[request] === PHASE.running) fresh += q.ownedCount[request]! - q.walked[request]!;
    }
    return this.size + fresh <= this.capacity || this.#listed >= fresh;
  }

  #mirrorLazily(): void {
    const leavers = this.#leavers;
    if (!this.#isSorted) leavers.sort((a, b) => this.#byPlace(a, b));
    if (this.#touched.length === 0) for (let i = 0; i < leavers.length; i++) this.#append(leavers[i]!);
    else {
      for (const slot of leavers) if (!this.#isTouched(slot)) this.#append(slot);
      this.#appendTouched();
    }
    const q = this.#requests;
    const { slab } = this.#owned;
    const gpu = this.#gpu;
    const slots = this.#slots;
    for (const request of this.#dirty) {
      if (q.phase[request] !== PHASE.running) continue;
      const at = q.ownedAt[request]!;
      const count = this.#settled(request);
      for (let i = q.walked[request]!; i < count; i++) {
        const key = gpu.keyOf(slab[at + i]!);
        if (key === NO_KEY) continue;
        let slot = this.#find(key);
        if (slot === 0) slot = this.#insert(key);
        else if (slots[WORDS * slot + HOT] === 0) this.#unlink(slot);
        slots[WORDS * slot + HOT]!++;
      }
      q.walked[request] = count;
    }
  }

  /** Owned blocks whose content is final: the last one may still be filling. */
  #settled(request: number): number {
    const q = this.#requests;
    const count = q.ownedCount[request]!;
    return q.room[request]! > 0 ? count - 1 : count;
  }

  #appendTouched(): void {
    for (let i = 0; i < this.#touched.length; i++) {
      const slot = this.#touched[i]!;
      if (this.#slots[WORDS * slot + HOT] === 0 && this.#lastTouch[slot] === this.#touches[i]) this.#append(slot);
    }
  }

  /** Puts every key into the list, as a literal walk at the last mirror and the touches since would have left it. */
  #rebuild(batch: Int32Array, size: number): void {
    const q = this.#requests;
    const { slab } = this.#owned;
    const gpu = this.#gpu;
    const slots = this.#leavers.slice();
    for (let b = 0; b < size; b++) {
      const request = batch[b]!;
      const at = q.ownedAt[request]!;
      for (let i = 0; i < q.walked[request]!; i++) {
        const key = gpu.keyOf(slab[at + i]!);
        if (key === NO_KEY) continue;
        const slot = this.#index.get(key);
        this.#place(WORDS * slot, this.#mirrors, q.admission[request]!, i);
        if (this.#slots[WORDS * slot + HOT]! > 0) {
          slots.push(slot);
          this.#slots[WORDS * slot + HOT] = 0;
        }
      }
      q.walked[request] = 0;
    }
    slots.sort((a, b) => this.#byPlace(a, b));
    for (const slot of slots) if (!this.#isTouched(slot)) this.#append(slot);
    this.#appendTouched();
    this.#literal = true;
  }

  #walk(batch: Int32Array, size: number): void {
    const q = this.#requests;
    const { slab } = this.#owned;
    const gpu = this.#gpu;
    const mirror = ++this.#mirrors;
    let distinct = 0;
    for (let b = 0; b < size; b++) {
      const request = batch[b]!;
      const at = q.ownedAt[request]!;
      const count = q.ownedCount[request]!;
      for (let i = 0; i < count; i++) {
        const key = gpu.keyOf(slab[at + i]!);
        if (key === NO_KEY) continue;
        let slot = this.#find(key);
        if (slot === 0) slot = this.#insert(key);
        else this.#unlink(slot);
        this.#append(slot);
        if (this.#slots[WORDS * slot + WALKED_IN] !== mirror) {
          this.#slots[WORDS * slot + WALKED_IN] = mirror;
          distinct++;
        }
      }
    }
    if (distinct <= LAZY_SHARE * this.capacity) this.#becomeLazy(batch, size);
  }

  #becomeLazy(batch: Int32Array, size: number): void {
    const q = this.#requests;
    const { slab } = this.#owned;
    for (let b = 0; b < size; b++) {
      const request = batch[b]!;
      const at = q.ownedAt[request]!;
      const count = this.#settled(request);
      for (let i = 0; i < count; i++) {
        const key = this.#gpu.keyOf(slab[at + i]!);
        if (key === NO_KEY) continue;
        const slot = this.#index.get(key);
        if (this.#slots[WORDS * slot + HOT]!++ === 0) this.#unlink(slot);
      }
      q.walked[request] = count;
    }
    this.#literal = false;
  }

  /** A slot outside the list for a new key; the oldest key goes if the cache is full. */
  #insert(key: number): number {
    let slot: number;
    if (this.size < this.capacity) {
      slot = ++this.size;
      this.#slots[WORDS * slot + NEXT] = slot;
    } else {
      slot = this.#slots[NEXT]!;
      this.#unlink(slot);
      this.evicted++;
    }
    this.#slots[WORDS * slot + KEY] = key;
    this.#slots[WORDS * slot + WALKED_IN] = 0;
    this.#slots[WORDS * slot + PLACED_IN] = -1;
    this.#lastTouch[slot] = 0;
    this.#index.set(key, slot);
    this.mirrored++;
    return slot;
  }

  #append(slot: number): void {
    const slots = this.#slots;
    const tail = slots[PREVIOUS]!;
    slots[WORDS * tail + NEXT] = slot;
    slots[WORDS * slot + PREVIOUS] = tail;
    slots[WORDS * slot + NEXT] = 0;
    slots[PREVIOUS] = slot;
    this.#listed++;
  }

  /** Takes a slot out of the list; one that is not in it stays as it is. */
  #unlink(slot: number): void {
    const slots = this.#slots;
    const after = slots[WORDS * slot + NEXT]!;
    if (after === slot) return;
    const before = slots[WORDS * slot + PREVIOUS]!;
    slots[WORDS * before + NEXT] = after;
    slots[WORDS * after + PREVIOUS] = before;
    slots[WORDS * slot + NEXT] = slot;
    this.#listed--;
  }

  #isTouched(slot: number): boolean {
    return this.#lastTouch[slot]! > this.#touchesBefore;
  }

  /** Notes a place in the walk of the last mirror if it is the slot's latest. @param base - first word of the slot */
  #place(base: number, mirrors: number, admission: number, position: number): void {
    const slots = this.#slots;
    if (slots[base + PLACED_IN] === mirrors) {
      const known = slots[base + ADMISSION]!;
      if (known > admission || (known === admission && slots[base + POSITION]! >= position)) return;
    }
    slots[base + PLACED_IN] = mirrors;
    slots[base + ADMISSION] = admission;
    slots[base + POSITION] = position;
  }

  #byPlace(a: number, b: number): number {
    const slots = this.#slots;
    const earlier = slots[WORDS * a + ADMISSION]! - slots[WORDS * b + ADMISSION]!;
    return earlier !== 0 ? earlier : slots[WORDS * a + POSITION]! - slots[WORDS * b + POSITION]!;
  }
}
