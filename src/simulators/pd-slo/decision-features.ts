import type { Millis } from '../../base/units.ts';
import type { FleetPrefixes } from './fleet-prefixes.ts';
import type { PairRouter } from './pair-router.ts';
import type { Placement } from './placement.ts';
import { FEATURE_COUNT, fillFeatures } from './predictor.ts';
import type { RequestStream } from './request-stream.ts';

/** What a predictor that learns saw when a request was placed, until the true times are known. */
export class DecisionFeatures {
  readonly #router: PairRouter;
  readonly #requests: RequestStream;
  /** By request; empty unless the predictor learns. */
  readonly #prefill: Float64Array;
  readonly #decode: Float64Array;

  constructor(router: PairRouter, requests: RequestStream) {
    this.#router = router;
    this.#requests = requests;
    const length = router.predictors.learns ? requests.count * FEATURE_COUNT : 0;
    this.#prefill = new Float64Array(length);
    this.#decode = new Float64Array(length);
  }

  keep(request: number, placement: Placement, { prefillHits, decodeHits }: FleetPrefixes): void {
    if (!this.#router.predictors.learns) return;
    const inputTokens = this.#requests.inputTokens[request]!;
    if (placement.prefill >= 0) {
      const view = { inputTokens, prefixHit: prefillHits[placement.prefill]! };
      fillFeatures(view, this.#router.prefillViews[placement.prefill]!, rowOf(this.#prefill, request));
    }
    const view = { inputTokens, prefixHit: decodeHits[placement.decode]! };
    fillFeatures(view, this.#router.decodeViews[placement.decode]!, rowOf(this.#decode, request));
  }

  /** Shows the predictor the true time of a request that was sent to a pair. */
  learn(target: 'prefill-ttft' | 'decode-ttft' | 'decode-tpot', request: number, actualMs: Millis): void {
    if (!this.#router.predictors.learns) return;
    const features = target === 'prefill-ttft' ? this.#prefill : this.#decode;
    this.#router.predictors.observe(target, rowOf(features, request), actualMs);
  }
}

function rowOf(features: Float64Array, request: number): Float64Array {
  const at = request * FEATURE_COUNT;
  return features.subarray(at, at + FEATURE_COUNT);
}
