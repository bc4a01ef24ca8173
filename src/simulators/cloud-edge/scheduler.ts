import type { Features } from './features.ts';

/** All that a scheduler may know of a request before it has run: nothing about its time. */
export interface RequestView {
  readonly id: number;
  /** Seconds. */
  readonly arrivedAt: number;
  readonly features: Features;
}

/** What a scheduler sees of the two nodes. */
export interface NodesView {
  /** Requests that one edge dispatch may hold now; 0 when the edge has no free batch slot. */
  readonly edgeRoom: number;
  /** Size of a full edge dispatch: the batch capacity K, or all slots of a continuous edge. */
  readonly edgeCapacity: number;
  /** Free and busy slots: one batch takes one slot, on a continuous edge one request does. */
  readonly edgeFree: number;
  readonly edgeBusy: number;
  edgeSlotsFor(requests: number): number;
  readonly cloudFree: number;
  readonly cloudBusy: number;
  /** Seconds until the last active work ends; 0 when idle. */
  edgeDelay(now: number): number;
  cloudDelay(now: number): number;
  /** Mean of the last observed durations, seconds. */
  readonly edgeAverage: number;
  readonly cloudAverage: number;
}

export type Dispatch =
  | { readonly kind: 'edge'; readonly requests: readonly RequestView[]; readonly predictions: readonly number[] | null }
  | { readonly kind: 'cloud'; readonly request: RequestView; readonly prediction: number | null };

/** Finished work with the times that could be measured, seconds. */
export type Completion =
  | { readonly kind: 'edge'; readonly requests: readonly RequestView[]; readonly times: readonly number[] }
  | { readonly kind: 'cloud'; readonly request: RequestView; readonly time: number };

/** Owns the queue. Called once per event; at most one edge dispatch per call. */
export interface Scheduler {
  readonly queueLength: number;
  add(request: RequestView, now: number, nodes: NodesView): void;
  schedule(now: number, nodes: NodesView): readonly Dispatch[];
  feedback(completion: Completion): void;
}
