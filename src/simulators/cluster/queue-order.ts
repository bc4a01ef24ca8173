import type { InstanceConfig } from './engine-config.ts';
import type { RequestStates } from './request-states.ts';
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
  requests: RequestStates,
  idOf: (request: number) => string,
): QueueOrder {
  const byArrival = arrivalOrder(requests, idOf);
  const by = (key: (request: number) => number): QueueOrder => ({
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
  requests: RequestStates,
  idOf: (request: number) => string,
  key: (request: number) => number,
): QueueOrder {
  const byArrival = arrivalOrder(requests, idOf);
  const keys = new Map<number, number>();
  const keyOf = (request: number): number => {
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
  requests: RequestStates,
  idOf: (request: number) => string,
  key: (request: number, clockUs: number) => number,
): QueueOrder {
  const byArrival = arrivalOrder(requests, idOf);
  return {
    fixed: null,
    dynamic: (clockUs) => {
      const keys = new Map<number, number>();
      const keyOf = (request: number): number => {
        let known = keys.get(request);
        if (known === undefined) {
          known = key(request, clockUs);
          keys.set(request, known);
        }
        return known;
      };
      return (a, b) => (a === b ? 0 : keyOf(a) - keyOf(b) || byArrival(a, b));
    },
  };
}

function arrivalOrder(requests: RequestStates, idOf: (request: number) => string): RequestOrder {
  return (a, b) => {
    const difference = requests.arrivalUs[a]! - requests.arrivalUs[b]!;
    if (difference !== 0) return difference;
    return idOf(a) < idOf(b) ? -1 : 1;
  };
}
