import { WORDS } from '../lru-nodes.ts';
import { HOT, type MirrorList } from './mirror-list.ts';

/** Singles touched by reloads since the last mirror: at the next one they are the most recent, in the order of their last touches. */
export class ReloadTouches {
  /** Singles with the number of the touch. */
  readonly #touched: number[] = [];
  readonly #touches: number[] = [];
  #count = 0;
  #countBefore = 0;
  /** By node; 0 where never touched. */
  #last = new Float64Array(64);

  get length(): number {
    return this.#touched.length;
  }

  add(single: number): void {
    if (single >= this.#last.length) this.#grow(single);
    this.#last[single] = ++this.#count;
    this.#touched.push(single);
    this.#touches.push(this.#count);
  }

  /** Whether a single was touched since the last mirror. */
  has(single: number): boolean {
    return single < this.#last.length && this.#last[single]! > this.#countBefore;
  }

  /** The number is another single's now. */
  forget(single: number): void {
    if (single < this.#last.length) this.#last[single] = 0;
  }

  /** Puts the touched ones that no walked block has at the end of the list. */
  appendTo(list: MirrorList): void {
    for (let i = 0; i < this.#touched.length; i++) {
      const single = this.#touched[i]!;
      if (list.words[WORDS * single + HOT] === 0 && this.#last[single] === this.#touches[i]) list.append(single);
    }
  }

  /** A mirror has taken them into account. */
  clear(): void {
    this.#touched.length = 0;
    this.#touches.length = 0;
    this.#countBefore = this.#count;
  }

  #grow(single: number): void {
    const grown = new Float64Array(2 * single);
    grown.set(this.#last);
    this.#last = grown;
  }
}
