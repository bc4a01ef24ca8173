import { trialBudget } from './budget-spec.ts';
import { describeSpare } from './spare-budget.ts';
import type { StudyPlan } from './study-plan.ts';

/** One line for logs. */
export function describePlan(plan: StudyPlan): string {
  const objectives = plan.objectives.map(({ metric, direction }) => `${direction} ${metric}`).join(', ');
  const spare = plan.spare === undefined ? '' : `; ${describeSpare(plan.spare)}`;
  const within = plan.minutes === undefined ? '' : ` within ${plan.minutes} minutes`;
  const bound = trialBudget(plan);
  return `${plan.name}: ${bound === null ? '' : `${bound} `}trials × ${plan.seeds.length} seeds${within}, sampler ${plan.sampler}, ${objectives}${spare}`;
}
