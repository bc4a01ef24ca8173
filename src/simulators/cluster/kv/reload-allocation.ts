import { NO_KEY } from './block-keys.ts';
import type { TierParts } from './tier-parts.ts';

/** Where a reload scan of a prompt starts: the block after those a request has or is about to claim. */
export interface ResumePoint {
  readonly block: number;
  /** Key of the block before. */
  readonly parent: number;
}

/** What all tiers have in common: finding the resume point, and allocating after reloads. */
export class ReloadAllocation {
  readonly #parts: TierParts;
  /** Second result buffer of look-ups. */
  #spare = new Int32Array(64);

  constructor(parts: TierParts) {
    this.#parts = parts;
  }

  promptBlocks(request: number): number {
    return Math.floor(this.#parts.requests.inputTokens[request]! / this.#parts.gpu.blockSize);
  }

  resumePoint(request: number, cached: number): ResumePoint {
    const { gpu, requests: q } = this.#parts;
    const count = q.ownedCount[request]!;
    if (count > cached) {
      return { block: count, parent: gpu.contentOf(request, count - 1) };
    }
    return { block: cached, parent: cached > 0 ? gpu.keyOf(gpu.cached[cached - 1]!) : NO_KEY };
  }

  /** The prompt's cached part may have grown, or shrunk where a reload took one of its blocks. */
  allocate(request: number, start: number, end: number, cached: number, prefill: boolean): boolean {
    const { gpu, requests: q } = this.#parts;
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
