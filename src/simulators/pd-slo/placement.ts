import type { Millis } from '../../base/units.ts';
import type { PairTargets } from '../kernel/pair-selection.ts';

/** What the router may know of a request: no output length. */
export interface RoutedRequest {
  readonly inputTokens: number;
  readonly targets: PairTargets;
  readonly priority: number;
  /** Prefix hit by pod, 0 … 1. */
  readonly prefillHits: Readonly<Float64Array>;
  readonly decodeHits: Readonly<Float64Array>;
}

/** Where a request goes, and why. Figures that were not predicted are NaN. */
export interface Placement {
  kind: 'prefill-decode' | 'decode-only' | 'refused';
  /** −1 for decode-only. */
  prefill: number;
  decode: number;
  outcome: 'positive_headroom' | 'negative_headroom' | 'none';
  prefillTtftMs: Millis;
  decodeTtftMs: Millis;
  jointTtftMs: Millis;
  tpotMs: Millis;
  ttftHeadroomMs: Millis;
  tpotHeadroomMs: Millis;
  blendedMs: number;
}

/** Figures of a placement that rests on no prediction. */
export const UNPREDICTED: Omit<Placement, 'kind' | 'prefill' | 'decode'> = {
  outcome: 'none',
  prefillTtftMs: Number.NaN,
  decodeTtftMs: Number.NaN,
  jointTtftMs: Number.NaN,
  tpotMs: Number.NaN,
  ttftHeadroomMs: Number.NaN,
  tpotHeadroomMs: Number.NaN,
  blendedMs: Number.NaN,
};
