/**
 * Duration of an engine step from what it computes.
 *
 * Protocol of one step: `begin`, then `addPrefill` for every prefill in batch order; the caller continues the two sums
 * with `decode[2 · context]` and `decode[2 · context + 1]` of every decode in batch order and hands them to `stepUs`.
 * The order of additions is part of the result: sums are truncated to whole µs, so that one ulp can show.
 */
export interface LatencyModel {
  /** Added to TTFT once and to every token gap; steps are not lengthened. Integer µs. */
  readonly outputTokenUs: number;
  /** Added to the E2E time of a request with output. Integer µs. */
  readonly postDecodeUs: number;
  /** Contributions of one decode to the two sums by context length; valid up to the context that `cover` was told. */
  readonly decode: Float64Array;
  /** Sums over the prefills of the step begun last. */
  readonly sumA: number;
  readonly sumB: number;
  /** Time between arrival at the instance and the wait queue, integer µs. */
  queueingUs(inputTokens: number): number;
  /** Makes the decode table valid for contexts up to and including `context`. */
  cover(context: number): void;
  begin(): void;
  /** @param context - prompt tokens processed before the step; @param tokens - prompt tokens computed in it, ≥ 1 */
  addPrefill(context: number, inputTokens: number, tokens: number): void;
  /**
   * Integer µs, ≥ 1.
   * @param decodes - requests that decode one token
   * @param scheduled - requests with at least one token
   */
  stepUs(sumA: number, sumB: number, decodes: number, scheduled: number): number;
}
