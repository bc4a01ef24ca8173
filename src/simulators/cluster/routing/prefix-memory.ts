import type { RequestTable } from '../../workload/request-table.ts';
import type { BlockKeys } from '../kv/block-keys.ts';
import { PrefixIndex } from './prefix-index.ts';
import type { RoutedRequest } from './routed-request.ts';

export interface PrefixMemoryParts {
  readonly table: RequestTable;
  /** Identity of blocks of the size that the memory counts in. */
  readonly keys: BlockKeys;
  readonly instances: number;
  /** Which blocks another request can ask for. */
  readonly remembers: 'shared prefixes' | 'all prompts';
  /** Blocks remembered of each instance. */
  readonly capacity: number;
}

/** What a router remembers of the prompts it sent to each instance, in blocks of its own size. */
export class PrefixMemory {
  readonly blockTokens: number;
  readonly #table: RequestTable;
  readonly #keys: BlockKeys;
  readonly #index: PrefixIndex;
  #last = { request: -1, instance: -1 };

  constructor({ table, keys, instances, remembers, capacity }: PrefixMemoryParts) {
    this.blockTokens = keys.blockSize;
    this.#table = table;
    this.#keys = keys;
    this.#index = new PrefixIndex(keys, instances, remembers, capacity);
  }

  /** Complete blocks of the prompt. */
  blocks({ row }: RoutedRequest): number {
    return Math.floor(this.#table.inputTokens[row]! / this.blockTokens);
  }

  /** Leading blocks of the prompt that each instance was sent before, into `matched`; the prompt has `blocks` blocks. */
  match({ row }: RoutedRequest, blocks: number, matched: Float64Array): void {
    this.#keys.cover();
    this.#index.match(row, blocks, matched);
  }

  /** Prompt tokens that are not among the first `matchedBlocks` blocks. */
  uncachedTokens({ row }: RoutedRequest, matchedBlocks: number): number {
    return this.#table.inputTokens[row]! - matchedBlocks * this.blockTokens;
  }

  /** The request was sent there; said by everybody who reads the memory, noted once. */
  touch(request: RoutedRequest, instance: number): void {
    if (request.request === this.#last.request && instance === this.#last.instance) return;
    this.#last = { request: request.request, instance };
    this.#keys.cover();
    this.#index.touch(request.row, this.blocks(request), instance);
  }
}
