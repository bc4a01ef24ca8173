import { meanInterval } from '../numeric/statistics.ts';
import { constraintChecks } from '../study/constraint-check.ts';
import type { StudyPlan } from '../study/plan/study-plan.ts';
import type { ResolvedConstraint } from '../study/plan/targets.ts';
import type { Trial } from '../study/trial.ts';
import type { PointCheck, ReportBound } from './study-report.ts';

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
      const checks = constraintChecks(plan, stage === 'tuning' ? trial.outcome : trial.validation);
      if (checks.length === 0) return [];
      const rows = checks.map(({ constraint, values, mean, margin, violations, met }) => {
        const { low, high } = meanInterval(values);
        return { ...reportBound(constraint), mean, low, high, margin, violations, seeds: values.length, met };
      });
      return [{ trial: trial.number, stage, holds: rows.every(({ met }) => met), rows }];
    }),
  );
}
