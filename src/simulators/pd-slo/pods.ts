import type { PodView } from './predictor.ts';

/** One server and its waiting room. */
export class PrefillPod {
  readonly speed: number;
  /** Waiting requests in order of arrival. */
  readonly queue: number[] = [];
  /** Request in service, −1 when idle. */
  current = -1;
  serviceEndsAt = 0;
  queuedMs = 0;
  busyMs = 0;
  dispatched = 0;
  /** Requests ever sent here. */
  sent = 0;

  constructor(speed: number) {
    this.speed = speed;
  }

  /** Requests waiting and in service. */
  get load(): number {
    return this.queue.length + (this.current >= 0 ? 1 : 0);
  }

  readInto(view: PodView, now: number): void {
    view.waiting = this.queue.length;
    view.running = this.current >= 0 ? 1 : 0;
    view.dispatched = this.dispatched;
    view.remainingPrefillMs = this.current >= 0 ? Math.max(0, this.serviceEndsAt - now) + this.queuedMs : 0;
  }
}

/** Slots that run in lock step, their KV memory and a waiting room. */
export class DecodePod {
  readonly speed: number;
  /** Waiting requests; preempted ones return to the head. */
  readonly waiting: number[] = [];
  /** Admitted requests, oldest first. */
  readonly running: number[] = [];
  /** How many of `running` take part in the current iteration; 0 = no iteration under way. */
  participants = 0;
  kvTokens = 0;
  busyMs = 0;
  dispatched = 0;
  sent = 0;

  constructor(speed: number) {
    this.speed = speed;
  }

  get load(): number {
    return this.waiting.length + this.running.length;
  }

  readInto(view: PodView, kvCapacity: number): void {
    view.waiting = this.waiting.length;
    view.running = this.running.length;
    view.dispatched = this.dispatched;
    view.kvTokens = this.kvTokens;
    view.kvUsage = this.kvTokens / kvCapacity;
  }
}

export function emptyView(speed: number): PodView {
  return { speed, waiting: 0, running: 0, kvUsage: 0, kvTokens: 0, remainingPrefillMs: 0, dispatched: 0 };
}

/** Requests waiting and running as the router sees them. */
export function loadOf(view: PodView): number {
  return view.waiting + view.running;
}

export interface Fleet {
  readonly prefillPods: readonly PrefillPod[];
  readonly decodePods: readonly DecodePod[];
}
