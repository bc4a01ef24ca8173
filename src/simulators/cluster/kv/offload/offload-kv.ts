import { goRandom, subsystemSeed } from '../../../workload/go-random.ts';
import type { OffloadConfig } from '../../engine-config.ts';
import { NO_BLOCK, type RequestIndex } from '../../indices.ts';
import { NO_KEY } from '../block-keys.ts';
import type { CachedBlocks } from '../cached-blocks.ts';
import type { TokenKind } from '../gpu-blocks.ts';
import type { KvTier } from '../kv-tier.ts';
import { ReloadAllocation, type ResumePoint } from '../reload-allocation.ts';
import type { TierParts } from '../tier-parts.ts';
import { OffloadCache } from './offload-cache.ts';
import { TransferStation } from './transfer-station.ts';

/** A request gives up waiting for storage after this, µs. */
const DEFERRAL_LIMIT_US = 1e9;

/** A request held back until storage has delivered part of its prompt. */
interface Deferral {
  readonly keys: readonly number[];
  /** Storage tier that has the keys. */
  readonly tier: number;
  readonly sinceUs: number;
  phase: 'retry' | 'wait' | 'ready';
}

/**
 * A chain of memory tiers behind the GPU: CPU memory, then storage. The batch's blocks are copied to the CPU and from
 * there to every storage tier; a prompt found in storage is promoted to the CPU, and its request waits for it.
 */
export class OffloadKv implements KvTier {
  misses = 0;
  reloads = 0;
  deferrals = 0;
  mirrorSkipped = 0;
  promotionsFired = 0;
  promotionsFailed = 0;
  changes = 0;
  readonly cache: OffloadCache;
  readonly #config: OffloadConfig;
  readonly #parts: TierParts;
  readonly #idOf: (request: RequestIndex) => string;
  readonly #allocation: ReloadAllocation;
  readonly #station: TransferStation;
  /** Keys in each storage tier. */
  readonly #stored: readonly Set<number>[];
  /** Keys whose presence in storage has been looked up. */
  readonly #known = new Set<number>();
  readonly #deferred = new Map<RequestIndex, Deferral>();
  #clock = 0;

  constructor(
    config: OffloadConfig,
    parts: TierParts,
    options: { readonly seed: number | bigint; readonly idOf: (request: RequestIndex) => string },
  ) {
    this.#config = config;
    this.#parts = parts;
    this.#idOf = options.idOf;
    this.#allocation = new ReloadAllocation(parts);
    this.#station = new TransferStation(config.tiers, goRandom(subsystemSeed(options.seed, 'kv-offload')));
    this.#stored = config.tiers.map(() => new Set<number>());
    this.cache = new OffloadCache(config.cpuBlocks, parts.index);
  }

