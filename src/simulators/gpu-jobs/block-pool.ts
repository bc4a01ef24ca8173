const NONE = -1;

/**
 * Paged KV memory with prefix caching. A block is used (referenced), cached (holds known content, referenced by
 * nobody) or free; the three always add up to `total`. Cached blocks are given up least recently used first.
 * @see Kwon et al. 2023, "Efficient memory management for large language model serving with PagedAttention"
 */
export class BlockPool {
  readonly total: number;
  readonly #references: Int32Array;
  /** Content of a block; −1 = private. */
  readonly #keys: Float64Array;
  readonly #blockOfKey = new Map<number, number>();
  /** Blocks that were given back. */
  readonly #returned: Int32Array;
  #returnedLength = 0;
  /** Blocks below were in use at some time; those from here on were never touched, nor was their memory. */
  #fresh = 0;
  /** Cached blocks, least recently used first: insertion order of the map. */
  readonly #idle = new Set<number>();
  #evictions = 0;

  constructor(total: number) {
    this.total = total;
    this.#references = new Int32Array(total);
    this.#keys = new Float64Array(total);
    this.#returned = new Int32Array(total);
  }

  get free(): number {
    return this.#returnedLength + this.total - this.#fresh;
  }

  get cached(): number {
    return this.#idle.size;
  }

  get used(): number {
    return this.total - this.free - this.#idle.size;
  }

  /** Blocks that an allocation may take: free ones and unreferenced cached ones. */
  get available(): number {
    return this.free + this.#idle.size;
  }

  get evictions(): number {
    return this.#evictions;
  }

  /** The block that holds this content, or −1. Looking does not touch the LRU order. */
  find(key: number): number {
    return this.#blockOfKey.get(key) ?? NONE;
  }

  /** How many hold the block. */
  references(block: number): number {
    return this.#references[block]!;
  }

  isIdle(block: number): boolean {
    return this.#idle.has(block);
  }

  /** A private block with one reference, or −1 when neither a free nor an unreferenced cached block is left. */
  allocate(): number {
    const block = this.#returnedLength > 0 ? this.#returned[--this.#returnedLength]! : this.#untouched();
    if (block !== NONE) this.#references[block] = 1;
    return block;
  }

  /** One more reference to a block with known content. */
  share(block: number): void {
    if (this.#references[block] === 0 && !this.#idle.delete(block)) throw new RangeError(`block ${block} is free`);
    this.#references[block]!++;
  }

  /** Gives a referenced private block its content key; a key that another block holds already is left there. */
  publish(block: number, key: number): void {
    if (this.#references[block] === 0) throw new RangeError(`block ${block} is not in use`);
    if (this.#keys[block] !== NONE || this.#blockOfKey.has(key)) return;
    this.#keys[block] = key;
    this.#blockOfKey.set(key, block);
  }

  /** Drops one reference; the last one turns the block into a cached or a free one. */
  release(block: number): void {
    const left = --this.#references[block]!;
    if (left < 0) throw new RangeError(`block ${block} was released twice`);
    if (left > 0) return;
    if (this.#keys[block] !== NONE) this.#idle.add(block);
    else this.#returned[this.#returnedLength++] = block;
  }

  #untouched(): number {
    if (this.#fresh === this.total) return this.#evict();
    this.#keys[this.#fresh] = NONE;
    return this.#fresh++;
  }

  #evict(): number {
    const oldest = this.#idle.values().next();
    if (oldest.done === true) return NONE;
    const block = oldest.value;
    this.#idle.delete(block);
    this.#blockOfKey.delete(this.#keys[block]!);
    this.#keys[block] = NONE;
    this.#evictions++;
    return block;
  }
}
