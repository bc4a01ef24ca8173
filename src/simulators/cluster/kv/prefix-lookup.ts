import type { RequestsView } from '../column-owners.ts';
import { NO_BLOCK, type RequestIndex, type Row } from '../indices.ts';
import type { BlockBooks } from './block-books.ts';
import type { BlockKeys } from './block-keys.ts';
import type { CachedBlocks } from './cached-blocks.ts';
import { CachedPrefixes } from './cached-prefixes.ts';
import type { FrozenIndex } from './frozen-index.ts';
import { FrozenPrefixes, hadKey } from './frozen-prefixes.ts';
import type { RunBlocks } from './run-blocks.ts';

export interface LookupParts {
  readonly keys: BlockKeys;
  readonly books: BlockBooks;
  readonly requests: RequestsView;
  readonly runs: RunBlocks;
}

/** How much of a prompt an instance has cached: its shared prefix at once, blocks with books one by one, a run by its place. */
export class PrefixLookup {
  readonly #parts: LookupParts;
  readonly #prefixes: CachedPrefixes;
  readonly #frozen: FrozenPrefixes;

  constructor(parts: LookupParts) {
    this.#parts = parts;
    this.#prefixes = new CachedPrefixes(parts.keys, parts.books);
    this.#frozen = new FrozenPrefixes(parts.keys, parts.books);
  }

  /** The leading blocks of a request's prompt that are cached. @param into - is filled, and the answer */
  find(request: RequestIndex, into: CachedBlocks): CachedBlocks {
    const { keys, books, requests, runs } = this.#parts;
    const row = requests.row[request]!;
    const prompt = Math.floor(requests.inputTokens[request]! / keys.blockSize);
    into.reset(prompt);
    const { blocks } = into;
    const named = Math.min(prompt, runs.first(request));
    let k = this.#takePrefix(row, prompt, blocks);
    for (; k < named; k++) {
      const block = books.find(keys.key(row, k));
      if (block === NO_BLOCK) {
        into.count = k;
        return into;
      }
      blocks[k] = block;
    }
    const end = k < prompt ? Math.min(prompt, runs.cached(request)) : prompt;
    for (; k < end; k++) blocks[k] = runs.cachedBlock(request, k);
    into.count = k;
    return into;
  }

  /**
   * Number of leading prompt blocks that are cached right now. Where own blocks are runs: of a row whose request is here, or
   * was never sent to an instance.
   */
  live(row: Row, blocks: number): number {
    const { keys, books, requests, runs } = this.#parts;
    // A request that has runs is the only one of its row, and has its number.
    const request = row as number as RequestIndex;
    const named = Math.min(blocks, runs.first(request));
    const group = keys.leadingGroup(row);
    let k = group < 0 ? 0 : Math.min(named, keys.groupBlocks(row), this.#prefixes.of(group).count);
    while (k < named && books.find(keys.key(row, k)) !== NO_BLOCK) k++;
    if (k < named || k === blocks) return k;
    const owned = requests.ownedCount[request]! > 0 ? runs.settled(request) : runs.cached(request);
    return Math.max(k, Math.min(blocks, owned));
  }

  /** From now on `known` answers from copies that `refresh` takes; the first is the present state. */
  freeze(copy: FrozenIndex): void {
    this.#parts.books.frozen = copy;
  }

  refresh(): void {
    this.#parts.books.frozen?.advance();
  }

  /**
   * Number of leading prompt blocks that routers believe to be cached. Where own blocks are runs: of a row whose request was
   * never sent to an instance, so that none has any of them.
   */
  known(row: Row, blocks: number): number {
    const { keys, books, runs } = this.#parts;
    const copy = books.frozen;
    if (copy === null) return this.live(row, blocks);
    const named = Math.min(blocks, runs.first(row as number as RequestIndex));
    const group = keys.leadingGroup(row);
    let k = group < 0 ? 0 : Math.min(named, keys.groupBlocks(row), this.#frozen.count(group, copy));
    while (k < named && hadKey(copy, books, keys.key(row, k))) k++;
    return k;
  }

  /** Whether it is known without books how much of the prompt of any request is cached here. */
  get answersForAll(): boolean {
    return !this.#parts.runs.areUsed;
  }

  /** @returns how many blocks of its shared prefix were found */
  #takePrefix(row: Row, prompt: number, blocks: Int32Array): number {
    const { keys } = this.#parts;
    const group = keys.leadingGroup(row);
    if (group < 0) return 0;
    const prefix = this.#prefixes.of(group);
    const found = Math.min(prompt, keys.groupBlocks(row), prefix.count);
    for (let k = 0; k < found; k++) blocks[k] = prefix.blocks[k]!;
    return found;
  }
}
