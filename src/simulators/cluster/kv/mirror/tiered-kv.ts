import type { RequestsView } from '../../column-owners.ts';
import type { KvTierConfig } from '../../engine-config.ts';
import { NO_BLOCK, type RequestIndex } from '../../indices.ts';
import { NO_KEY } from '../block-keys.ts';
import type { CachedBlocks } from '../cached-blocks.ts';
import type { GpuBlocks, TokenKind } from '../gpu-blocks.ts';
import type { KvTier } from '../kv-tier.ts';
import { ReloadAllocation, type ResumePoint } from '../reload-allocation.ts';
import type { TierParts } from '../tier-parts.ts';
import type { BatchMirror } from './batch-mirror.ts';
import { MirrorCache } from './mirror-cache.ts';

/** A tier that fills only under memory pressure, so that what it holds is what the GPU is about to lose. */
export interface PressurePolicy {
  /** Share of GPU blocks in use from which blocks are copied to the CPU. */
  readonly threshold: number;
  /** Leading prompt blocks to bring back when a request is routed here, ahead of admission. */
  readonly reloadAhead: (request: RequestIndex) => number;
}

/** What a tier does without a policy: it mirrors every step and reloads at admission. */
const ALWAYS: PressurePolicy = { threshold: 0, reloadAhead: () => 0 };

/**
 * A CPU tier that mirrors what the running batch has in GPU blocks, and from which prompts are reloaded into free GPU
 * blocks. A reload does not shorten the prefill of the request that causes it; the next step pays for the transfer.
 */
export class TieredKv implements KvTier {
  /** Allocations that failed without any reload. */
  misses = 0;
  reloads = 0;
  readonly cache: BatchMirror;
  readonly #gpu: GpuBlocks;
  readonly #allocation: ReloadAllocation;
  readonly #requests: RequestsView;
  readonly #blockTransferUs: number;
  readonly #policy: PressurePolicy;
  #transferUs = 0;

  constructor(
    config: Extract<KvTierConfig, { kind: 'tiered' }>,
    parts: TierParts,
    policy: PressurePolicy = ALWAYS,
    cache: BatchMirror = new MirrorCache(config.cpuBlocks, parts),
  ) {
    this.#gpu = parts.gpu;
    if (parts.oneHome) parts.gpu.useRuns();
    this.#allocation = new ReloadAllocation(parts);
    this.#requests = parts.requests;
    this.#blockTransferUs = config.transferBaseLatency + Math.ceil(parts.gpu.blockSize / config.transferBandwidth);
    this.#policy = policy;
    this.cache = cache;
  }

  get mirrored(): number {
    return this.cache.mirrored;
  }

  get changes(): number {
    return this.reloads;
  }

  allocate(request: RequestIndex, start: number, end: number, cached: CachedBlocks, kind: TokenKind): boolean {
    const gpu = this.#gpu;
    let fits: boolean;
    if (this.#reload(request, cached) > 0) fits = this.#allocation.allocate(request, start, end, cached, kind);
    else {
      fits = kind === 'prompt' ? gpu.allocate(request, start, end, cached, kind) : gpu.allocateToken(request, start);
      if (!fits) this.misses++;
    }
    if (fits) this.cache.changed(request);
    return fits;
  }

  extendRun(request: RequestIndex, position: number): number {
    const gpu = this.#gpu;
    const fills = gpu.fillRun(request, position);
    if (!fills && !gpu.extendRun(request, position)) return 0;
    this.cache.changed(request);
    return fills ? 1 : gpu.blockSize - 1;
  }

  decodesDirectly(request: RequestIndex): boolean {
    return this.#coversPrompt(request, 0);
  }

  /** Brings leading blocks of the prompt back ahead of admission, as far as they are here; the request claims them later. */
  routed(request: RequestIndex): void {
    const ahead = this.#policy.reloadAhead(request);
    const blocks = Math.min(ahead, this.#allocation.promptBlocks(request));
    if (blocks > 0) this.#bring(request, { block: 0, parent: NO_KEY }, blocks);
  }

  mirror(batch: Int32Array, size: number): void {
    const gpu = this.#gpu;
    if (gpu.used >= this.#policy.threshold * gpu.total) this.cache.mirror(batch, size);
  }

  admitted(request: RequestIndex): void {
    this.cache.admitted(request);
  }

  leaves(request: RequestIndex): void {
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

  /** Whether the request has, or is about to claim, as many blocks as its prompt fills. */
  #coversPrompt(request: RequestIndex, cached: number): boolean {
    const q = this.#requests;
    return (Math.max(cached, q.ownedCount[request]!) + 1) * this.#gpu.blockSize > q.inputTokens[request]!;
  }

  /** Brings the part of the prompt that follows what the request has, or is about to claim, back to the GPU. */
  #reload(request: RequestIndex, cached: CachedBlocks): number {
    const { runs } = this.#gpu;
    const q = this.#requests;
    if (this.#coversPrompt(request, cached.count)) return 0;
    if (q.ringAt[request]! > 0) runs.name(request);
    const next = Math.max(cached.count, q.ownedCount[request]!);
    if (next >= runs.first(request) && !this.cache.mayHoldOwn(request)) return 0;
    return this.#bring(request, this.#allocation.resumePoint(request, cached), this.#allocation.promptBlocks(request));
  }

  /** Reloads blocks of the prompt up to block `end`, as far as they are here. @returns how many */
  #bring(request: RequestIndex, from: ResumePoint, end: number): number {
    const gpu = this.#gpu;
    const row = this.#requests.row[request]!;
    const limit = gpu.free;
    let { parent } = from;
    let reloaded = 0;
    for (let k = from.block; k < end; k++) {
      const key = gpu.offPattern.key(parent, row, k * gpu.blockSize);
      if (gpu.books.find(key) === NO_BLOCK) {
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
