import type { RequestIndex } from '../indices.ts';
import type { CachedBlocks } from './cached-blocks.ts';
import type { GpuBlocks, TokenKind } from './gpu-blocks.ts';

/** A memory tier behind the GPU blocks of one instance; null in its place = GPU only. */
export interface KvTier {
  /** As `GpuBlocks.allocate`, after reloading what the tier holds of the prompt. */
  allocate(request: RequestIndex, start: number, end: number, cached: CachedBlocks, kind: TokenKind): boolean;
  /**
   * `allocate` for the output token at `position` of a request whose blocks are a run, and full but for this token or
   * altogether. Absent: never.
   * @returns number of tokens until the request asks again; 0, with nothing changed, if it is none, or no block is free
   */
  extendRun?(request: RequestIndex, position: number): number;
  /** Whether a decode of the request may skip `allocate` while its last block has room for two tokens or more. */
  decodesDirectly(request: RequestIndex): boolean;
  /** The request was routed to this instance. */
  routed?(request: RequestIndex): void;
  /** Start of a step. */
  setClock?(us: number): void;
  /** Before requests are admitted in a step. */
  beginAdmission?(): void;
  /** Whether a waiting request is held back until the tier has part of its prompt. Absent: never. */
  isDeferred?(request: RequestIndex): boolean;
  /** After execution, before completions: the batch in order. */
  mirror(batch: Int32Array, size: number): void;
  /** The request was put into the batch. */
  admitted?(request: RequestIndex): void;
  /** The request leaves batch or queue; its blocks are still owned. */
  leaves(request: RequestIndex, until: 'for good' | 'for a while'): void;
  /** Transfer time accrued since the last call, µs. Absent: none. */
  takeTransferUs?(): number;
  /** The next moment at which the tier changes by itself; Infinity = never. */
  nextChangeUs(): number;
  /** Failed allocations that count as cache misses. */
  misses: number;
  /** Grows with everything that may let a failed allocation succeed, or fail otherwise, the next time. */
  readonly changes: number;
  thrashingRate(): number;
}

/** Share of claimed blocks among all blocks asked for. */
export function hitRate(gpu: GpuBlocks, tier: KvTier | null): number {
  const asked = gpu.hits + gpu.misses + (tier?.misses ?? 0);
  return asked === 0 ? 0 : gpu.hits / asked;
}
