import { type BlockKeys, NO_KEY } from './block-keys.ts';
import type { KvTierConfig } from './engine-config.ts';
import type { GpuBlocks } from './gpu-blocks.ts';
import type { KeyMap } from './key-map.ts';
import type { KvTier } from './kv-tier.ts';
import { MirrorCache } from './mirror-cache.ts';
import type { OwnedBlocks } from './owned-blocks.ts';
import type { RequestStates } from './request-states.ts';

export interface TierParts {
  readonly gpu: GpuBlocks;
  readonly keys: BlockKeys;
  readonly owned: OwnedBlocks;
  readonly requests: RequestStates;
  /** A fresh column by block key. */
  readonly index: KeyMap;
}

/**
 * A CPU tier that mirrors what the running batch has in GPU blocks, and from which prompts are reloaded into free GPU
 * blocks. A reload does not shorten the prefill of the request that causes it; its step pays for the transfer.
 */
export class TieredKv implements KvTier {
  /** Allocations that failed without any reload. */
  misses = 0;
  reloads = 0;
  readonly cache: MirrorCache;
  readonly #gpu: GpuBlocks;
  readonly #keys: BlockKeys;
  readonly #owned: OwnedBlocks;
  readonly #requests: RequestStates;
  readonly #blockTransferUs: number;
  #transferUs = 0;
  /** Second result buffer of look-ups. */
  #spare = new Int32Array(64);

  constructor(config: Extract<KvTierConfig, { kind: 'tiered' }>, parts: TierParts) {
    this.#gpu = parts.gpu;
    this.#keys = parts.keys;
    this.#owned = parts.owned;
    this.#requests = parts.requests;
    this.#blockTransferUs = config.transferBaseLatency + Math.ceil(parts.gpu.blockSize / config.transferBandwidth);
    this.cache = new MirrorCache(config.cpuBlocks, parts);
  }

  allocate(request: number, start: number, end: number, cached: number, prefill: boolean): boolean {
    const gpu = this.#gpu;
    const reloaded = this.#reload(request, cached);
    let fits: boolean;
    if (reloaded > 0) fits = this.#allocateReloaded(request, start, end, cached, prefill);
    else {
      fits = gpu.allocate(request, start, end, cached, prefill);
      if (!fits) this.misses++;
    }
    if (fits) this.cache.changed(request);
    return fits;
  }

  decodesDirectly(request: number): boolean {
    const q = this.#requests;
    return q.ownedCount[request]! >= Math.floor(q.inputTokens[request]! / this.#gpu.blockSize);
  }

  setClock(): void {}

  isDeferred(): boolean {
    return false;
  }

  mirror(batch: Int32Array, size: number): void {
    this.cache.mirror(batch, size);
  }

  admitted(request: number): void {
    this.cache.admitted(request);
  }

  leaves(request: number): void {
    this.cache.leaves(request);
  }

  takeTransferUs(): number {
    const us = this.#transferUs;
    this.#transferUs = 0;
    return us;
  }

  nextChangeUs(): number {
    return Number.POSITIVE_INFINITY;
  }

  /** Blocks evicted per block mirrored. */
  thrashingRate(): number {
    return this.cache.mirrored === 0 ? 0 : this.cache.evicted / this.cache.mirrored;
  }

  /** Brings the part of the prompt that follows what the request has, or is about to claim, back to the GPU. */
  #reload(request: number, cached: number): number {
    const gpu = this.#gpu;
    const q = this.#requests;
    const row = q.row[request]!;
    const size = gpu.blockSize;
    const blocks = Math.floor(q.inputTokens[request]! / size);
    const count = q.ownedCount[request]!;
    let k = Math.max(cached, count);
    if (k >= blocks) return 0;
    let parent = NO_KEY;
    if (count > cached) parent = gpu.keyOf[this.#owned.slab[q.ownedAt[request]! + count - 1]!]!;
    else if (cached > 0) parent = gpu.keyOf[gpu.cached[cached - 1]!]!;
    const limit = gpu.free;
    let reloaded = 0;
    for (; k < blocks; k++) {
      const key = gpu.chain(parent, row, k * size);
      if (gpu.find(key) === 0) {
        if (reloaded === limit || !this.cache.touch(key)) break;
        gpu.reload(key);
        this.#transferUs += this.#blockTransferUs;
        this.reloads++;
        reloaded++;
      }
      parent = key;
    }
    return reloaded;
  }

  /** The prompt's cached part may have grown, or shrunk where a reload took one of its blocks. */
  #allocateReloaded(request: number, start: number, end: number, cached: number, prefill: boolean): boolean {
    const gpu = this.#gpu;
    const q = this.#requests;
    const size = gpu.blockSize;
    const before = gpu.cached;
    gpu.cached = this.#spare;
    const found = gpu.lookup(request);
    this.#spare = before;
    const covered = found * size;
    if (covered <= start) {
      this.#spare = gpu.cached;
      gpu.cached = before;
      return gpu.allocate(request, start, end, cached, prefill, true);
    }
    const owns = q.ownedCount[request]! > 0;
    const from = owns ? Math.ceil(start / size) : 0;
    if (!owns) q.aligned[request] = 1;
    if (covered >= end) {
      const to = Math.min(Math.ceil(end / size), found);
      if (to > from) gpu.claim(request, from, to, true);
      return true;
    }
    if (found > from) gpu.claim(request, from, found, true);
    return gpu.allocate(request, covered, end, found, prefill);
  }
}
