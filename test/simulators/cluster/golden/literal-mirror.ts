import type { BatchMirror, MirrorParts } from '../../../../src/simulators/cluster/kv/mirror/batch-mirror.ts';
import { asRequest } from './indices.ts';

/** The rule as it is written: every step walks every block of the batch through an LRU map. */
export class LiteralMirror implements BatchMirror {
  evicted = 0;
  mirrored = 0;
  readonly #capacity: number;
  readonly #parts: MirrorParts;
  /** Insertion order = order of last use. */
  readonly #keys = new Set<number>();

  constructor(capacity: number, parts: MirrorParts) {
    this.#capacity = capacity;
    this.#parts = parts;
  }

  get size(): number {
    return this.#keys.size;
  }

  mayHoldOwn(): boolean {
    return true;
  }

  touch(key: number): boolean {
    if (!this.#keys.delete(key)) return false;
    this.#keys.add(key);
    return true;
  }

  admitted(): void {}

  changed(): void {}

  leaves(): void {}

  mirror(batch: Int32Array, size: number): void {
    const { gpu, requests } = this.#parts;
    for (const request of Array.from(batch.subarray(0, size), asRequest)) {
      for (let i = 0; i < requests.ownedCount[request]!; i++) {
        const key = gpu.contentOf(request, i);
        if (key === 0 || this.touch(key)) continue;
        if (this.#keys.size === this.#capacity) {
          this.#keys.delete(this.#keys.values().next().value!);
          this.evicted++;
        }
        this.#keys.add(key);
        this.mirrored++;
      }
    }
  }
}
