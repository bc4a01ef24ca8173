import type { Millis } from '../../base/units.ts';

export interface LatencyScorerSettings {
  /** `least` prefers the pod whose headroom is used up most: it packs; `most` spreads. */
  readonly headroom: 'least' | 'most';
  readonly epsilon_explore_negative: number;
  readonly ttft_weight: number;
  readonly tpot_weight: number;
}

/** Candidates of one role. A dimension that the role or the request lacks has headroom 0 everywhere. */
export interface HeadroomCandidates {
  readonly ttftMs: readonly Millis[];
  readonly tpotMs: readonly Millis[];
  /** Requests sent and not yet finished. */
  readonly dispatched: readonly number[];
}

const FLAT_RANGE = 1e-9;

/**
 * Indices that compete: pods with both headrooms ≥ 0; without any, idle pods; without those, the least severe of
 * only TPOT short, only TTFT short, both short.
 */
export function competingTier(candidates: HeadroomCandidates, preferred: 'positive' | 'negative'): readonly number[] {
  const indices = [...candidates.dispatched.keys()];
  const positive = indices.filter((i) => candidates.ttftMs[i]! >= 0 && candidates.tpotMs[i]! >= 0);
  const negative = indices.filter((i) => !positive.includes(i));
  if (positive.length > 0 && !(preferred === 'negative' && negative.length > 0)) return positive;
  const idle = negative.filter((i) => candidates.dispatched[i] === 0);
  if (idle.length > 0) return idle;
  const buckets = [
    negative.filter((i) => candidates.ttftMs[i]! >= 0),
    negative.filter((i) => candidates.tpotMs[i]! >= 0),
    negative,
  ];
  return buckets.find((bucket) => bucket.length > 0)!;
}

/** Scores in (0, 1.01], steps of 0.01, aligned with `tier`. Negative tiers always prefer the least shortfall. */
export function headroomScores(
  candidates: HeadroomCandidates,
  tier: readonly number[],
  settings: LatencyScorerSettings,
): number[] {
  const ttft = normalised(tier.map((i) => Math.abs(candidates.ttftMs[i]!)));
  const tpot = normalised(tier.map((i) => Math.abs(candidates.tpotMs[i]!)));
  const total = settings.ttft_weight + settings.tpot_weight;
  const ttftShare = ttft.flat === tpot.flat ? settings.ttft_weight / total : ttft.flat ? 0 : 1;
  const tpotShare = ttft.flat === tpot.flat ? settings.tpot_weight / total : 1 - ttftShare;
  const negative = tier.some((i) => candidates.ttftMs[i]! < 0 || candidates.tpotMs[i]! < 0);
  const least = negative || settings.headroom === 'least';
  return tier.map((_, at) => {
    const combined = ttftShare * ttft.values[at]! + tpotShare * tpot.values[at]!;
    return (Math.floor((least ? 1 - combined : combined) * 100) + 1) / 100;
  });
}

/**
 * The pod with the highest score; equal scores share the draw evenly.
 * @param explore - uniform in [0, 1): below epsilon the negative pods compete
 * @param draw - uniform in [0, 1)
 */
export function chooseByHeadroom(
  candidates: HeadroomCandidates,
  settings: LatencyScorerSettings,
  explore: number,
  draw: number,
): number {
  const tier = competingTier(candidates, explore < settings.epsilon_explore_negative ? 'negative' : 'positive');
  const scores = headroomScores(candidates, tier, settings);
  const best = Math.max(...scores);
  const winners = tier.filter((_, at) => scores[at] === best);
  return winners[Math.floor(draw * winners.length)]!;
}

function normalised(values: readonly number[]): { readonly values: readonly number[]; readonly flat: boolean } {
  const low = Math.min(...values);
  const range = Math.max(...values) - low;
  const flat = range <= FLAT_RANGE;
  return { values: values.map((value) => (flat ? 0.5 : (value - low) / range)), flat };
}
