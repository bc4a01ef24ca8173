import type { RequestIndex } from '../../indices.ts';
import type { TierParts } from '../tier-parts.ts';

/** A mirror asks the GPU blocks for what a request owns. */
export type MirrorParts = Omit<TierParts, 'owned'>;

/** An LRU set of block keys that every step touches with all blocks of the batch, in batch order. */
export interface BatchMirror {
  /** Number of keys held. */
  readonly size: number;
  readonly evicted: number;
  readonly mirrored: number;
  /** Whether keys of the request's own blocks, those after a shared prefix, may be here beside those of its walked blocks. */
  mayHoldOwn(request: RequestIndex): boolean;
  /** A reload for the request wants this key: makes it the most recent one. False if it is not here. */
  touch(key: number, request: RequestIndex): boolean;
  admitted(request: RequestIndex): void;
  /** The request got blocks or filled one. */
  changed(request: RequestIndex): void;
  /** The request leaves the batch; its blocks are still its own. */
  leaves(request: RequestIndex): void;
  /** The batch, in order, touches all its blocks. */
  mirror(batch: Int32Array, size: number): void;
}
