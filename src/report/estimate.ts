import { meanInterval, negated, pairedChange } from '../numeric/statistics.ts';
import { mean } from '../study/objective.ts';
import type { ComparisonRow, Estimate } from './study-report.ts';

/** Mean of replicates with its 95 % Student-t interval. */
export function estimate(values: readonly number[]): Estimate {
  const { low, high } = meanInterval(values);
  return { mean: mean(values), low, high, values };
}

/** A metric of one point against the baseline, paired by seed; see `pairedChange`. */
export function compare(
  metric: string,
  better: 'lower' | 'higher',
  baseline: readonly number[],
  values: readonly number[],
): ComparisonRow {
  const change = pairedChange(baseline, values);
  const { scale, value: improvement, low, high } = better === 'higher' ? change : negated(change);
  return {
    metric,
    baseline: mean(baseline),
    value: mean(values),
    scale,
    improvement,
    low,
    high,
    verdict: low !== null && low > 0 ? 'better' : high !== null && high < 0 ? 'worse' : 'no clear difference',
  };
}
