import { isFeasible, mean, metricValues, toSlack } from './objective.ts';
import type { StudyPlan } from './plan/study-plan.ts';
import type { ResolvedConstraint } from './plan/targets.ts';
import type { Trial, TrialOutcome } from './trial.ts';

/** One constraint at one point, on the seeds of one outcome. */
export interface ConstraintCheck {
  readonly constraint: ResolvedConstraint;
  readonly values: readonly number[];
  readonly mean: number;
  /** Room up to the bound, in the metric's unit; negative where the mean breaks it. */
  readonly margin: number;
  /** Seeds whose own value breaks the bound. */
  readonly violations: number;
  readonly met: boolean;
}

/** Every constraint of the study at an outcome; empty where nothing was measured. */
export function constraintChecks(plan: StudyPlan, outcome: TrialOutcome | null): readonly ConstraintCheck[] {
  if (outcome?.kind !== 'observed') return [];
  return plan.constraints.map((constraint) => {
    const values = metricValues(outcome.replicates, constraint.metric);
    const slack = toSlack(constraint, mean(values));
    return {
      constraint,
      values,
      mean: mean(values),
      margin: slack === 0 ? 0 : -slack,
      violations: values.filter((value) => !(toSlack(constraint, value) <= 0)).length,
      met: slack <= 0,
    };
  });
}

/** Whether a trial was measured on fresh seeds and did not come out feasible there. */
export function breaksOnFresh(plan: StudyPlan, trial: Trial): boolean {
  return trial.validation !== null && !isFeasible(plan, { ...trial, outcome: trial.validation });
}

/**
 * Points of the front that may be recommended: once some were measured on fresh seeds, those that meet every constraint
 * there; else all.
 */
export function recommendable(plan: StudyPlan, front: readonly Trial[]): readonly Trial[] {
  const fresh = front.filter(({ validation }) => validation !== null);
  return fresh.length === 0 ? front : fresh.filter((trial) => !breaksOnFresh(plan, trial));
}

export type BaselineState = 'feasible' | 'infeasible' | 'not-measured';

/** Whether a baseline may be compared with: a setting that breaks a constraint, on any seeds, is no yardstick. */
export function baselineState(plan: StudyPlan, baseline: Trial): BaselineState {
  if (baseline.outcome?.kind !== 'observed') return 'not-measured';
  return isFeasible(plan, baseline) && !breaksOnFresh(plan, baseline) ? 'feasible' : 'infeasible';
}
