import type { Row } from '../indices.ts';
import { type BlockKeys, NO_KEY } from './block-keys.ts';

/** Keys of blocks that follow one another: the usual ones, and names made up for content off the usual pattern. */
export class OffPatternKeys {
  readonly #keys: BlockKeys;
  /** By parent key and content. */
  readonly #made = new Map<string, number>();

  constructor(keys: BlockKeys) {
    this.#keys = keys;
  }

  /** Key of the block after one with key `parent`, holding tokens from `offset` on of a row. */
  key(parent: number, row: Row, offset: number): number {
    const keys = this.#keys;
    const size = keys.blockSize;
    if (offset % size === 0) {
      const k = offset / size;
      if (parent === (k === 0 ? NO_KEY : keys.key(row, k - 1))) return keys.key(row, k);
    }
    const name = `${parent}|${keys.content(row, offset)}`;
    let key = this.#made.get(name);
    if (key === undefined) {
      key = keys.reserve();
      this.#made.set(name, key);
    }
    return key;
  }
}
