/** A prompt with the time it took on the edge. */
export interface PromptRow {
  readonly text: string;
  /** Seconds. */
  readonly seconds: number;
  /** Ready-made vector; null when the prompt is to be encoded. */
  readonly embedding: readonly number[] | null;
}

export type DatasetSource =
  /** Drawn from templates; without a seed, anew for every run seed. */
  | { readonly kind: 'synthetic'; readonly rows: number; readonly seed: number | null }
  | { readonly kind: 'rows'; readonly rows: readonly PromptRow[] };

export interface TraceEntry {
  /** Arrival, seconds. */
  readonly t: number;
  readonly base_time: number;
  readonly text: string;
}
