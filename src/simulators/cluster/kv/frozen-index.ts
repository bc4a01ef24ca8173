import type { KeyMap } from './key-map.ts';

/** Which keys were cached at the last refresh: only changes since then are kept. */
export class FrozenIndex {
  #generation = 1;
  /** Generation of the last change by key, and whether the key was cached before it. */
  readonly #changedIn: KeyMap;
  readonly #before: KeyMap;

  constructor(changedIn: KeyMap, before: KeyMap) {
    this.#changedIn = changedIn;
    this.#before = before;
  }

  /** Number of copies so far. */
  get generation(): number {
    return this.#generation;
  }

  advance(): void {
    this.#generation++;
  }

  /** To be told before every change. */
  note(key: number, now: 'present' | 'absent'): void {
    if (this.#changedIn.get(key) === this.#generation) return;
    this.#changedIn.set(key, this.#generation);
    this.#before.set(key, now === 'present' ? 1 : 0);
  }

  /** @param now - whether the key is there now */
  had(key: number, now: 'present' | 'absent'): boolean {
    return this.#changedIn.get(key) === this.#generation ? this.#before.get(key) === 1 : now === 'present';
  }
}
