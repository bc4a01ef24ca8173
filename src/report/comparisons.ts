import { metricValues } from '../study/objective.ts';
import type { StudyPlan } from '../study/plan/study-plan.ts';
import type { Replicate, Trial } from '../study/trial.ts';
import { compare } from './estimate.ts';
import type { Comparison } from './study-report.ts';

/** One point against the baseline on tuning seeds and, where both were measured there, on fresh ones. */
export function comparisons(plan: StudyPlan, baseline: Trial, trial: Trial): readonly Comparison[] {
  if (trial === baseline) return [];
  const stages = [
    ['tuning', baseline.outcome, trial.outcome],
    ['validation', baseline.validation, trial.validation],
  ] as const;
  return stages.flatMap(([stage, base, other]): Comparison[] => {
    if (base?.kind !== 'observed' || other?.kind !== 'observed') return [];
    return [{ trial: trial.number, stage, rows: pairedRows(plan, base.replicates, other.replicates) }];
  });
}

/** Every metric of two points over the seeds that both have. */
function pairedRows(
  plan: Pick<StudyPlan, 'metrics'>,
  base: readonly Replicate[],
  other: readonly Replicate[],
): Comparison['rows'] {
  const paired = base.filter(({ seed }) => other.some((replicate) => replicate.seed === seed));
  const partner = paired.map(({ seed }) => other.find((replicate) => replicate.seed === seed)!);
  return plan.metrics.map(({ name, better }) =>
    compare(name, better, metricValues(paired, name), metricValues(partner, name)),
  );
}
