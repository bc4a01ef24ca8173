import { patienceOf, stoppingAdvice } from '../optimizer/stopping-rule.ts';
import type { StudyState } from './journal.ts';
import type { StudyPlan } from './plan/study-plan.ts';
import { evidenceOf } from './propose.ts';

/** Why the study should end before its budget; null to go on. A run that extends another one is patient with its own trials. */
export function stopReason(plan: StudyPlan, state: StudyState): string | null {
  if (plan.stop === null) return null;
  const own = state.trials.length - (plan.extends?.points.length ?? 0);
  if (plan.extends !== undefined && own < patienceOf(plan.space, plan.stop)) return null;
  const evidence = { ...evidenceOf(plan, state.trials, []), budget: null };
  const advice = stoppingAdvice(evidence, plan.stop);
  return advice.kind === 'stop' ? advice.reason : null;
}
