import { wilcoxonSignedRank } from '../../numeric/paired-tests.ts';
import { allPositive, type Interval, meanInterval, negated, pairedChange } from '../../numeric/statistics.ts';
import { claimFigure } from './claim-figure.ts';
import type { Claim } from './experiment-file.ts';

/** `undecided` = the interval holds values that would confirm the claim and values that would refute it. */
export type Verdict = 'confirmed' | 'undecided' | 'refuted';

export interface ClaimResult {
  readonly id: string;
  readonly verdict: Verdict;
  /** What effect and bounds are measured in: shares, the metric's unit as a difference of arms, or as a mean of one; null without figures. */
  readonly scale: 'log-ratio' | 'difference' | 'mean' | null;
  /**
   * The figure the claim is about. `improves`, `worsens`, `equals`: change of the arm against the other, positive = better.
   * `gains`: the same in the metric's unit. `ratio`: `against` over `arm` on `log-ratio`, else `against` − `arm`. `bound`: the mean. `super-additive`: how far the
   * arm's change exceeds the sum of its parts' changes, in the metric's unit. Null where there is no such figure.
   */
  readonly effect: number | null;
  /** 95 % Student-t interval over seeds, paired where arms are compared (see `pairedChange`); null with one seed. */
  readonly low: number | null;
  readonly high: number | null;
  /** Wilcoxon's signed-rank p over seeds; null where a claim is not a comparison. */
  readonly p: number | null;
  /** After Holm's correction over the experiment's comparisons. */
  readonly adjustedP: number | null;
  readonly sentence: string;
}

const SIGNIFICANCE = 0.05;
/** A bound this close to a threshold, relatively, is on it: logarithms round. */
const ROUNDING = 1e-12;

/** Values of one metric by arm, in the order of the experiment's seeds. */
export type ArmValues = (arm: string, metric: string) => readonly number[];

/**
 * Judges one claim by its interval, never by its estimate: confirmed when all of the interval fulfils the claim, refuted
 * when none of it does. A comparison also needs an adjusted p below 0.05 to be confirmed.
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
  if (!Number.isFinite(test.interval.value)) {
    return unjudged(claim.id, 'undecided', `${claim.metric} has values that are not numbers, or negative in a ratio.`);
  }
  const byInterval = decide(claim, test.beyond);
  const clear = adjustedP === null || adjustedP < SIGNIFICANCE;
  const verdict = byInterval === 'confirmed' && !clear ? 'undecided' : byInterval;
  const { scale, interval, p } = test;
  const { value: effect, low, high } = interval;
  return { id: claim.id, verdict, scale, effect, low, high, p, adjustedP, sentence: sentenceOf(claim, test, verdict) };
}

/** A verdict without figures. */
export function unjudged(id: string, verdict: Verdict, why: string): ClaimResult {
  const none = { effect: null, low: null, high: null, p: null, adjustedP: null };
  return { id, verdict, scale: null, ...none, sentence: `${verdict}: ${why}` };
}

/** The raw p-value of a comparison, before any correction; null for claims about one arm or about closeness. */
export function rawP(claim: Claim, values: ArmValues, better: 'lower' | 'higher'): number | null {
  return testOf(claim, values, better).p;
}

interface Test {
  readonly scale: NonNullable<ClaimResult['scale']>;
  readonly interval: Interval;
  readonly p: number | null;
  /** Interval of what the claim's figure has beyond a threshold: a share for comparisons, otherwise the metric's unit. */
  readonly beyond: (threshold: number) => Interval;
}

function testOf(claim: Claim, values: ArmValues, better: 'lower' | 'higher'): Test {
  const arm = values(claim.arm, claim.metric);
  switch (claim.kind) {
    case 'improves':
    case 'worsens':
    case 'equals': {
      const base = values(claim.against, claim.metric);
      const test = changeTest(base, arm, better);
      const differences = arm.map((value, index) => value - base[index]!);
      return { ...test, p: claim.kind === 'equals' ? null : wilcoxonSignedRank(differences) };
    }
    case 'gains': {
      const base = values(claim.against, claim.metric);
      const sign = better === 'higher' ? 1 : -1;
      const gains = arm.map((value, index) => sign * (value - base[index]!));
      const interval = meanInterval(gains);
      const p = wilcoxonSignedRank(gains);
      return { scale: 'difference', interval, p, beyond: (threshold) => shifted(interval, threshold) };
    }
    case 'ratio':
      return ratioTest(arm, values(claim.against, claim.metric));
    case 'bound': {
      const interval = meanInterval(arm);
      return { scale: 'mean', interval, p: null, beyond: (threshold) => shifted(interval, threshold) };
    }
    case 'super-additive': {
      const base = values(claim.against, claim.metric);
      const parts = claim.parts.map((part) => values(part, claim.metric));
      const surplus = arm.map((value, index) => {
        const change = (one: readonly number[]): number => Math.abs(one[index]! - base[index]!);
        return Math.abs(value - base[index]!) - parts.reduce((sum, part) => sum + change(part), 0);
      });
      const interval = meanInterval(surplus);
      const p = wilcoxonSignedRank(surplus);
      return { scale: 'difference', interval, p, beyond: (threshold) => shifted(interval, threshold) };
    }
    default:
      return claim satisfies never;
  }
}

