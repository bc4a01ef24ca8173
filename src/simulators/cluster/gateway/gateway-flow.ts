import type { RareEvents } from '../control-events.ts';
import type { GatewayConfig } from '../engine-config.ts';
import type { RequestIndex } from '../indices.ts';
import type { SnapshotColumns } from './admission.ts';
import { ENQUEUED, GatewayQueue, REJECTED } from './gateway-queue.ts';
import { createDetector, type SaturationDetector } from './saturation.ts';

/** What the gateway needs from the cluster. */
export interface GatewayHost {
  /** Refreshed view of all instances. */
  view(clockUs: number): SnapshotColumns;
  /** Sends a request to routing. */
  route(request: RequestIndex, clockUs: number): void;
  shed(request: RequestIndex): void;
  /** Whether a sheddable request is running or waiting at an instance. */
  hasEvictable(): boolean;
  dispatched(request: RequestIndex, saturation: number, waiting: number, clockUs: number): void;
}

/** Flow control at the gateway: requests wait in front of the cluster while it is saturated. */
export class GatewayFlow {
  rejected = 0;
  shed = 0;
  expired = 0;
  readonly queue: GatewayQueue;
  readonly #config: GatewayConfig;
  readonly #detector: SaturationDetector;
  readonly #host: GatewayHost;
  readonly #events: RareEvents;
  readonly #enqueuedAtUs: number[] = [];
  readonly #dispatchedAtUs: number[] = [];
  #tickPending = false;

  constructor(config: GatewayConfig, tenants: readonly string[], host: GatewayHost, events: RareEvents) {
    this.#config = config;
    this.queue = new GatewayQueue(config, tenants);
    this.#detector = createDetector(config.detector);
    this.#host = host;
    this.#events = events;
  }

  /** @param targetUs - the request's TTFT target, else its class's; Infinity = none */
  enqueue(request: RequestIndex, priority: number, tenant: number, targetUs: number, clockUs: number): void {
    const outcome = this.queue.enqueue(request, priority, tenant, targetUs, clockUs);
    if (outcome === REJECTED) {
      this.rejected++;
      return;
    }
    if (outcome !== ENQUEUED) {
      this.shed++;
      this.#host.shed(outcome);
    }
    this.#enqueuedAtUs[request] = clockUs;
    const ttl = this.#config.requestTtlUs;
    if (ttl > 0) this.#events.push(clockUs + ttl, 'gateway expiry', request);
    this.#dispatch(clockUs);
  }

  tick(clockUs: number): void {
    if (this.queue.length > 0) this.#dispatch(clockUs);
    if (this.queue.length > 0) this.#events.push(clockUs + this.#config.tickUs, 'gateway tick', 0);
    else this.#tickPending = false;
  }

  expire(request: RequestIndex): void {
    if (!this.queue.has(request)) return;
    this.queue.remove(request);
    this.expired++;
    this.#host.shed(request);
  }

  /** Time spent in the queue, µs; NaN for a request that was never dispatched. */
  delayUs(request: RequestIndex): number {
    const enqueued = this.#enqueuedAtUs[request];
    const dispatched = this.#dispatchedAtUs[request];
    return enqueued === undefined || dispatched === undefined || enqueued <= 0 ? Number.NaN : dispatched - enqueued;
  }

  dispatchedAtUs(request: RequestIndex): number {
    return this.#dispatchedAtUs[request] ?? 0;
  }

  /** Sends at most one request on. */
  #dispatch(clockUs: number): void {
    if (!this.#tickPending) {
      this.#tickPending = true;
      this.#events.push(clockUs + this.#config.tickUs, 'gateway tick', 0);
    }
    const saturation = this.#detector(this.#host.view(clockUs));
    if (this.#config.inFlightEviction && saturation >= 1 && this.#host.hasEvictable() && this.queue.hasProtected()) {
      this.#events.push(clockUs, 'eviction', 0);
      return;
    }
    const request = this.queue.dispatch(saturation);
    this.#host.dispatched(request, saturation, this.queue.length, clockUs);
    if (request < 0) return;
    this.#dispatchedAtUs[request] = clockUs;
    this.#host.route(request, clockUs);
  }
}
