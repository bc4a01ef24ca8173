import type { Millis } from '../../base/units.ts';
import type { RequestStream } from './request-stream.ts';

/** Takes the request with the earliest deadline out of a waiting room; the first of those that tie. */
export function takeMostUrgent(queue: number[], requests: RequestStream): number {
  let best = 0;
  for (let i = 1; i < queue.length; i++) {
    if (deadline(requests, queue[i]!) < deadline(requests, queue[best]!)) best = i;
  }
  return queue.splice(best, 1)[0]!;
}

/** When the first token is due; infinite where the request names no TTFT target. */
function deadline({ hasHeaders, targets, classIndex, arrivalMs }: RequestStream, request: number): Millis {
  const ttft = hasHeaders[request] === 1 ? targets[classIndex[request]!]!.ttftMs : null;
  return ttft === null ? Number.POSITIVE_INFINITY : arrivalMs[request]! + ttft;
}
