import type { EngineResult } from '../engine-result.ts';

/** The detector `threshold` of BLIS, and how its verdicts become one. */
export interface ThresholdDetector {
  /** Mean E2E beyond which a run counts as overloaded. */
  readonly thresholdMs: number;
  /** The final level is the most frequent one of this last part of the run, µs. */
  readonly finalWindowUs: number;
}

export type SaturationLevel = 'STABLE' | 'OVERLOADED';

/** A request that was completed. */
export interface CompletedRequest {
  readonly id: string;
  readonly arrivalUs: number;
  readonly e2eUs: number;
}

interface Event {
  readonly timeUs: number;
  readonly id: string;
  /** NaN for an arrival. */
  readonly e2eUs: number;
}

/**
 * Looks at the completed requests after the run: each arrival and completion has a verdict on the mean E2E so far, and
 * the verdicts of the last window vote; a tie is the worse level. A run without completions is stable.
 */
export function finalLevel(completed: Iterable<CompletedRequest>, detector: ThresholdDetector): SaturationLevel {
  const events = eventsOf(completed);
  const from = (events.at(-1)?.timeUs ?? 0) - detector.finalWindowUs;
  let completions = 0;
  let sumUs = 0;
  let balance = 0;
  for (const { timeUs, e2eUs } of events) {
    if (!Number.isNaN(e2eUs)) {
      completions++;
      sumUs += e2eUs;
    }
    const overloaded = completions > 0 && sumUs / completions > detector.thresholdMs * 1000;
    if (timeUs >= from) balance += overloaded ? 1 : -1;
  }
  return events.length > 0 && balance >= 0 ? 'OVERLOADED' : 'STABLE';
}

export function* completedRequests({ table, completed, e2eUs }: EngineResult): Iterable<CompletedRequest> {
  for (let row = 0; row < table.length; row++) {
    if (completed[row] === 1) yield { id: table.id(row), arrivalUs: table.arrivalUs[row]!, e2eUs: e2eUs[row]! };
  }
}

/** By time; arrivals before completions, then by id. */
function eventsOf(completed: Iterable<CompletedRequest>): readonly Event[] {
  const events: Event[] = [];
  for (const { id, arrivalUs, e2eUs } of completed) {
    events.push({ timeUs: arrivalUs, id, e2eUs: Number.NaN });
    events.push({ timeUs: arrivalUs + e2eUs, id, e2eUs });
  }
  const rank = (event: Event) => (Number.isNaN(event.e2eUs) ? 0 : 1);
  return events.sort((a, b) => a.timeUs - b.timeUs || rank(a) - rank(b) || (a.id < b.id ? -1 : 1));
}
