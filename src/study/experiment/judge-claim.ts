import { stream } from '../../base/random.ts';
import { bootstrapInterval, wilcoxonSignedRank } from '../../numeric/paired-tests.ts';
import { mean } from '../objective.ts';
import type { Claim } from './experiment-file.ts';

export type Verdict = 'confirmed' | 'partially' | 'refuted';

export interface ClaimResult {
  readonly id: string;
  readonly verdict: Verdict;
  /**
   * The figure the claim is about. `improves`, `worsens`, `equals`: relative change of the mean over seeds, positive =
   * better. `ratio`: mean of `against` over mean of `arm`. `bound`: the mean. `super-additive`: how far the arm's change
   * exceeds the sum of its parts' changes, relative to `against`.
   */
  readonly effect: number;
  /** 95 % paired bootstrap interval of the effect. */
  readonly low: number;
  readonly high: number;
  /** Wilcoxon's signed-rank p over seeds; null where a claim is not a comparison. */
  readonly p: number | null;
  /** After Holm's correction over the experiment's comparisons. */
  readonly adjustedP: number | null;
  readonly sentence: string;
}

const RESAMPLES = 4000;
const CONFIDENCE = 0.95;

/** Values of one metric by arm, in the order of the experiment's seeds. */
export type ArmValues = (arm: string, metric: string) => readonly number[];

/**
 * Judges one claim.
 * @param better - which direction of the metric users want
 * @param adjusted - adjusts this claim's p-value for the number of comparisons
 */
export function judgeClaim(
  claim: Claim,
  values: ArmValues,
  better: 'lower' | 'higher',
  adjusted: (p: number) => number,
): ClaimResult {
  const test = testOf(claim, values, better);
  const adjustedP = test.p === null ? null : adjusted(test.p);
  if (!Number.isFinite(test.effect)) return undefinedEffect(claim);
  const clear = adjustedP === null || adjustedP < 1 - CONFIDENCE;
  const verdict = decide(claim, test, clear);
  const { effect, low, high, p } = test;
  return { id: claim.id, verdict, effect, low, high, p, adjustedP, sentence: sentenceOf(claim, test, verdict) };
}

/** A ratio with 0 below the line says nothing. */
function undefinedEffect(claim: Claim): ClaimResult {
  const sentence = `refuted: ${claim.metric} of arm "${claim.arm}" is 0, so there is no ratio.`;
  return { id: claim.id, verdict: 'refuted', effect: 0, low: 0, high: 0, p: null, adjustedP: null, sentence };
}

/** The raw p-value of a comparison, before any correction; null for claims about one arm or about closeness. */
export function rawP(claim: Claim, values: ArmValues, better: 'lower' | 'higher'): number | null {
  return testOf(claim, values, better).p;
}

interface Test {
  readonly effect: number;
  readonly low: number;
  readonly high: number;
  readonly p: number | null;
}

function testOf(claim: Claim, values: ArmValues, better: 'lower' | 'higher'): Test {
  const arm = values(claim.arm, claim.metric);
  const sign = better === 'lower' ? -1 : 1;
  const interval = (statistic: (indices: readonly number[]) => number): { low: number; high: number } =>
    bootstrapInterval(arm.length, statistic, stream(claim.id, 'bootstrap', claim.metric), {
      resamples: RESAMPLES,
      confidence: CONFIDENCE,
    });
  const all = arm.map((_, index) => index);
  const measure = (statistic: (indices: readonly number[]) => number, p: number | null): Test => ({
    effect: statistic(all),
    ...interval(statistic),
    p,
  });
  switch (claim.kind) {
    case 'improves':
    case 'worsens':
    case 'equals': {
      const base = values(claim.against, claim.metric);
      const change = relativeChange(arm, base, sign);
      const differences = arm.map((value, index) => value - base[index]!);
      return measure(change, claim.kind === 'equals' ? null : wilcoxonSignedRank(differences));
    }
    case 'ratio': {
      const base = values(claim.against, claim.metric);
      return measure((indices) => quotient(pick(base, indices), pick(arm, indices)), null);
    }
    case 'bound':
      return measure((indices) => pick(arm, indices), null);
    case 'super-additive': {
      const base = values(claim.against, claim.metric);
      const parts = claim.parts.map((part) => values(part, claim.metric));
      const surplus = (index: number): number =>
        Math.abs(arm[index]! - base[index]!) -
        parts.reduce((sum, part) => sum + Math.abs(part[index]! - base[index]!), 0);
      return measure(
        (indices) => mean(indices.map(surplus)) / Math.abs(pick(base, indices) || 1),
        wilcoxonSignedRank(all.map(surplus)),
      );
    }
    default:
      return claim satisfies never;
  }
}

/** 0 / 0 counts as 1: nothing against nothing. */
function quotient(above: number, below: number): number {
  return above === below ? 1 : above / below;
}

function pick(values: readonly number[], indices: readonly number[]): number {
  return mean(indices.map((index) => values[index]!));
}

/** Relative change of the mean; positive = better. */
function relativeChange(
  arm: readonly number[],
  base: readonly number[],
  sign: number,
): (indices: readonly number[]) => number {
  return (indices) => {
    const reference = pick(base, indices);
    const difference = sign * (pick(arm, indices) - reference);
    return difference === 0 ? 0 : difference / Math.abs(reference || 1);
  };
}

function decide(claim: Claim, { effect, low, high }: Test, clear: boolean): Verdict {
  switch (claim.kind) {
    case 'improves':
      if (!(clear && low > 0)) return 'refuted';
      return effect >= (claim.at_least ?? 0) ? 'confirmed' : 'partially';
    case 'worsens':
      if (!(clear && high < 0)) return 'refuted';
      return -effect >= (claim.at_least ?? 0) ? 'confirmed' : 'partially';
    case 'equals':
      if (low >= -claim.within && high <= claim.within) return 'confirmed';
      return Math.abs(effect) <= claim.within ? 'partially' : 'refuted';
    case 'ratio':
      if (effect >= claim.low && effect <= claim.high) return 'confirmed';
      return effect > 1 === (claim.low + claim.high) / 2 > 1 && (low > 1 || high < 1) ? 'partially' : 'refuted';
    case 'bound': {
      const within = (value: number): boolean =>
        value >= (claim.at_least ?? Number.NEGATIVE_INFINITY) && value <= (claim.at_most ?? Number.POSITIVE_INFINITY);
      if (within(low) && within(high)) return 'confirmed';
      return within(effect) ? 'partially' : 'refuted';
    }
    case 'super-additive':
      if (clear && low > 0) return 'confirmed';
      return effect > 0 ? 'partially' : 'refuted';
    default:
      return claim satisfies never;
  }
}

function sentenceOf(claim: Claim, { effect, low, high }: Test, verdict: Verdict): string {
  const percent = (value: number): string => `${value >= 0 ? '+' : '−'}${Math.abs(value * 100).toFixed(1)} %`;
  const plain = (value: number): string => String(Number(value.toPrecision(4)));
  const shown = claim.kind === 'ratio' || claim.kind === 'bound' ? plain : percent;
  const figures = `${claim.metric} ${shown(effect)} [${shown(low)}, ${shown(high)}]`;
  const hint = verdict === 'confirmed' || claim.diagnostic === undefined ? '' : ` ${claim.diagnostic}`;
  return `${verdict}: ${figures}.${hint}`;
}
