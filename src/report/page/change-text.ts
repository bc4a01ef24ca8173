import { formatChange, formatNumber } from '../format.ts';
import type { BestPoint, CheckRow, ComparisonRow, StudyReport } from '../study-report.ts';

/** `+5.70 % [−49.0 %, +61.0 %], no clear difference`: what happened, how sure that is, and the verdict in words. */
export function changeText(row: ComparisonRow): string {
  const change = formatChange(row.scale, row.improvement);
  return `${change}${row.low === null || row.high === null ? ',' : ''} ${doubtText(row)}`;
}

/** `[−49.0 %, +61.0 %], no clear difference`: the same without the change itself. */
export function doubtText({ scale, low, high, verdict }: ComparisonRow): string {
  if (low === null || high === null) return 'one seed: may be luck';
  return `[${formatChange(scale, low)}, ${formatChange(scale, high)}], ${verdict}`;
}

/** `84.20 (0.8000 below)`, `91.40 (6.400 above, 3 of 3 seeds)`. */
export function checkText({ kind, mean, margin, violations, seeds }: CheckRow): string {
  const side = (kind === 'at-most') === margin >= 0 ? 'below' : 'above';
  const broken = violations === 0 ? '' : `, broken on ${violations} of ${seeds} seeds`;
  const distance = margin === 0 ? 'at the bound' : `${formatNumber(Math.abs(margin))} ${side}`;
  return `${formatNumber(mean)} (${distance}${broken})`;
}

/** The comparison of a point with the baseline on fresh seeds, else on tuning seeds; undefined where there is none. */
export function changeOf(
  { comparisons }: Pick<StudyReport, 'comparisons'>,
  trial: number,
  metric: string,
): { readonly stage: 'tuning' | 'validation'; readonly row: ComparisonRow } | undefined {
  for (const stage of ['validation', 'tuning'] as const) {
    const row = comparisons
      .find((one) => one.trial === trial && one.stage === stage)
      ?.rows.find((one) => one.metric === metric);
    if (row !== undefined) return { stage, row };
  }
  return undefined;
}

/** `best ttft_p99_ms on the front: trial 7, 61.20 on tuning seeds, 64.80 on fresh seeds`. */
export function bestText({ metric, trial, value, fresh }: BestPoint): string {
  const checked = fresh === null ? 'not measured on fresh seeds' : `${formatNumber(fresh)} on fresh seeds`;
  return `best ${metric} of the front: trial ${trial}, ${formatNumber(value)} on tuning seeds, ${checked}`;
}
