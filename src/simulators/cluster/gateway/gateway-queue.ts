import type { GatewayConfig } from '../engine-config.ts';

/** Answers of `GatewayQueue.enqueue` besides the row of a request that had to make room. */
export const ENQUEUED = -1;
export const REJECTED = -2;

/** Requests of one tenant within a band: a doubly linked list through the queue's link columns. */
interface TenantFifo {
  readonly name: string;
  head: number;
  tail: number;
}

interface Band {
  readonly priority: number;
  /** In byte order of tenant name. */
  readonly fifos: TenantFifo[];
  size: number;
  /** Tenant served last; the round-robin cursor. */
  lastServed: string | null;
}

/**
 * Requests held at the gateway: bands by priority, in each band one FIFO per tenant. A pure data structure; dispatch
 * ticks, expiry and eviction events belong to the engine.
 */
export class GatewayQueue {
  readonly #config: GatewayConfig;
  readonly #tenants: readonly string[];
  /** High → low; a band appears with its first request, even a rejected one, and stays. */
  readonly #bands: Band[] = [];
  #length = 0;
  #enqueued = 0;
  /** Columns by request row. */
  readonly #next: number[] = [];
  readonly #previous: number[] = [];
  readonly #order: number[] = [];
  readonly #deadlineUs: number[] = [];
  readonly #bandOf: (Band | undefined)[] = [];
  readonly #fifoOf: (TenantFifo | undefined)[] = [];

  /** @param tenants - names by tenant index; '' shares the FIFO of the tenant `default` */
  constructor(config: GatewayConfig, tenants: readonly string[]) {
    this.#config = config;
    this.#tenants = tenants;
  }

  get length(): number {
    return this.#length;
  }

  has(row: number): boolean {
    return this.#bandOf[row] !== undefined;
  }

  /**
   * @param targetUs - the request's own TTFT target, else its class's; Infinity = none
   * @returns `ENQUEUED`, `REJECTED`, or the row of the queued request that was shed for this one
   */
  enqueue(row: number, priority: number, tenant: number, targetUs: number, clockUs: number): number {
    const band = this.#band(priority);
    const { perBandCapacity, maxDepth, shedding } = this.#config;
    if (perBandCapacity > 0 && band.size >= perBandCapacity) return REJECTED;
    let victim = ENQUEUED;
    if (maxDepth > 0 && this.#length >= maxDepth) {
      victim = shedding ? this.#victimBelow(priority) : REJECTED;
      if (victim === REJECTED) return REJECTED;
      this.remove(victim);
    }
    this.#append(row, band, this.#tenants[tenant] || 'default');
    this.#deadlineUs[row] = clockUs + targetUs;
    return victim;
  }

  /** Takes the request to dispatch at this saturation, or −1. Lower bands stop at lower saturations. */
  dispatch(saturation: number): number {
    const count = this.#bands.length;
    const limit = this.#config.usageLimit;
    for (let i = 0; i < count; i++) {
      const ceiling = count === 1 ? 1 : 1 - (i * (1 - limit)) / (count - 1);
      if (saturation >= ceiling) return -1;
      const band = this.#bands[i]!;
      if (band.size === 0) continue;
      const fifo = this.#fairFifo(band);
      band.lastServed = fifo.name;
      const row = this.#config.dispatchOrder === 'slo-deadline' ? this.#mostUrgent(fifo) : fifo.head;
      this.remove(row);
      return row;
    }
    return -1;
  }

  /** Takes a queued request out (expired or shed). */
  remove(row: number): void {
    const band = this.#bandOf[row];
    const fifo = this.#fifoOf[row];
    if (band === undefined || fifo === undefined) throw new RangeError(`request ${row} is not queued at the gateway`);
    const next = this.#next[row]!;
    const previous = this.#previous[row]!;
    if (previous < 0) fifo.head = next;
    else this.#next[previous] = next;
    if (next < 0) fifo.tail = previous;
    else this.#previous[next] = previous;
    this.#bandOf[row] = undefined;
    this.#fifoOf[row] = undefined;
    band.size--;
    this.#length--;
  }

  /** Whether a request that must not be shed (priority ≥ 0) is waiting. */
  hasProtected(): boolean {
    return this.#bands.some((band) => band.priority >= 0 && band.size > 0);
  }

  #band(priority: number): Band {
    let at = 0;
    while (at < this.#bands.length && this.#bands[at]!.priority > priority) at++;
    const found = this.#bands[at];
    if (found !== undefined && found.priority === priority) return found;
    const band: Band = { priority, fifos: [], size: 0, lastServed: null };
    this.#bands.splice(at, 0, band);
    return band;
  }

  #append(row: number, band: Band, tenant: string): void {
    let at = 0;
    while (at < band.fifos.length && band.fifos[at]!.name < tenant) at++;
    if (band.fifos[at]?.name !== tenant) band.fifos.splice(at, 0, { name: tenant, head: -1, tail: -1 });
    const fifo = band.fifos[at]!;
    this.#previous[row] = fifo.tail;
    this.#next[row] = -1;
    if (fifo.tail < 0) fifo.head = row;
    else this.#next[fifo.tail] = row;
    fifo.tail = row;
    this.#order[row] = this.#enqueued++;
    this.#bandOf[row] = band;
    this.#fifoOf[row] = fifo;
    band.size++;
    this.#length++;
  }

  /** The sheddable request of lowest priority, latest first, if its priority is below the newcomer's. */
  #victimBelow(priority: number): number {
    for (let i = this.#bands.length - 1; i >= 0; i--) {
      const band = this.#bands[i]!;
      if (band.size === 0) continue;
      if (band.priority >= 0 || band.priority >= priority) return REJECTED;
      let latest = -1;
      for (const fifo of band.fifos) {
        if (fifo.tail >= 0 && (latest < 0 || this.#order[fifo.tail]! > this.#order[latest]!)) latest = fifo.tail;
      }
      return latest;
    }
    return REJECTED;
  }

  #fairFifo(band: Band): TenantFifo {
    const waiting = band.fifos.filter((fifo) => fifo.head >= 0);
    if (this.#config.fairness === 'round-robin') {
      const last = waiting.findIndex((fifo) => fifo.name === band.lastServed);
      return waiting[(last + 1) % waiting.length]!;
    }
    let first = waiting[0]!;
    for (const fifo of waiting) if (this.#order[fifo.head]! < this.#order[first.head]!) first = fifo;
    return first;
  }

  #mostUrgent(fifo: TenantFifo): number {
    let best = fifo.head;
    for (let row = fifo.head; row >= 0; row = this.#next[row]!) {
      if (this.#deadlineUs[row]! < this.#deadlineUs[best]!) best = row;
    }
    return best;
  }
}
