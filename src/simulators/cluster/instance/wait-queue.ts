import type { RequestIndex } from '../indices.ts';
/** Order of two requests; negative = the first goes first. Never 0 for different requests. */
export type RequestOrder = (a: RequestIndex, b: RequestIndex) => number;

/** Requests that wait at an instance: in order of arrival there, or kept sorted by a fixed order. */
export class WaitQueue {
  #items = new Int32Array(64);
  #head = 32;
  #tail = 32;
  readonly #order: RequestOrder | null;

  constructor(order: RequestOrder | null) {
    this.#order = order;
  }

  get length(): number {
    return this.#tail - this.#head;
  }

  at(position: number): RequestIndex {
    return this.#items[this.#head + position]! as RequestIndex;
  }

  enqueue(request: RequestIndex): void {
    this.#insert(this.#order === null ? this.length : this.#place(request, this.#order), request);
  }

  /** Puts a preempted request first, unless an order says otherwise. */
  requeue(request: RequestIndex): void {
    this.#insert(this.#order === null ? 0 : this.#place(request, this.#order), request);
  }

  removeAt(position: number): void {
    const items = this.#items;
    const at = this.#head + position;
    if (position <= this.length >> 1) {
      if (position > 0) items.copyWithin(this.#head + 1, this.#head, at);
      this.#head++;
    } else {
      items.copyWithin(at, at + 1, this.#tail);
      this.#tail--;
    }
  }

  /** Takes a request out wherever it is; false if it does not wait here. */
  remove(request: RequestIndex): boolean {
    let position = -1;
    if (this.#order === null) {
      position = this.#items.subarray(this.#head, this.#tail).indexOf(request);
    } else {
      const place = this.#place(request, this.#order);
      if (place < this.length && this.at(place) === request) position = place;
    }
    if (position < 0) return false;
    this.removeAt(position);
    return true;
  }

  /** Sorts once; for orders that change from step to step. The queue must have been made without an order. */
  sort(order: RequestOrder): void {
    const sorted = Array.from(this.#items.subarray(this.#head, this.#tail), (item) => item as RequestIndex).sort(order);
    this.#items.set(sorted, this.#head);
  }

  /** Position of a request in the order, or where it belongs. */
  #place(request: RequestIndex, order: RequestOrder): number {
    let low = 0;
    let high = this.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (order(this.at(middle), request) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #insert(position: number, request: RequestIndex): void {
    if (this.#tail === this.#items.length || this.#head === 0) this.#recenter();
    const items = this.#items;
    if (position < this.length >> 1) {
      items.copyWithin(this.#head - 1, this.#head, this.#head + position);
      this.#head--;
    } else {
      items.copyWithin(this.#head + position + 1, this.#head + position, this.#tail);
      this.#tail++;
    }
    items[this.#head + position] = request;
  }

  #recenter(): void {
    const length = this.length;
    const old = this.#items;
    const capacity = 4 * length > old.length ? 2 * old.length : old.length;
    const items = new Int32Array(capacity);
    const head = (capacity - length) >> 1;
    items.set(old.subarray(this.#head, this.#tail), head);
    this.#items = items;
    this.#head = head;
    this.#tail = head + length;
  }
}
