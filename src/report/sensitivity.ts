import type { StudyPlan } from '../study/study-plan.ts';
import type { Trial } from '../study/trial.ts';
import type { ObjectiveSensitivity } from './study-report.ts';

export function analyseSensitivity(_plan: StudyPlan, _trials: readonly Trial[]): readonly ObjectiveSensitivity[] {
  return [];
}
