import type { GatewayConfig } from '../engine-config.ts';
import { NO_REQUEST, type RequestIndex } from '../indices.ts';

/** Answers of `GatewayQueue.enqueue` besides the request that had to make room. */
export const ENQUEUED = NO_REQUEST;
export const REJECTED = -2 as RequestIndex;

/** Requests of one tenant within a band: a doubly linked list through the queue's link columns. */
interface TenantFifo {
  readonly name: string;
  head: RequestIndex;
  tail: RequestIndex;
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
  /** Columns by request. */
  readonly #next: RequestIndex[] = [];
  readonly #previous: RequestIndex[] = [];
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

  has(request: RequestIndex): boolean {
    return this.#bandOf[request] !== undefined;
  }

  /**
   * @param targetUs - the request's own TTFT target, else its class's; Infinity = none
   * @returns `ENQUEUED`, `REJECTED`, or the queued request that was shed for this one
   */
  enqueue(request: RequestIndex, priority: number, tenant: number, targetUs: number, clockUs: number): RequestIndex {
    const band = this.#band(priority);
    const { perBandCapacity, maxDepth, shedding } = this.#config;
    if (perBandCapacity > 0 && band.size >= perBandCapacity) return REJECTED;
    let victim = ENQUEUED;
    if (maxDepth > 0 && this.#length >= maxDepth) {
      victim = shedding ? this.#victimBelow(priority) : REJECTED;
      if (victim === REJECTED) return REJECTED;
      this.remove(victim);
    }
    this.#append(request, band, this.#tenants[tenant] || 'default');
    this.#deadlineUs[request] = clockUs + targetUs;
    return victim;
  }

  /** Takes the request to dispatch at this saturation, or −1. Lower bands stop at lower saturations. */
  dispatch(saturation: number): RequestIndex {
    const count = this.#bands.length;
    const limit = this.#config.usageLimit;
    for (let i = 0; i < count; i++) {
      const ceiling = count === 1 ? 1 : 1 - (i * (1 - limit)) / (count - 1);
      if (saturation >= ceiling) return NO_REQUEST;
      const band = this.#bands[i]!;
      if (band.size === 0) continue;
      const fifo = this.#fairFifo(band);
      band.lastServed = fifo.name;
      const request = this.#config.dispatchOrder === 'slo-deadline' ? this.#mostUrgent(fifo) : fifo.head;
      this.remove(request);
      return request;
    }
    return NO_REQUEST;
  }

  /** Takes a queued request out (expired or shed). */
  remove(request: RequestIndex): void {
    const band = this.#bandOf[request];
    const fifo = this.#fifoOf[request];
    if (band === undefined || fifo === undefined)
      throw new RangeError(`request ${request} is not queued at the gateway`);
    const next = this.#next[request]!;
    const previous = this.#previous[request]!;
    if (previous < 0) fifo.head = next;
    else this.#next[previous] = next;
    if (next < 0) fifo.tail = previous;
    else this.#previous[next] = previous;
    this.#bandOf[request] = undefined;
    this.#fifoOf[request] = undefined;
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

  #append(request: RequestIndex, band: Band, tenant: string): void {
    let at = 0;
    while (at < band.fifos.length && band.fifos[at]!.name < tenant) at++;
    if (band.fifos[at]?.name !== tenant) band.fifos.splice(at, 0, { name: tenant, head: NO_REQUEST, tail: NO_REQUEST });
    const fifo = band.fifos[at]!;
    this.#previous[request] = fifo.tail;
    this.#next[request] = NO_REQUEST;
    if (fifo.tail < 0) fifo.head = request;
    else this.#next[fifo.tail] = request;
    fifo.tail = request;
    this.#order[request] = this.#enqueued++;
    this.#bandOf[request] = band;
    this.#fifoOf[request] = fifo;
    band.size++;
    this.#length++;
  }

  /** The sheddable request of lowest priority, latest first, if its priority is below the newcomer's. */
  #victimBelow(priority: number): RequestIndex {
    for (let i = this.#bands.length - 1; i >= 0; i--) {
      const band = this.#bands[i]!;
      if (band.size === 0) continue;
      if (band.priority >= 0 || band.priority >= priority) return REJECTED;
      let latest = NO_REQUEST;
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

  #mostUrgent(fifo: TenantFifo): RequestIndex {
    let best = fifo.head;
    for (let request = fifo.head; request >= 0; request = this.#next[request]!) {
      if (this.#deadlineUs[request]! < this.#deadlineUs[best]!) best = request;
    }
    return best;
  }
}
