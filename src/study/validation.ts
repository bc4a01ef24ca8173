import { paretoFront, shortList } from './front.ts';
import type { StudyState } from './journal.ts';
import type { StudyPlan } from './plan/study-plan.ts';
import type { Trial } from './trial.ts';

/** Trials to measure again on fresh seeds, in trial order: the baseline and a short list of the front. */
export function validationTrials(plan: StudyPlan, state: StudyState): readonly Trial[] {
  if (plan.validation === null) return [];
  const chosen = new Set(shortList(plan, paretoFront(plan, state.trials), plan.validation.points));
  return state.trials.filter(
    (trial) => chosen.has(trial) || (trial.origin === 'baseline' && trial.outcome?.kind === 'observed'),
  );
}