/**
 * Change for the better. Without logarithms a share of the base stays what it is seed by seed: change − share · base is
 * again a paired difference.
 */
function changeTest(base: readonly number[], arm: readonly number[], better: 'lower' | 'higher'): Omit<Test, 'p'> {
  const change = pairedChange(base, arm);
  const { scale, ...interval } = better === 'higher' ? change : negated(change);
  if (scale === 'log-ratio') return { scale, interval, beyond: (share) => shifted(interval, share) };
  const sign = better === 'higher' ? 1 : -1;
  const excess = (share: number): number[] =>
    arm.map((value, index) => sign * (value - base[index]!) - share * Math.abs(base[index]!));
  return { scale, interval, beyond: (share) => meanInterval(excess(share)) };
}

/** against / arm; as a paired difference against − ratio · arm where a value is 0. Nothing over nothing is 1. */
function ratioTest(arm: readonly number[], against: readonly number[]): Test {
  const same = arm.every((value, index) => value === against[index]!);
  if (same || (allPositive(arm) && allPositive(against))) {
    const { value, low, high } = same ? { value: 0, low: 0, high: 0 } : pairedChange(arm, against);
    const interval = { value: 1 + value, low: low === null ? null : 1 + low, high: high === null ? null : 1 + high };
    return { scale: 'log-ratio', interval, p: null, beyond: (ratio) => shifted(interval, ratio) };
  }
  const negative = [...arm, ...against].some((value) => value < 0);
  const excess = (ratio: number): number[] =>
    arm.map((value, index) => (negative ? Number.NaN : against[index]! - ratio * value));
  return {
    scale: 'difference',
    interval: meanInterval(excess(1)),
    p: null,
    beyond: (ratio) => meanInterval(excess(ratio)),
  };
}

function shifted({ value, low, high }: Interval, threshold: number): Interval {
  const minus = (bound: number): number =>
    Math.abs(bound - threshold) <= ROUNDING * Math.abs(threshold) ? 0 : bound - threshold;
  return {
    value: minus(value),
    low: low === null ? null : minus(low),
    high: high === null ? null : minus(high),
  };
}

type Beyond = Test['beyond'];

function decide(claim: Claim, beyond: Beyond): Verdict {
  switch (claim.kind) {
    case 'improves':
      return atLeast(beyond, claim.at_least ?? 0);
    case 'gains':
      return atLeast((gain) => (claim.by === 'mean' ? middle(beyond(gain)) : beyond(gain)), claim.at_least);
    case 'worsens':
      return atLeast((share) => negated(beyond(-share)), claim.at_least ?? 0);
    case 'super-additive':
      return atLeast(beyond, 0);
    case 'equals':
      return between(beyond, -claim.within, claim.within);
    case 'ratio':
      return between(beyond, claim.low, claim.high);
    case 'bound':
      return between(beyond, claim.at_least ?? null, claim.at_most ?? null);
    default:
      return claim satisfies never;
  }
}

/** The estimate alone. */
function middle({ value }: Interval): Interval {
  return { value, low: value, high: value };
}

/** More than nothing, and at least the threshold. */
function atLeast(beyond: Beyond, threshold: number): Verdict {
  const least = beyond(threshold);
  const nothing = beyond(0);
  if (lowOf(least) >= 0 && lowOf(nothing) > 0) return 'confirmed';
  return highOf(least) < 0 || highOf(nothing) <= 0 ? 'refuted' : 'undecided';
}

function between(beyond: Beyond, low: number | null, high: number | null): Verdict {
  const above = low === null ? null : beyond(low);
  const below = high === null ? null : beyond(high);
  if ((above === null || lowOf(above) >= 0) && (below === null || highOf(below) <= 0)) return 'confirmed';
  const outside = (above !== null && highOf(above) < 0) || (below !== null && lowOf(below) > 0);
  return outside ? 'refuted' : 'undecided';
}

function lowOf({ low }: Interval): number {
  return low ?? Number.NEGATIVE_INFINITY;
}

function highOf({ high }: Interval): number {
  return high ?? Number.POSITIVE_INFINITY;
}

function sentenceOf(claim: Claim, { scale, interval }: Test, verdict: Verdict): string {
  const { value: effect, low, high } = interval;
  const what = scale === 'difference' ? `${claim.metric}, difference` : claim.metric;
  const hint = verdict === 'confirmed' || claim.diagnostic === undefined ? '' : ` ${claim.diagnostic}`;
  return `${verdict}: ${what} ${claimFigure(claim.kind, { scale, effect, low, high })}.${hint}`;
}
