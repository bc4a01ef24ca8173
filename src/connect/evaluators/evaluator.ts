import type { Json, JsonObject } from '../../base/json.ts';

/** One evaluation of one parameter vector outside. */
export interface OutsideRequest {
  /** The strategy's configuration; the backend's own holes are still open. */
  readonly config: Json;
  readonly workload: Json;
  readonly values: JsonObject;
  readonly seed: number;
  /** Share of the workload, in (0, 1]. */
  readonly fidelity: number;
}

export type OutsideOutcome =
  | { readonly kind: 'measured'; readonly metrics: Readonly<Record<string, number>> }
  | { readonly kind: 'infeasible'; readonly reason: string }
  | { readonly kind: 'failed'; readonly message: string };

export interface OutsideEvaluator {
  /** Never rejects: what goes wrong is an outcome. An aborted signal ends it early, with nothing left running. */
  evaluate(request: OutsideRequest, signal: AbortSignal): Promise<OutsideOutcome>;
  /** Ends what is kept running between evaluations. */
  close?(): Promise<void>;
}

export interface OutsideOptions {
  /** Where the log of an evaluation that failed is kept; null = nowhere. */
  readonly logFolder: string | null;
}
