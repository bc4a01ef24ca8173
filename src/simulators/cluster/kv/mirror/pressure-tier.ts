import type { KvTierConfig } from '../../engine-config.ts';
import type { KvTier } from '../kv-tier.ts';
import type { TierParts } from '../tier-parts.ts';
import { TieredKv } from './tiered-kv.ts';

export interface PressurePolicy {
  /** Share of GPU blocks in use from which blocks are copied to the CPU. */
  readonly threshold: number;
  /** Leading prompt blocks to bring back when a request is routed here. */
  readonly reloadAhead: (request: number) => number;
}

/**
 * A CPU tier that fills only under memory pressure, so that what it holds is what the GPU is about to lose, and that
 * reloads before admission. The step that is next after a reload pays for its transfer.
 */
export class PressureTier implements KvTier {
  readonly #tier: TieredKv;
  readonly #gpu: TierParts['gpu'];
  readonly #policy: PressurePolicy;

  constructor(config: Extract<KvTierConfig, { kind: 'tiered' }>, parts: TierParts, policy: PressurePolicy) {
    this.#tier = new TieredKv(config, parts);
    this.#gpu = parts.gpu;
    this.#policy = policy;
  }

  get misses(): number {
    return this.#tier.misses;
  }

  set misses(count: number) {
    this.#tier.misses = count;
  }

  get changes(): number {
    return this.#tier.changes;
  }

  get reloads(): number {
    return this.#tier.reloads;
  }

  get mirrored(): number {
    return this.#tier.cache.mirrored;
  }

  allocate(request: number, start: number, end: number, cached: number, prefill: boolean): boolean {
    return this.#tier.allocate(request, start, end, cached, prefill);
  }

  decodesDirectly(request: number): boolean {
    return this.#tier.decodesDirectly(request);
  }

  setClock(): void {}

  beginAdmission(): void {}

  isDeferred(): boolean {
    return false;
  }

  routed(request: number): void {
    const blocks = this.#policy.reloadAhead(request);
    if (blocks > 0) this.#tier.prefetch(request, blocks);
  }

  mirror(batch: Int32Array, size: number): void {
    if (this.#gpu.used >= this.#policy.threshold * this.#gpu.total) this.#tier.mirror(batch, size);
  }

  admitted(request: number): void {
    this.#tier.admitted(request);
  }

  leaves(request: number): void {
    this.#tier.leaves(request);
  }

  takeTransferUs(): number {
    return this.#tier.takeTransferUs();
  }

  nextChangeUs(): number {
    return this.#tier.nextChangeUs();
  }

  thrashingRate(): number {
    return this.#tier.thrashingRate();
  }
}
