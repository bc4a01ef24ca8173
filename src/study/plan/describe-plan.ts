import { describeSavers } from './saver-settings.ts';
import { describeSpare } from './spare-budget.ts';
import type { StudyPlan } from './study-plan.ts';

/** One line for logs. */
export function describePlan(plan: StudyPlan): string {
  const objectives = plan.objectives.map(({ metric, direction }) => `${direction} ${metric}`).join(', ');
  const spare = plan.spare === undefined ? '' : `; ${describeSpare(plan.spare)}`;
  return `${plan.name}: ${plan.trials} trials × ${plan.seeds.length} seeds, sampler ${plan.sampler}, ${objectives}${describeSavers(plan)}${spare}`;
}
