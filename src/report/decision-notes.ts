import type { StudyPlan } from '../study/plan/study-plan.ts';
import { formatNumber, formatShare } from './format.ts';
import type { CheckRow, Decision, LowCompletion, PointCheck } from './study-report.ts';

/** Sentences on what speaks against points that a reader might take. */
export function decisionNotes(
  plan: StudyPlan,
  { recommended, breakOnFresh, baseline, lowCompletion }: Decision,
  checks: readonly PointCheck[],
): readonly string[] {
  const lines: string[] = [];
  const lowest = plan.baselineLowest ?? [];
  if (lowest.length > 0) {
    lines.push(`The baseline gives no value for ${lowest.join(', ')}: the first of the range is taken there.`);
  }
  if (baseline === 'infeasible') {
    const check = checks.find(({ trial, holds }) => trial === baselineNumber(checks) && !holds);
    const how = check === undefined ? '' : `: ${brokenText(check)}`;
    lines.push(`The baseline is infeasible${how}. No change against it is computed.`);
  }
  for (const number of breakOnFresh) {
    const check = checks.find(({ trial, stage }) => trial === number && stage === 'validation');
    lines.push(
      `Trial ${number} meets the constraints on the tuning seeds and not on fresh ones${check === undefined ? '' : `: ${brokenText(check)}`}. It is not recommended.`,
    );
  }
  if (recommended === null && breakOnFresh.length > 0) {
    lines.push('No point is recommended: every one that was measured on fresh seeds breaks a constraint there.');
  }
  return [...lines, ...lowCompletion.map(completionText)];
}

/** The baseline comes first among the checks of a study that has one. */
function baselineNumber(checks: readonly PointCheck[]): number | undefined {
  return checks[0]?.trial;
}

/** `itl_p99_ms 91.40 ms breaks ≤ 85 by 6.400 (3 of 3 fresh seeds)`. */
export function brokenText({ stage, rows }: PointCheck): string {
  const seeds = stage === 'tuning' ? 'tuning' : 'fresh';
  return rows
    .filter(({ met }) => !met)
    .map(
      (row) =>
        `${row.metric} ${formatNumber(row.mean)}${unitOf(row)} breaks ${marginText(row)} (${row.violations} of ${row.seeds} ${seeds} seeds)`,
    )
    .join('; ');
}

/** `≤ 85 by 6.400`: the bound and how far the mean is from it. */
function marginText({ kind, bound, margin }: CheckRow): string {
  return `${kind === 'at-most' ? '≤' : '≥'} ${bound} by ${formatNumber(Math.abs(margin))}`;
}

function unitOf({ unit }: CheckRow): string {
  return unit === '1' ? '' : ` ${unit}`;
}

function completionText({ trial, share, baseline }: LowCompletion): string {
  const beside = baseline === null ? '' : `, the baseline ${formatShare(baseline)}`;
  return `Trial ${trial} serves ${formatShare(share)} of requests${beside}: its other figures describe a smaller, easier job.`;
}
