import type { StudyPlan } from './plan/study-plan.ts';

/**
 * Whether the budget in minutes ends a study before its next batch: when the time is over, or when a batch at the mean cost
 * of the trials so far would end too late. The first batch is always measured.
 * @param finished - trials so far; those of a run that this one extends took no time here where nothing of them was measured again
 * @param spentMs - wall time of all sessions so far
 */
export function isTimeUp(
  { minutes, batch, extends: extension }: Pick<StudyPlan, 'minutes' | 'batch' | 'extends'>,
  finished: number,
  spentMs: number,
): boolean {
  const own = finished - (extension?.points.length ?? 0);
  if (minutes === undefined || own <= 0) return false;
  return spentMs + (spentMs / own) * batch > minutes * 60_000;
}
