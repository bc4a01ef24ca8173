import { NO_BLOCK } from '../indices.ts';
import type { BlockBooks } from './block-books.ts';
import type { BlockKeys } from './block-keys.ts';
import type { FrozenIndex } from './frozen-index.ts';

/** Whether a key was cached at the last refresh. */
export function hadKey(copy: FrozenIndex, books: BlockBooks, key: number): boolean {
  return copy.had(key, books.find(key) === NO_BLOCK ? 'absent' : 'present');
}

/** How much of each shared prefix was cached at the last refresh: counted once after it, since a copy does not change. */
export class FrozenPrefixes {
  readonly #keys: BlockKeys;
  readonly #books: BlockBooks;
  /** Number of leading blocks by shared prefix, and the generation of the copy it holds for. */
  readonly #counts: Int32Array;
  readonly #countedIn: Int32Array;

  constructor(keys: BlockKeys, books: BlockBooks) {
    this.#keys = keys;
    this.#books = books;
    this.#counts = new Int32Array(keys.groups);
    this.#countedIn = new Int32Array(keys.groups);
  }

  count(group: number, copy: FrozenIndex): number {
    if (this.#countedIn[group] !== copy.generation) {
      this.#counts[group] = this.#counted(group, copy);
      this.#countedIn[group] = copy.generation;
    }
    return this.#counts[group]!;
  }

  #counted(group: number, copy: FrozenIndex): number {
    const first = this.#keys.groupKey(group);
    const blocks = this.#keys.groupSize(group);
    let k = 0;
    while (k < blocks && hadKey(copy, this.#books, first + k)) k++;
    return k;
  }
}
