import type { KvTierConfig } from '../../engine-config.ts';
import type { RequestStates } from '../../request-states.ts';
import { NO_KEY } from '../block-keys.ts';
import type { GpuBlocks } from '../gpu-blocks.ts';
import type { KvTier } from '../kv-tier.ts';
import { ReloadAllocation } from '../reload-allocation.ts';
import type { TierParts } from '../tier-parts.ts';
import { type BatchMirror, MirrorCache } from './mirror-cache.ts';

/**
 * A CPU tier that mirrors what the running batch has in GPU blocks, and from which prompts are reloaded into free GPU
 * blocks. A reload does not shorten the prefill of the request that causes it; its step pays for the transfer.
 */
export class TieredKv implements KvTier {
  /** Allocations that failed without any reload. */
  misses = 0;
  reloads = 0;
  readonly cache: BatchMirror;
  readonly #gpu: GpuBlocks;
  readonly #allocation: ReloadAllocation;
  readonly #requests: RequestStates;
  readonly #blockTransferUs: number;
  #transferUs = 0;

  constructor(
    config: Extract<KvTierConfig, { kind: 'tiered' }>,
    parts: TierParts,
    cache: BatchMirror = new MirrorCache(config.cpuBlocks, parts),
  ) {
    this.#gpu = parts.gpu;
    if (parts.oneHome) parts.gpu.useRuns();
    this.#allocation = new ReloadAllocation(parts);
    this.#requests = parts.requests;
    this.#blockTransferUs = config.transferBaseLatency + Math.ceil(parts.gpu.blockSize / config.transferBandwidth);
    this.cache = cache;
  }

  allocate(request: number, start: number, end: number, cached: number, prefill: boolean): boolean {
    const gpu = this.#gpu;
    const reloaded = this.#reload(request, cached);
    let fits: boolean;
    if (reloaded > 0) fits = this.#allocation.allocate(request, start, end, cached, prefill);
    else {
      fits = prefill ? gpu.allocate(request, start, end, cached, true) : gpu.allocateToken(request, start);
      if (!fits) this.misses++;
    }
    if (fits) this.cache.changed(request);
    return fits;
  }

  decodesDirectly(request: number): boolean {
    return this.#coversPrompt(request, 0);
  }

  setClock(): void {}

  beginAdmission(): void {}

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

  get changes(): number {
    return this.reloads;
  }

  nextChangeUs(): number {
    return Number.POSITIVE_INFINITY;
  }

  /** Brings leading blocks of a prompt back to the GPU as far as they are here; the request claims them later. */
  prefetch(request: number, blocks: number): void {
    const gpu = this.#gpu;
    const row = this.#requests.row[request]!;
    const end = Math.min(blocks, Math.floor(this.#requests.inputTokens[request]! / gpu.blockSize));
    const limit = gpu.free;
    let reloaded = 0;
    let parent = NO_KEY;
    for (let k = 0; k < end; k++) {
      const key = gpu.chain(parent, row, k * gpu.blockSize);
      if (gpu.find(key) === 0) {
        if (reloaded === limit || !this.cache.touch(key, request)) return;
        gpu.reload(key, request);
        this.#transferUs += this.#blockTransferUs;
        this.reloads++;
        reloaded++;
      }
      parent = key;
    }
  }

  /** Blocks evicted per block mirrored. */
  thrashingRate(): number {
    return this.cache.mirrored === 0 ? 0 : this.cache.evicted / this.cache.mirrored;
  }

  /** Whether the request has, or is about to claim, as many blocks as its prompt fills. */
  #coversPrompt(request: number, cached: number): boolean {
    const q = this.#requests;
    return (Math.max(cached, q.ownedCount[request]!) + 1) * this.#gpu.blockSize > q.inputTokens[request]!;
  }

  /** Brings the part of the prompt that follows what the request has, or is about to claim, back to the GPU. */
  #reload(request: number, cached: number): number {
    const gpu = this.#gpu;
    if (this.#coversPrompt(request, cached)) return 0;
    if (this.#requests.ringAt[request]! > 0) gpu.name(request);
    const next = Math.max(cached, this.#requests.ownedCount[request]!);
    if (next >= gpu.firstUnnamed(request) && !this.cache.mayHoldOwn(request)) return 0;
    const blocks = this.#allocation.promptBlocks(request);
    const from = this.#allocation.resumePoint(request, cached);
    const row = this.#requests.row[request]!;
    let { parent } = from;
    const limit = gpu.free;
    let reloaded = 0;
    for (let k = from.block; k < blocks; k++) {
      const key = gpu.chain(parent, row, k * gpu.blockSize);
      if (gpu.find(key) === 0) {
        if (reloaded === limit || !this.cache.touch(key, request)) break;
        gpu.reload(key, request);
        this.#transferUs += this.#blockTransferUs;
        this.reloads++;
        reloaded++;
      }
      parent = key;
    }
    return reloaded;
  }
}
