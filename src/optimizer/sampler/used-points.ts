import type { ParameterValues } from '../space/parameter.ts';
import { pointKey } from '../space/search-space.ts';

/** Points that were told or are pending: none of them is proposed again. */
export class UsedPoints {
  /** By the name of a fixed sequence: how many of its first points are among these, or not feasible. They are not looked at again. */
  readonly passed = new Map<string, number>();
  readonly #before: UsedPoints | null;
  readonly #keys = new Set<string>();
  #count: number;

  constructor(before: UsedPoints | null = null) {
    this.#before = before;
    this.#count = before?.count ?? 0;
  }

  /** How many were added, with those that were there before. */
  get count(): number {
    return this.#count;
  }

  has(values: ParameterValues): boolean {
    const key = pointKey(values);
    for (let at: UsedPoints | null = this; at !== null; at = at.#before) if (at.#keys.has(key)) return true;
    return false;
  }

  add(values: ParameterValues): void {
    this.#keys.add(pointKey(values));
    this.#count++;
  }

  /** These points and others to come, which are not added to these; what it costs does not grow with them. */
  fork(): UsedPoints {
    return new UsedPoints(this);
  }
}
