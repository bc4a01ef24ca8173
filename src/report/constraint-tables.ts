import { meanInterval } from '../numeric/statistics.ts';
import { constraintChecks } from '../study/constraint-check.ts';
import type { StudyPlan } from '../study/plan/study-plan.ts';
import type { ResolvedConstraint } from '../study/plan/targets.ts';
import type { Trial, TrialOutcome } from '../study/trial.ts';
import type { CheckRow, PointCheck, ReportBound } from './study-report.ts';

export function reportBound({ metric, kind, bound, unit }: ResolvedConstraint): ReportBound {
  return { metric, kind, bound, unit, text: boundText(metric, kind, bound, unit) };
}

function boundText(metric: string, kind: ReportBound['kind'], bound: number, unit: string): string {
  return `${metric} ${kind === 'at-least' ? '≥' : '≤'} ${bound} ${unit === '1' ? '' : unit}`.trim();
}

/** Each constraint at each of the trials, on tuning seeds and, where measured, on fresh ones. */
export function pointChecks(plan: StudyPlan, trials: readonly Trial[]): readonly PointCheck[] {
  if (plan.constraints.length === 0) return [];
  return trials.flatMap((trial) =>
    (['tuning', 'validation'] as const).flatMap((stage): PointCheck[] => {
      const rows = checkRows(plan, stage === 'tuning' ? trial.outcome : trial.validation);
      if (rows.length === 0) return [];
      return [{ trial: trial.number, stage, holds: rows.every(({ met }) => met), rows }];
    }),
  );
}

/** Each constraint of the study on the seeds of one outcome; empty where nothing was measured. */
export function checkRows(plan: StudyPlan, outcome: TrialOutcome | null): readonly CheckRow[] {
  return constraintChecks(plan, outcome).map(({ constraint, values, mean, margin, violations, met }) => {
    const { low, high } = meanInterval(values);
    return { ...reportBound(constraint), mean, low, high, margin, violations, seeds: values.length, met };
  });
}
