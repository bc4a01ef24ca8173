import { NO_BLOCK } from '../indices.ts';
import type { BlockBooks } from './block-books.ts';
import type { BlockKeys } from './block-keys.ts';

/** Leading blocks of a shared prefix that are cached, as of a version of the books. */
export interface CachedPrefix {
  version: number;
  count: number;
  readonly blocks: Int32Array;
}

/** What an instance has cached of each shared prefix: looked up again only after one of their blocks came or went. */
export class CachedPrefixes {
  readonly #keys: BlockKeys;
  readonly #books: BlockBooks;
  /** By shared prefix. */
  readonly #prefixes: readonly CachedPrefix[];

  constructor(keys: BlockKeys, books: BlockBooks) {
    this.#keys = keys;
    this.#books = books;
    this.#prefixes = Array.from({ length: keys.groups }, (_, group) => ({
      version: 0,
      count: 0,
      blocks: new Int32Array(keys.groupSize(group)),
    }));
  }

  of(group: number): CachedPrefix {
    const prefix = this.#prefixes[group]!;
    const books = this.#books;
    if (prefix.version === books.sharedVersion) return prefix;
    const { blocks } = prefix;
    const first = this.#keys.groupKey(group);
    let k = 0;
    while (k < blocks.length) {
      const block = books.find(first + k);
      if (block === NO_BLOCK) break;
      blocks[k++] = block;
    }
    prefix.count = k;
    prefix.version = books.sharedVersion;
    return prefix;
  }
}
