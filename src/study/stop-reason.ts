import { stoppingAdvice } from '../optimizer/stopping-rule.ts';
import type { StudyState } from './journal.ts';
import type { StudyPlan } from './plan/study-plan.ts';
import { evidenceOf } from './propose.ts';

/** Why the study should end before its budget; null to go on. */
export function stopReason(plan: StudyPlan, state: StudyState): string | null {
  if (plan.stop === null) return null;
  const evidence = { ...evidenceOf(plan, state.trials, []), budget: null };
  const advice = stoppingAdvice(evidence, plan.stop);
  return advice.kind === 'stop' ? advice.reason : null;
}
