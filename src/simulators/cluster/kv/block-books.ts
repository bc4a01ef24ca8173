import { type Block, NO_BLOCK } from '../indices.ts';
import { NO_KEY } from './block-keys.ts';
import type { FrozenIndex } from './frozen-index.ts';
import type { KeyMap } from './key-map.ts';

/** Words of a block, side by side for the sake of the processor's cache. */
const WORDS = 4;
/** Number of owners, with the mark SUPERSEDED. */
const REFERENCES = 0;
/** Key of the content; NO_KEY = none, or not full. */
const KEY = 1;
/** Place among the free blocks while nobody owns it. */
const POSITION = 2;
/** Mark of a block whose key's entry belongs, or belonged, to another block. */
const SUPERSEDED = 1 << 30;
const COUNT = SUPERSEDED - 1;

/**
 * What is known of KV blocks that more than their owner may ask for: owners, content, and the index from content to
 * block. Blocks are numbered from 1.
 *
 * The index entry of a key is valid while the block it names still has that key, so that taking a block ends its
 * entry without a write. Only a block that lost its entry to a newer one with equal content has to delete it.
 */
export class BlockBooks {
  readonly index: KeyMap;
  /** Told before the presence of a key changes. */
  frozen: FrozenIndex | null = null;
  /** Grows whenever a key of a shared prefix gets another block, or none. */
  sharedVersion = 1;
  /** Grows with the largest block that was ever entered: most blocks may never be. */
  #words = new Int32Array(WORDS * 64);

  constructor(index: KeyMap) {
    this.index = index;
  }

  /** NO_KEY for a block that was never entered. */
  keyOf(block: Block): number {
    const at = WORDS * block + KEY;
    return at < this.#words.length ? this.#words[at]! : NO_KEY;
  }

  /** The block with this content, or NO_BLOCK. */
  find(key: number): Block {
    const block = this.index.get(key) as Block;
    return block > 0 && this.#words[WORDS * block + KEY] === key ? block : NO_BLOCK;
  }

  owners(block: Block): number {
    const at = WORDS * block + REFERENCES;
    return at < this.#words.length ? this.#words[at]! & COUNT : 0;
  }

  /** @returns whether nobody owned it before */
  addOwner(block: Block): boolean {
    if (WORDS * block >= this.#words.length) this.#grow(block);
    return (this.#words[WORDS * block + REFERENCES]!++ & COUNT) === 0;
  }

  /** @returns whether nobody owns it now */
  dropOwner(block: Block): boolean {
    return (--this.#words[WORDS * block + REFERENCES]! & COUNT) === 0;
  }

  positionOf(block: Block): number {
    return this.#words[WORDS * block + POSITION]!;
  }

  setPosition(block: Block, position: number): void {
    if (WORDS * block >= this.#words.length) this.#grow(block);
    this.#words[WORDS * block + POSITION] = position;
  }

  /** The block has this content now, and is the one to be found for it. */
  publish(block: Block, key: number): void {
    if (WORDS * block >= this.#words.length) this.#grow(block);
    const words = this.#words;
    if (key < this.index.sharedEnd) this.sharedVersion++;
    const holder = this.index.exchange(key, block) as Block;
    const isHeld = holder > 0 && words[WORDS * holder + KEY] === key;
    if (this.frozen !== null) this.frozen.note(key, isHeld ? 'present' : 'absent');
    if (isHeld) this.#supersede(holder);
    words[WORDS * block + KEY] = key;
  }

  /** A free block is taken: its content is gone. */
  forget(block: Block): void {
    const words = this.#words;
    const key = words[WORDS * block + KEY]!;
    if (key === NO_KEY) return;
    if (key < this.index.sharedEnd) this.sharedVersion++;
    if (this.frozen !== null) this.frozen.note(key, this.find(key) !== NO_BLOCK ? 'present' : 'absent');
    if (words[WORDS * block + REFERENCES] === SUPERSEDED) this.#deleteEntry(block, key);
    words[WORDS * block + KEY] = NO_KEY;
  }

  #deleteEntry(block: Block, key: number): void {
    this.#words[WORDS * block + REFERENCES] = 0;
    const holder = this.find(key);
    if (holder !== NO_BLOCK && holder !== block) this.#supersede(holder);
    this.index.set(key, 0);
  }

  #grow(block: Block): void {
    let { length } = this.#words;
    while (length <= WORDS * block) length *= 2;
    const grown = new Int32Array(length);
    grown.set(this.#words);
    this.#words = grown;
  }

  #supersede(block: Block): void {
    this.#words[WORDS * block + REFERENCES] = this.#words[WORDS * block + REFERENCES]! | SUPERSEDED;
  }
}
