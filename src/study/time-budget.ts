import type { StudyPlan } from './plan/study-plan.ts';

/**
 * Whether the budget in minutes ends a study before its next batch: when the time is over, or when a batch at the mean cost
 * of the trials so far would end too late. The first batch is always measured.
 * @param finished - trials so far
 * @param spentMs - wall time of all sessions so far
 */
export function isTimeUp(
  { minutes, batch }: Pick<StudyPlan, 'minutes' | 'batch'>,
  finished: number,
  spentMs: number,
): boolean {
  if (minutes === undefined || finished === 0) return false;
  return spentMs + (spentMs / finished) * batch > minutes * 60_000;
}