  allocate(request: RequestIndex, start: number, end: number, cached: CachedBlocks, kind: TokenKind): boolean {
    const waits = this.#config.tiers.length > 0 && this.#parts.requests.ownedCount[request] === 0;
    if (waits && this.#mustWait(request, cached)) return false;
    const fits =
      this.#walk(request, cached) > 0
        ? this.#allocation.allocate(request, start, end, cached, kind)
        : this.#allocatePlain(request, start, end, cached, kind);
    if (fits) this.#deferred.delete(request);
    return fits;
  }

  decodesDirectly(request: RequestIndex): boolean {
    return this.#parts.requests.ownedCount[request]! >= this.#allocation.promptBlocks(request);
  }

  setClock(us: number): void {
    this.#clock = us;
    for (const job of this.#station.poll(us)) {
      this.changes++;
      if (job.direction === 'read') {
        for (const key of job.keys) this.cache.complete(key);
        continue;
      }
      for (const key of job.keys) {
        this.#stored[job.tier]!.add(key);
        this.cache.unpin(key);
      }
    }
  }

  isDeferred(request: RequestIndex): boolean {
    const deferral = this.#deferred.get(request);
    return deferral !== undefined && deferral.phase !== 'ready';
  }

  /** Looks after the requests that wait, in byte order of their ids. */
  beginAdmission(): void {
    if (this.#deferred.size === 0) return;
    const waiting = [...this.#deferred].filter(([, deferral]) => deferral.phase !== 'ready');
    waiting.sort(([a], [b]) => (this.#idOf(a) < this.#idOf(b) ? -1 : 1));
    for (const [, deferral] of waiting) this.#poll(deferral);
  }

  mirror(batch: Int32Array, size: number): void {
    const { gpu, owned, requests: q } = this.#parts;
    for (let b = 0; b < size; b++) {
      const request = batch[b]! as RequestIndex;
      let blocks = q.ownedCount[request]!;
      if (this.#config.promptOnly) blocks = Math.min(blocks, this.#allocation.promptBlocks(request));
      for (let i = 0; i < blocks; i++) {
        const key = gpu.books.keyOf(owned.at(request, i));
        if (key !== NO_KEY) this.#mirrorBlock(key);
      }
    }
  }

  /** A request that gives up or is evicted while it waits is forgotten; a preempted one is not. */
  leaves(request: RequestIndex, until: 'for good' | 'for a while'): void {
    if (until === 'for good') this.#deferred.delete(request);
  }

  nextChangeUs(): number {
    let next = this.#station.nextEndUs();
    for (const deferral of this.#deferred.values()) {
      if (deferral.phase !== 'ready') next = Math.min(next, deferral.sinceUs + DEFERRAL_LIMIT_US + 1);
    }
    return next;
  }

  /** Share of promotions that found no room. */
  thrashingRate(): number {
    const promotions = this.promotionsFired + this.promotionsFailed;
    return promotions === 0 ? 0 : this.promotionsFailed / promotions;
  }

  #allocatePlain(request: RequestIndex, start: number, end: number, cached: CachedBlocks, kind: TokenKind): boolean {
    const fits = this.#parts.gpu.allocate(request, start, end, cached, kind);
    if (!fits) this.misses++;
    return fits;
  }

  /** Reloads readable CPU blocks; starts a promotion where storage has the next one. */
  #walk(request: RequestIndex, cached: CachedBlocks): number {
    const { gpu, requests: q } = this.#parts;
    const blocks = this.#allocation.promptBlocks(request);
    const { block, parent: first } = this.#allocation.resumePoint(request, cached);
    const row = q.row[request]!;
    const limit = gpu.free;
    let parent = first;
    let reloaded = 0;
    for (let k = block; k < blocks; k++) {
      const key = gpu.offPattern.key(parent, row, k * gpu.blockSize);
      if (gpu.books.find(key) === NO_BLOCK) {
        if (!this.cache.isReadable(key)) {
          const tier = this.cache.has(key) ? -1 : this.#tierOf(key);
          if (tier >= 0) this.#promote(this.#run(request, k, parent, tier), tier);
          break;
        }
        if (reloaded === limit) break;
        gpu.reload(key, request);
        this.cache.touch(key);
        this.reloads++;
        this.changes++;
        reloaded++;
      }
      parent = key;
    }
    return reloaded;
  }

  /** Whether allocation has to wait for storage; notes the request if so. */
  #mustWait(request: RequestIndex, cached: CachedBlocks): boolean {
    const known = this.#deferred.get(request);
    if (known !== undefined) return known.phase !== 'ready';
    const found = this.#classify(request, this.#allocation.resumePoint(request, cached));
    if (found === null) return false;
    const deferral: Deferral = { ...found, sinceUs: this.#clock };
    this.deferrals++;
    this.changes++;
    this.#deferred.set(request, deferral);
    if (deferral.phase === 'retry' && deferral.keys.every((key) => this.#known.has(key))) {
      deferral.phase = this.#promote(deferral.keys, deferral.tier) ? 'wait' : 'ready';
    }
    return true;
  }

  /** The first block of the prompt that is neither on the GPU nor readable, if waiting for it makes sense. */
  #classify(request: RequestIndex, from: ResumePoint): Omit<Deferral, 'sinceUs'> | null {
    const { gpu, requests: q } = this.#parts;
    const blocks = this.#allocation.promptBlocks(request);
    let { parent } = from;
    for (let k = from.block; k < blocks; k++) {
      const key = gpu.offPattern.key(parent, q.row[request]!, k * gpu.blockSize);
      if (gpu.books.find(key) === NO_BLOCK && !this.cache.isReadable(key)) {
        if (this.cache.has(key)) return { keys: [key], tier: -1, phase: 'wait' };
        const tier = this.#tierOf(key);
        return tier < 0 ? null : { keys: this.#run(request, k, parent, tier), tier, phase: 'retry' };
      }
      parent = key;
    }
    return null;
  }

  #poll(deferral: Deferral): void {
    const before = deferral.phase;
    const readable = deferral.keys.every((key) => this.cache.isReadable(key));
    const present = readable || deferral.keys.every((key) => this.cache.has(key));
    if (deferral.phase === 'retry') {
      for (const key of deferral.keys) this.#known.add(key);
      if (readable) deferral.phase = 'ready';
      else if (present) deferral.phase = 'wait';
      else deferral.phase = this.#promote(deferral.keys, deferral.tier) ? 'wait' : 'ready';
    } else if (readable || !present) deferral.phase = 'ready';
    if (this.#clock - deferral.sinceUs > DEFERRAL_LIMIT_US) deferral.phase = 'ready';
    if (deferral.phase !== before) this.changes++;
  }

  /** Block `k` and the following ones that only the same storage tier has. */
  #run(request: RequestIndex, k: number, parentOfFirst: number, tier: number): number[] {
    const { gpu, requests: q } = this.#parts;
    const blocks = this.#allocation.promptBlocks(request);
    const keys: number[] = [];
    let parent = parentOfFirst;
    for (let i = k; i < blocks; i++) {
      const key = gpu.offPattern.key(parent, q.row[request]!, i * gpu.blockSize);
      if (gpu.books.find(key) !== NO_BLOCK || this.cache.has(key) || this.#tierOf(key) !== tier) break;
      keys.push(key);
      parent = key;
    }
    return keys;
  }

  #promote(keys: readonly number[], tier: number): boolean {
    this.changes++;
    const absent = keys.filter((key) => !this.cache.has(key));
    const granted = this.cache.prepare(keys);
    if (granted === 0) {
      this.promotionsFailed++;
      return false;
    }
    this.promotionsFired++;
    this.#station.submit(tier, 'read', granted * this.#config.bytesPerBlock, absent, this.#clock);
    return true;
  }

  #tierOf(key: number): number {
    return this.#stored.findIndex((keys) => keys.has(key));
  }

  #mirrorBlock(key: number): void {
    if (this.cache.has(key)) {
      this.cache.touch(key);
      return;
    }
    if (!this.cache.store(key)) {
      this.mirrorSkipped++;
      return;
    }
    for (let tier = 0; tier < this.#config.tiers.length; tier++) {
      this.cache.pin(key);
      this.#station.submit(tier, 'write', this.#config.bytesPerBlock, [key], this.#clock);
    }
  }
}
