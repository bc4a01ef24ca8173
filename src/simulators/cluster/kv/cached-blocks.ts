/** What a look-up found: the leading blocks of a prompt that are cached. Filled again by the next look-up into it. */
export class CachedBlocks {
  count = 0;
  /** Block numbers; the first `count` of them count. */
  blocks = new Int32Array(64);
  /** Blocks may have been taken, or filled with other content, since they were looked up. */
  mayHaveChanged = false;

  /** Empty, with room for `blocks` blocks. */
  reset(blocks: number): void {
    this.count = 0;
    this.mayHaveChanged = false;
    let { length } = this.blocks;
    if (blocks <= length) return;
    while (length < blocks) length *= 2;
    this.blocks = new Int32Array(length);
  }
}

/** Nothing is cached, or nobody looks. */
export const NOTHING_CACHED = new CachedBlocks();
