import type { RequestTable } from '../../workload/request-table.ts';
import type { Row } from '../indices.ts';

/** Key of a block without known content, and parent of the first block of a prompt. */
export const NO_KEY = 0;

/**
 * Content identity of KV blocks without tokens and hashes. A key stands for a block's content and everything before
 * it. Block k of a prompt ++ output has the key `group + k` inside a shared prefix, the key of the parent's block k
 * inside an inherited context, and `own + k` after that. Keys are positive and given out in order of rows.
 */
export class BlockKeys {
  readonly blockSize: number;
  /** Keys below this belong to shared prefixes. */
  readonly sharedEnd: number;
  readonly #table: RequestTable;
  readonly #apart: boolean;
  readonly #groupBase: Float64Array;
  /** Complete blocks by group. */
  readonly #groupSize: Int32Array;
  #inheritedBlocks: Int32Array;
  #groupBlocks: Int32Array;
  #firstOwn: Int32Array;
  #ownBase: Float64Array;
  #rows = 0;
  #next: number;

  /** @param content - `apart`: no two requests have a block in common, as without prefix caching */
  constructor(table: RequestTable, blockSize: number, content: 'shared' | 'apart' = 'shared') {
    this.blockSize = blockSize;
    this.#table = table;
    this.#apart = content === 'apart';
    const { groupLengths } = table.names;
    this.#groupBase = new Float64Array(groupLengths.length);
    this.#groupSize = Int32Array.from(groupLengths, (length) => Math.floor(length / blockSize));
    let next = 1;
    this.#groupSize.forEach((blocks, group) => {
      this.#groupBase[group] = next;
      next += blocks;
    });
    this.sharedEnd = next;
    this.#next = next;
    this.#inheritedBlocks = new Int32Array(table.length);
    this.#groupBlocks = new Int32Array(table.length);
    this.#firstOwn = new Int32Array(table.length);
    this.#ownBase = new Float64Array(table.length);
    this.cover();
  }

  /** One above the largest key given out. */
  get end(): number {
    return this.#next;
  }

  /** Gives keys to rows that were appended to the table. */
  cover(): void {
    const table = this.#table;
    const size = this.blockSize;
    if (table.length > this.#ownBase.length) this.#grow(Math.max(table.length, 2 * this.#ownBase.length));
    for (let row = this.#rows; row < table.length; row++) {
      const inherited = !this.#apart && table.parent[row]! >= 0 ? Math.floor(table.inheritedTokens[row]! / size) : 0;
      const grouped = !this.#apart && table.group[row]! >= 0 ? Math.floor(table.groupTokens[row]! / size) : 0;
      const first = Math.max(inherited, grouped);
      const blocks = Math.floor((table.inputTokens[row]! + table.outputTokens[row]!) / size);
      this.#inheritedBlocks[row] = inherited;
      this.#groupBlocks[row] = grouped;
      this.#firstOwn[row] = first;
      this.#ownBase[row] = this.#next - first;
      this.#next += Math.max(0, blocks - first);
    }
    this.#rows = table.length;
  }

  /** Key of block `k` of a row's prompt ++ output. */
  key(row: Row, k: number): number {
    if (k >= this.#firstOwn[row]!) return this.#ownBase[row]! + k;
    let r: number = row;
    while (k < this.#inheritedBlocks[r]!) r = this.#table.parent[r]!;
    if (k < this.#groupBlocks[r]!) return this.#groupBase[this.#table.group[r]!]! + k;
    return this.#ownBase[r]! + k;
  }

  /** The first block of a row that is in no shared prefix and no inherited context. */
  firstOwn(row: Row): number {
    return this.#firstOwn[row]!;
  }

  /** Number of shared prefixes. */
  get groups(): number {
    return this.#groupSize.length;
  }

  /** Complete blocks of a shared prefix. */
  groupSize(group: number): number {
    return this.#groupSize[group]!;
  }

  /** Key of the first block of a shared prefix; the others follow. */
  groupKey(group: number): number {
    return this.#groupBase[group]!;
  }

  /** The shared prefix that a row begins with, unless it begins with an inherited context; −1 = none. */
  leadingGroup(row: Row): number {
    return this.#inheritedBlocks[row] === 0 ? this.#table.group[row]! : -1;
  }

  /** Complete blocks of its shared prefix that a row has. */
  groupBlocks(row: Row): number {
    return this.#groupBlocks[row]!;
  }

  /** The shared prefix that a row begins with if it has all of its complete blocks; −1 = none, or not all. */
  wholeGroup(row: Row): number {
    const blocks = this.#groupBlocks[row]!;
    const group = this.#table.group[row]!;
    return blocks > 0 && blocks === this.#firstOwn[row] && blocks === this.#groupSize[group] ? group : -1;
  }

  /** From block `k` of a row on, how many blocks have consecutive keys at least; ≥ 1, Infinity for own blocks. */
  run(row: Row, k: number): number {
    if (k < this.#inheritedBlocks[row]!) return 1;
    const grouped = this.#groupBlocks[row]!;
    return k < grouped ? grouped - k : Number.POSITIVE_INFINITY;
  }

  /** A new key for content that is no block of any row. */
  reserve(): number {
    return this.#next++;
  }

  /**
   * Name of the tokens [offset, offset + block size) of a row, equal for all rows that share them; texts of the
   * same tokens at other offsets count as different.
   */
  content(row: Row, offset: number): string {
    const table = this.#table;
    const end = offset + this.blockSize;
    if (this.#apart) return `${row}:${offset}`;
    let r: number = row;
    while (table.parent[r]! >= 0 && end <= table.inheritedTokens[r]!) r = table.parent[r]!;
    const group = table.group[r]!;
    return group >= 0 && end <= table.groupTokens[r]! ? `g${group}:${offset}` : `${r}:${offset}`;
  }

  #grow(capacity: number): void {
    const inherited = new Int32Array(capacity);
    inherited.set(this.#inheritedBlocks);
    this.#inheritedBlocks = inherited;
    const grouped = new Int32Array(capacity);
    grouped.set(this.#groupBlocks);
    this.#groupBlocks = grouped;
    const first = new Int32Array(capacity);
    first.set(this.#firstOwn);
    this.#firstOwn = first;
    const own = new Float64Array(capacity);
    own.set(this.#ownBase);
    this.#ownBase = own;
  }
}
