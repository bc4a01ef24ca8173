import { EventQueue } from '../kernel/event-queue.ts';

/**
 * Every kind of event of a run, in the order in which events of one instant happen. Kinds of equal rank happen in the order in
 * which they were asked for. All events of the control plane come before those of instances; of instances with
 * events at one instant the one with the lowest index goes first.
 */
export const EVENT_KINDS = {
  arrival: {
    plane: 'control',
    rank: 0,
    because: 'who comes in at an instant is there for all decisions of that instant',
  },
  'follow-up arrival': {
    plane: 'control',
    rank: 1,
    because: 'listed requests were there before answers called for more',
  },
  admission: { plane: 'control', rank: 2, because: 'without latency a request arrives before it is admitted' },
  routing: { plane: 'control', rank: 3, because: 'without latency a request is admitted before it is routed' },
  'prefill routing': { plane: 'control', rank: 4, because: 'the decode instance is chosen first, by routing' },
  'transfer start': { plane: 'control', rank: 5, because: 'a prefill that ended made room, seen after all routing' },
  eviction: {
    plane: 'control',
    rank: 5,
    because: 'the gateway asked for room after all routing; no claim over transfers',
  },
  'transfer end': { plane: 'control', rank: 6, because: 'transfers of length 0 start before they end' },
  'gateway expiry': { plane: 'control', rank: 6, because: 'whoever could be dispatched at this instant was' },
  'gateway tick': {
    plane: 'control',
    rank: 7,
    because: 'it finds the queue without those that expired, and all room made',
  },
  'end of queueing delay': { plane: 'instance', rank: 0, because: 'who is ready at the start of a step may be in it' },
  step: { plane: 'instance', rank: 1, because: 'a step is executed in one go at its start' },
  deadline: { plane: 'instance', rank: 2, because: 'a request that ends with the step of its deadline is in time' },
} as const satisfies Readonly<
  Record<string, { readonly plane: 'control' | 'instance'; readonly rank: number; readonly because: string }>
>;

/** The kinds that few runs have: pools and the gateway put them in. The others have queues of their own, in the loop. */
const RARE_KINDS = [
  'prefill routing',
  'transfer start',
  'eviction',
  'transfer end',
  'gateway expiry',
  'gateway tick',
] as const;

export type RareKind = (typeof RARE_KINDS)[number];

/** Rare events to come, by time, then by the ranks of `EVENT_KINDS`, then in the order in which they were put in. */
export class RareEvents {
  /** Kind of the event popped last. */
  kind: RareKind = 'gateway tick';
  readonly #queue = new EventQueue(16);

  peekTime(): number {
    return this.#queue.peekTime();
  }

  /** @param request - whom it is about; 0 where it is about nobody */
  push(atUs: number, kind: RareKind, request: number): void {
    this.#queue.push(atUs, EVENT_KINDS[kind].rank, request * RARE_KINDS.length + RARE_KINDS.indexOf(kind));
  }

  /** Removes the first event, and answers whom it is about; `kind` says what it is. */
  pop(): number {
    const payload = this.#queue.pop();
    this.kind = RARE_KINDS[payload % RARE_KINDS.length]!;
    return Math.floor(payload / RARE_KINDS.length);
  }
}
