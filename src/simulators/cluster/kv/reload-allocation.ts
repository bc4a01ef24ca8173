import type { Block, RequestIndex } from '../indices.ts';
import { NO_KEY } from './block-keys.ts';
import { CachedBlocks } from './cached-blocks.ts';
import type { TokenKind } from './gpu-blocks.ts';
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
  readonly #again = new CachedBlocks();

  constructor(parts: TierParts) {
    this.#parts = parts;
  }

  promptBlocks(request: RequestIndex): number {
    return Math.floor(this.#parts.requests.inputTokens[request]! / this.#parts.gpu.blockSize);
  }

  resumePoint(request: RequestIndex, cached: CachedBlocks): ResumePoint {
    const { gpu, requests: q } = this.#parts;
    const owned = q.ownedCount[request]!;
    if (owned > cached.count) return { block: owned, parent: gpu.contentOf(request, owned - 1) };
    const { count, blocks } = cached;
    return { block: count, parent: count > 0 ? gpu.books.keyOf(blocks[count - 1]! as Block) : NO_KEY };
  }

  /** The prompt's cached part may have grown, or shrunk where a reload took one of its blocks. */
  allocate(request: RequestIndex, start: number, end: number, cached: CachedBlocks, kind: TokenKind): boolean {
    const { gpu, requests: q } = this.#parts;
    const size = gpu.blockSize;
    const again = gpu.lookup.find(request, this.#again);
    const covered = again.count * size;
    if (covered <= start) {
      if (cached.count > 0) cached.mayHaveChanged = true;
      return gpu.allocate(request, start, end, cached, kind);
    }
    again.mayHaveChanged = true;
    const owns = q.ownedCount[request]! > 0;
    const from = owns ? Math.ceil(start / size) : 0;
    if (!owns) gpu.begin(request);
    if (covered >= end) {
      const to = Math.min(Math.ceil(end / size), again.count);
      if (to > from) gpu.claim(request, again, from, to);
      return true;
    }
    if (again.count > from) gpu.claim(request, again, from, again.count);
    return gpu.allocate(request, covered, end, again, kind);
  }
}
