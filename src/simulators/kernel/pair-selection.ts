import type { Millis } from '../../base/units.ts';

/** Parameters of the choice of one (prefill, decode) pair. */
export interface PairSelectionSettings {
  /** Weight of the TTFT headroom in the blended score, ≥ 0. */
  readonly ttftWeight: number;
  /** Weight of the TPOT headroom in the blended score, ≥ 0. */
  readonly tpotWeight: number;
  /** Share of each target that predictions may use up, in (0, 1]. */
  readonly sloBufferFactor: number;
  /** Probability of choosing among the negative pairs although positive ones exist. */
  readonly negativeHeadroomProb: number;
  readonly selectionStrategy: 'weighted_random' | 'best_headroom';
  /** Weight of the worst pair of the group, in score units: small is greedy, large is uniform. */
  readonly weightFloor: number;
  /** A missing target counts as 0 ms, so that no pair is ever positive, instead of as satisfied. */
  readonly legacyMissingSlo: boolean;
}

/** Latency targets of one request; null where it names none. */
export interface PairTargets {
  readonly ttftMs: Millis | null;
  readonly tpotMs: Millis | null;
}

/**
 * Working arrays of a choice, allocated once and filled again for each request. Pair `i` is any numbering the caller
 * likes; with prefill pods outside and decode pods inside, i = prefill · decodePods + decode.
 */
export interface PairTable {
  /** Pairs in use, ≤ the length of the arrays. */
  count: number;
  /** In: predicted time to first token of the pair, ms. */
  readonly ttftMs: Float64Array;
  /** In: predicted time per output token of the pair, ms. */
  readonly tpotMs: Float64Array;
  /** In: requests on the decode pod and on the prefill pod, which break ties of `best_headroom`. */
  readonly decodeLoad: Float64Array;
  readonly prefillLoad: Float64Array;
  /** Out: headrooms and score, ms. */
  readonly ttftHeadroomMs: Float64Array;
  readonly tpotHeadroomMs: Float64Array;
  readonly blendedMs: Float64Array;
  /** Out: 1 where both headrooms are > 0. */
  readonly positive: Uint8Array;
  /** Out: number of positive pairs. */
  positiveCount: number;
}

export function createPairTable(capacity: number): PairTable {
  const column = (): Float64Array => new Float64Array(capacity);
  return {
    count: 0,
    ttftMs: column(),
    tpotMs: column(),
    decodeLoad: column(),
    prefillLoad: column(),
    ttftHeadroomMs: column(),
    tpotHeadroomMs: column(),
    blendedMs: column(),
    positive: new Uint8Array(capacity),
    positiveCount: 0,
  };
}

/** Fills headrooms, blended scores and groups from the predictions of the first `count` pairs. */
export function scorePairs(table: PairTable, targets: PairTargets, settings: PairSelectionSettings): void {
  const { ttftWeight, tpotWeight, sloBufferFactor, legacyMissingSlo } = settings;
  const { ttftMs, tpotMs, ttftHeadroomMs, tpotHeadroomMs, blendedMs, positive, count } = table;
  const useTtft = targets.ttftMs !== null || legacyMissingSlo;
  const useTpot = targets.tpotMs !== null || legacyMissingSlo;
  const ttftLimit = (targets.ttftMs ?? 0) * sloBufferFactor;
  const tpotLimit = (targets.tpotMs ?? 0) * sloBufferFactor;
  let positives = 0;
  for (let i = 0; i < count; i++) {
    const ttft = useTtft ? ttftLimit - ttftMs[i]! : 0;
    const tpot = useTpot ? tpotLimit - tpotMs[i]! : 0;
    const fits = (!useTtft || ttft > 0) && (!useTpot || tpot > 0);
    ttftHeadroomMs[i] = ttft;
    tpotHeadroomMs[i] = tpot;
    blendedMs[i] = ttftWeight * ttft + tpotWeight * tpot;
    positive[i] = fits ? 1 : 0;
    if (fits) positives++;
  }
  table.positiveCount = positives;
}

/**
 * Chooses one pair of a scored table.
 * @param explore - uniform in [0, 1): below `negativeHeadroomProb` the negative group is taken if it has pairs
 * @param draw - uniform in [0, 1): the place inside the group
 * @returns index of the pair, −1 when the table is empty
 */
export function choosePair(table: PairTable, settings: PairSelectionSettings, explore: number, draw: number): number {
  if (table.count === 0) return -1;
  const group = chooseGroup(table, explore >= settings.negativeHeadroomProb ? 'positive' : 'negative');
  return settings.selectionStrategy === 'best_headroom'
    ? bestOfGroup(table, group)
    : drawFromGroup(table, group, settings.weightFloor, draw);
}

/** 1 = positive pairs, 0 = negative pairs; an empty group is never taken. */
function chooseGroup(table: PairTable, preferred: 'positive' | 'negative'): number {
  if (table.positiveCount === 0) return 0;
  return preferred === 'positive' || table.positiveCount === table.count ? 1 : 0;
}

function bestOfGroup(table: PairTable, group: number): number {
  const { blendedMs, positive, decodeLoad, prefillLoad, count } = table;
  let best = -1;
  for (let i = 0; i < count; i++) {
    if (positive[i] !== group) continue;
    if (best < 0) best = i;
    const difference =
      blendedMs[i]! - blendedMs[best]! || decodeLoad[best]! - decodeLoad[i]! || prefillLoad[best]! - prefillLoad[i]!;
    if (difference > 0) best = i;
  }
  return best;
}

function drawFromGroup(table: PairTable, group: number, floor: number, draw: number): number {
  const { blendedMs, positive, count } = table;
  const lowest = lowestOfGroup(table, group);
  let total = 0;
  for (let i = 0; i < count; i++) if (positive[i] === group) total += blendedMs[i]! - lowest + floor;
  const place = draw * total;
  let cumulative = 0;
  let last = -1;
  for (let i = 0; i < count; i++) {
    if (positive[i] !== group) continue;
    cumulative += blendedMs[i]! - lowest + floor;
    last = i;
    if (place <= cumulative) return i;
  }
  return last;
}

function lowestOfGroup({ blendedMs, positive, count }: PairTable, group: number): number {
  let lowest = Number.POSITIVE_INFINITY;
  for (let i = 0; i < count; i++) if (positive[i] === group && blendedMs[i]! < lowest) lowest = blendedMs[i]!;
  return lowest;
}

/**
 * Exact probability that `choosePair` answers each pair, for explanations and tests.
 * @returns length `table.count`; sums to 1 unless the table is empty
 */
export function pairProbabilities(table: PairTable, settings: PairSelectionSettings): Float64Array {
  const probabilities = new Float64Array(table.count);
  const { positiveCount, count } = table;
  const positiveShare =
    positiveCount === 0 ? 0 : positiveCount === count ? 1 : Math.max(0, 1 - settings.negativeHeadroomProb);
  for (const group of [1, 0]) {
    const share = group === 1 ? positiveShare : 1 - positiveShare;
    if (share === 0 || count === 0) continue;
    if (settings.selectionStrategy === 'best_headroom') {
      probabilities[bestOfGroup(table, group)] = share;
      continue;
    }
    const lowest = lowestOfGroup(table, group);
    let total = 0;
    for (let i = 0; i < count; i++) {
      if (table.positive[i] !== group) continue;
      probabilities[i] = table.blendedMs[i]! - lowest + settings.weightFloor;
      total += probabilities[i]!;
    }
    for (let i = 0; i < count; i++)
      if (table.positive[i] === group) probabilities[i] = (probabilities[i]! / total) * share;
  }
  return probabilities;
}
