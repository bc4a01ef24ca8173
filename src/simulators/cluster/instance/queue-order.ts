import type { RequestsView } from '../column-owners.ts';
import type { InstanceConfig } from '../engine-config.ts';
import type { RequestIndex } from '../indices.ts';
import type { RequestOrder } from './wait-queue.ts';

/** How an instance orders its wait queue. */
export interface QueueOrder {
  /** An order that never changes while a request waits; null = order of arrival, or a dynamic one. */
  readonly fixed: RequestOrder | null;
  /** The order at the start of a step; null = fixed or none. */
  readonly dynamic: ((clockUs: number) => RequestOrder) | null;
}

/** @param idOf - request id, the last tie-break, compared byte by byte */
export function queueOrder(
  scheduler: InstanceConfig['scheduler'],
  requests: RequestsView,
  idOf: (request: RequestIndex) => string,
): QueueOrder {
  const byArrival = arrivalOrder(requests, idOf);
  const by = (key: (request: RequestIndex) => number): QueueOrder => ({
    fixed: (a, b) => (a === b ? 0 : key(a) - key(b) || byArrival(a, b)),
    dynamic: null,
  });
  switch (scheduler) {
    case 'fcfs':
      return { fixed: null, dynamic: null };
    case 'priority-fcfs':
      return by((request) => requests.urgency[request]!);
    case 'reverse-priority':
      return by((request) => -requests.urgency[request]!);
    case 'sjf':
      return by((request) => requests.inputTokens[request]!);
    default:
      return scheduler satisfies never;
  }
}

/** Smallest key first, evaluated once per request, when it first joins the queue. */
export function fixedOrder(
  requests: RequestsView,
  idOf: (request: RequestIndex) => string,
  key: (request: RequestIndex) => number,
): QueueOrder {
  const byArrival = arrivalOrder(requests, idOf);
  const keys = new Map<number, number>();
  const keyOf = (request: RequestIndex): number => {
    const known = keys.get(request);
    if (known !== undefined) return known;
    const fresh = key(request);
    keys.set(request, fresh);
    return fresh;
  };
  return { fixed: (a, b) => (a === b ? 0 : keyOf(a) - keyOf(b) || byArrival(a, b)), dynamic: null };
}

/** Smallest key first, evaluated for every waiting request at the start of a step. */
export function dynamicOrder(
  requests: RequestsView,
  idOf: (request: RequestIndex) => string,
  key: (request: RequestIndex, clockUs: number) => number,
): QueueOrder {
  const byArrival = arrivalOrder(requests, idOf);
  // Keys by request, valid where the round in which they were evaluated is the present one.
  let keys = new Float64Array(0);
  let rounds = new Int32Array(0);
  let round = 0;
  let now = 0;
  const keyOf = (request: RequestIndex): number => {
    if (request >= keys.length) {
      const [oldKeys, oldRounds] = [keys, rounds];
      keys = new Float64Array(2 * (request + 1));
      rounds = new Int32Array(2 * (request + 1));
      keys.set(oldKeys);
      rounds.set(oldRounds);
    }
    if (rounds[request] !== round) {
      keys[request] = key(request, now);
      rounds[request] = round;
    }
    return keys[request]!;
  };
  const order: RequestOrder = (a, b) => (a === b ? 0 : keyOf(a) - keyOf(b) || byArrival(a, b));
  return {
    fixed: null,
    dynamic: (clockUs) => {
      round++;
      now = clockUs;
      return order;
    },
  };
}

function arrivalOrder(requests: RequestsView, idOf: (request: RequestIndex) => string): RequestOrder {
  return (a, b) => {
    const difference = requests.arrivalUs[a]! - requests.arrivalUs[b]!;
    if (difference !== 0) return difference;
    return idOf(a) < idOf(b) ? -1 : 1;
  };
}
