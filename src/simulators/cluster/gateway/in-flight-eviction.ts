import type { RequestTable } from '../../workload/request-table.ts';
import type { RequestsView } from '../column-owners.ts';
import { NO_REQUEST, type RequestIndex } from '../indices.ts';
import type { GatewayFlow } from './gateway-flow.ts';

export interface EvictionParts {
  readonly requests: RequestsView;
  readonly table: RequestTable;
  readonly gateway: GatewayFlow;
  /** By SLO class of the table. */
  readonly priorityOfClass: Float64Array;
}

/** Sheddable requests at instances, of which a saturated gateway takes one out for a protected request. */
export class InFlightEviction {
  evicted = 0;
  readonly #parts: EvictionParts;
  readonly #sheddable = new Set<RequestIndex>();

  constructor(parts: EvictionParts) {
    this.#parts = parts;
  }

  get hasVictim(): boolean {
    return this.#sheddable.size > 0;
  }

  /** A whole request went to an instance. The parts of disaggregated ones cannot be evicted. */
  sent(request: RequestIndex): void {
    if (this.#priorityOf(request) < 0) this.#sheddable.add(request);
  }

  ended(request: RequestIndex): void {
    this.#sheddable.delete(request);
  }

  /** Takes the next victim out of the books; −1 = there is none. */
  takeVictim(): RequestIndex {
    let victim = NO_REQUEST;
    for (const request of this.#sheddable) {
      if (victim < 0 || this.#goesBefore(request, victim)) victim = request;
    }
    this.#sheddable.delete(victim);
    return victim;
  }

  /** Lowest priority first, then dispatched last. */
  #goesBefore(a: RequestIndex, b: RequestIndex): boolean {
    const difference = this.#priorityOf(a) - this.#priorityOf(b);
    if (difference !== 0) return difference < 0;
    const { gateway } = this.#parts;
    return gateway.dispatchedAtUs(a) >= gateway.dispatchedAtUs(b);
  }

  #priorityOf(request: RequestIndex): number {
    const { requests, table, priorityOfClass } = this.#parts;
    return priorityOfClass[table.sloClass[requests.row[request]!]!]!;
  }
}
