/**
 * Duration of an engine step from what it computes.
 *
 * Protocol of one step: `begin`, then `addPrefill` for every prefill in batch order, then `stepUs`; where that answers
 * NaN, `exactUs`. The reference adds the contributions of the decodes up one by one, in batch order, and truncates the
 * result to whole µs: totals of the decodes nearly always tell which µs that is, whatever the rounding of those sums.
 */
export interface LatencyModel {
  /** Added to TTFT once and to every token gap; steps are not lengthened. Integer µs. */
  readonly outputTokenUs: number;
  /** Added to the E2E time of a request with output. Integer µs. */
  readonly postDecodeUs: number;
  /** Time between arrival at the instance and the wait queue, integer µs. */
  queueingUs(inputTokens: number): number;
  begin(): void;
  /** @param context - prompt tokens processed before the step; @param tokens - prompt tokens computed in it, ≥ 1 */
  addPrefill(context: number, inputTokens: number, tokens: number): void;
  /**
   * @param decodes - requests that decode one token
   * @param contexts - sum of their contexts before the step
   * @param scheduled - requests with at least one token
   * @returns integer µs, ≥ 1; NaN if the rounding of sums decides
   */
  stepUs(decodes: number, contexts: number, scheduled: number): number;
  /** The same with the rounding of the reference. @param contexts - of the decodes, in batch order */
  exactUs(contexts: readonly number[], scheduled: number): number;
}
