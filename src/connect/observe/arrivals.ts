import type { RequestTable } from '../../simulators/workload/request-table.ts';

/** Requests that are still to come: the listed ones in their order, and later rounds of sessions as they become known. */
export class Arrivals {
  readonly #table: RequestTable;
  readonly #listed: number;
  #next = 0;
  /** Rows of later rounds; a heap by (arrival, row). */
  readonly #rounds: number[] = [];

  /** @param table - whose rows so far are listed, by arrival */
  constructor(table: RequestTable) {
    this.#table = table;
    this.#listed = table.length;
  }

  /** Row of the earliest; of two at the same time the later round of a session. −1 = none. */
  peek(): number {
    const round = this.#rounds[0];
    const listed = this.#next < this.#listed ? this.#next : -1;
    if (round === undefined) return listed;
    const { arrivalUs } = this.#table;
    return listed < 0 || arrivalUs[round]! <= arrivalUs[listed]! ? round : listed;
  }

  /** Removes the one that `peek` answers. */
  take(): void {
    if (this.peek() === this.#rounds[0]) this.#pop();
    else this.#next++;
  }

  add(row: number): void {
    const heap = this.#rounds;
    let hole = heap.push(row) - 1;
    while (hole > 0) {
      const parent = (hole - 1) >> 1;
      if (!this.#before(row, heap[parent]!)) break;
      heap[hole] = heap[parent]!;
      hole = parent;
    }
    heap[hole] = row;
  }

  #pop(): void {
    const heap = this.#rounds;
    const moved = heap.pop()!;
    if (heap.length === 0) return;
    let hole = 0;
    for (;;) {
      let child = 2 * hole + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && this.#before(heap[child + 1]!, heap[child]!)) child++;
      if (!this.#before(heap[child]!, moved)) break;
      heap[hole] = heap[child]!;
      hole = child;
    }
    heap[hole] = moved;
  }

  #before(a: number, b: number): boolean {
    const { arrivalUs } = this.#table;
    return arrivalUs[a]! < arrivalUs[b]! || (arrivalUs[a] === arrivalUs[b] && a < b);
  }
}
