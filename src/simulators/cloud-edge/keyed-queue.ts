import type { RequestView } from './scheduler.ts';

/** A waiting request with the key it is ordered by. */
export interface Candidate {
  readonly request: RequestView;
  key: number;
}

/** Smaller key first; ties by arrival, then id. */
export function byKey(a: Candidate, b: Candidate): number {
  return a.key - b.key || a.request.arrivedAt - b.request.arrivedAt || a.request.id - b.request.id;
}

/** Min-heap of candidates. A key may change only while its candidate is outside. */
export class KeyedQueue<T extends Candidate = Candidate> {
  readonly #heap: T[] = [];

  get length(): number {
    return this.#heap.length;
  }

  peek(): T | undefined {
    return this.#heap[0];
  }

  push(candidate: T): void {
    const heap = this.#heap;
    let hole = heap.length;
    heap.push(candidate);
    while (hole > 0) {
      const parent = (hole - 1) >> 1;
      if (byKey(candidate, heap[parent]!) >= 0) break;
      heap[hole] = heap[parent]!;
      hole = parent;
    }
    heap[hole] = candidate;
  }

  pop(): T | undefined {
    const heap = this.#heap;
    const top = heap[0];
    const last = heap.pop();
    if (top === undefined || last === undefined || heap.length === 0) return top;
    const size = heap.length;
    let hole = 0;
    for (let child = 1; child < size; child = 2 * hole + 1) {
      if (child + 1 < size && byKey(heap[child + 1]!, heap[child]!) < 0) child++;
      if (byKey(heap[child]!, last) >= 0) break;
      heap[hole] = heap[child]!;
      hole = child;
    }
    heap[hole] = last;
    return top;
  }

  /** Up to `count` candidates with the smallest keys, in order. */
  take(count: number): T[] {
    const taken: T[] = [];
    while (taken.length < count && this.#heap.length > 0) taken.push(this.pop()!);
    return taken;
  }
}
