import type { RequestTable } from '../../workload/request-table.ts';
import type { BlockKeys } from '../kv/block-keys.ts';
import { type KeyRuns, PrefixIndex } from './prefix-index.ts';
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
  /** The prompt asked for last, and its row. */
  readonly #prompt: KeyRuns = { count: 0, blocks: 0, first: [], length: [] };
  #row = -1;

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

  /** Leading blocks of the prompt that each instance was sent before, into `matched`. */
  match(request: RoutedRequest, matched: Float64Array): void {
    this.#index.match(this.#runs(request), matched);
  }

  /** Prompt tokens that are not among the first `matchedBlocks` blocks. */
  uncachedTokens({ row }: RoutedRequest, matchedBlocks: number): number {
    return this.#table.inputTokens[row]! - matchedBlocks * this.blockTokens;
  }

  /** The request was sent there; said by everybody who reads the memory, noted once. */
  touch(request: RoutedRequest, instance: number): void {
    if (request.request === this.#last.request && instance === this.#last.instance) return;
    this.#last = { request: request.request, instance };
    this.#index.touch(this.#runs(request), instance);
  }

  /** The prompt as the index asks for it; made once for all who ask in a row. */
  #runs(request: RoutedRequest): KeyRuns {
    const prompt = this.#prompt;
    const { row } = request;
    if (row === this.#row) return prompt;
    const blocks = this.blocks(request);
    const keys = this.#keys;
    keys.cover();
    let count = 0;
    for (let k = 0; k < blocks; count++) {
      const run = Math.min(keys.run(row, k), blocks - k);
      prompt.first[count] = keys.key(row, k);
      prompt.length[count] = run;
      k += run;
    }
    prompt.count = count;
    prompt.blocks = blocks;
    this.#row = row;
    return prompt;
  }
}
