import { studentQuantile } from '../numeric/student-t.ts';
import type { ComparisonRow, Estimate } from './study-report.ts';

const CONFIDENCE = 0.95;

/** Mean of replicates with its 95 % Student-t interval. */
export function estimate(values: readonly number[]): Estimate {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const half = halfWidth(values, mean);
  return { mean, low: half === null ? null : mean - half, high: half === null ? null : mean + half, values };
}

function halfWidth(values: readonly number[], mean: number): number | null {
  const n = values.length;
  if (n < 2) return null;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return studentQuantile((1 + CONFIDENCE) / 2, n - 1) * Math.sqrt(squares / (n - 1) / n);
}

/**
 * A metric of one point against the baseline, paired by seed: the interval is that of the mean paired difference,
 * divided by the baseline's mean.
 */
export function compare(
  metric: string,
  better: 'lower' | 'higher',
  baseline: readonly number[],
  values: readonly number[],
): ComparisonRow {
  const base = estimate(baseline).mean;
  const sign = better === 'lower' ? -1 : 1;
  const difference = estimate(values.map((value, index) => sign * (value - baseline[index]!)));
  const scale = base === 0 ? 1 : Math.abs(base);
  const low = difference.low === null ? null : difference.low / scale;
  const high = difference.high === null ? null : difference.high / scale;
  return {
    metric,
    baseline: base,
    value: estimate(values).mean,
    improvement: difference.mean / scale,
    low,
    high,
    verdict: low !== null && low > 0 ? 'better' : high !== null && high < 0 ? 'worse' : 'no clear difference',
  };
}
