import type { RequestTable } from '../../workload/request-table.ts';
import type { NeededBooks } from '../kv/needed-books.ts';
import { RequestStates } from '../request-states.ts';

/** Larger columns are not kept for a run that needs a small part of them. */
const MOST_SPARE = 4;

/**
 * What one run leaves to the next: its columns of request state, and whether its policies need books. A worker of a study
 * that simulates one point after the other, on the requests of some seeds, allocates them once.
 */
export class RunMemory implements NeededBooks {
  books: NeededBooks['books'] = 'shared prefixes';
  #spare: RequestStates | null = null;

  /** Fresh state for the rows of a table, with room for `capacity` requests. */
  take(table: RequestTable, urgencyOfClass: Float64Array, capacity: number): RequestStates {
    const spare = this.#spare;
    this.#spare = null;
    if (spare === null || spare.capacity < capacity || spare.capacity > MOST_SPARE * capacity) {
      return new RequestStates(table, urgencyOfClass, { capacity });
    }
    spare.restart(table, urgencyOfClass);
    return spare;
  }

  /** A run is over and nobody reads its state any more. */
  giveBack(requests: RequestStates): void {
    this.#spare = requests;
  }
}
