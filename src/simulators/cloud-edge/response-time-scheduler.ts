import { type Candidate, KeyedQueue } from './keyed-queue.ts';
import type { Dispatch, Scheduler } from './scheduler.ts';

/**
 * Scores a request once, on arrival, by the least expected response: queueing delay plus mean past duration of a side,
 * plus the round trip for the cloud. The edge batches the requests that preferred it; the cloud takes any.
 */
export function leastResponseTime(networkRtt: number): Scheduler {
  const edgeQueue = new KeyedQueue();
  const cloudQueue = new KeyedQueue();
  return {
    get queueLength() {
      return edgeQueue.length + cloudQueue.length;
    },
    add(request, now, nodes) {
      const edge = nodes.edgeDelay(now) + nodes.edgeAverage;
      const cloud = nodes.cloudDelay(now) + nodes.cloudAverage + networkRtt;
      const candidate: Candidate = { request, key: Math.min(edge, cloud) };
      (edge <= cloud ? edgeQueue : cloudQueue).push(candidate);
    },
    schedule(_now, nodes) {
      const dispatches: Dispatch[] = [];
      const batch = nodes.edgeRoom > 0 ? edgeQueue.take(nodes.edgeRoom) : [];
      if (batch.length > 0) {
        dispatches.push({ kind: 'edge', requests: batch.map(({ request }) => request), predictions: null });
      }
      for (let free = nodes.cloudFree; free > 0; free--) {
        const next = popSmaller(edgeQueue, cloudQueue);
        if (next === undefined) break;
        dispatches.push({ kind: 'cloud', request: next.request, prediction: null });
      }
      return dispatches;
    },
    feedback: () => {},
  };
}

function popSmaller(a: KeyedQueue, b: KeyedQueue): Candidate | undefined {
  const first = a.peek();
  const second = b.peek();
  if (first === undefined) return b.pop();
  if (second === undefined) return a.pop();
  const order = first.key - second.key || first.request.arrivedAt - second.request.arrivedAt;
  return (order || first.request.id - second.request.id) <= 0 ? a.pop() : b.pop();
}
