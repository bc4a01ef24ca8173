import { InputError } from '../../base/errors.ts';
import { shortText } from '../../base/short-text.ts';
import { paretoFront, shortList } from '../front.ts';
import type { StudyPlan } from '../plan/study-plan.ts';
import type { Trial } from '../trial.ts';
import type { PointRule } from './experiment-file.ts';

/** A recorded run, as far as a choice among its points needs it. */
export interface RecordedRun {
  readonly plan: StudyPlan;
  readonly trials: readonly Trial[];
}

/** Bounds of a metric's mean over the tuning seeds, resolved to numbers. */
export interface PointLimit {
  readonly metric: string;
  readonly atMost: number;
  readonly atLeast: number;
}

/**
 * The trial that a rule names. `knee` and `best:<metric>` choose from the front, from the points within the limits.
 * @throws InputError where nothing fits
 */
export function choosePoint(run: RecordedRun, which: PointRule['trial'], limits: readonly PointLimit[] = []): Trial {
  const { plan, trials } = run;
  const within = paretoFront(plan, trials).filter((trial) =>
    limits.every(({ metric, atMost, atLeast }) => {
      const mean = meanOf(trial, metric);
      return mean <= atMost && mean >= atLeast;
    }),
  );
  const chosen = typeof which === 'number' ? trials[which] : best(plan, within, which);
  if (chosen !== undefined) return chosen;
  const limited = limits.length === 0 ? '' : ' within the limits of "where"';
  const options = plan.objectives.map(({ metric }) => `"best:${metric}"`).join(', ');
  throw new InputError(`the run has no point ${shortText(which)}${limited}`, {
    path: ['point', 'trial'],
    suggestion: `a trial number below ${trials.length}, "knee", or ${options}`,
  });
}

/** Mean of a metric over the replicates of a trial; NaN where it was not measured. */
export function meanOf({ outcome }: Trial, metric: string): number {
  const replicates = outcome?.kind === 'observed' ? outcome.replicates : [];
  return replicates.reduce((sum, { metrics }) => sum + (metrics[metric] ?? Number.NaN), 0) / replicates.length;
}

function best(plan: StudyPlan, front: readonly Trial[], which: string): Trial | undefined {
  if (which === 'knee') return shortList(plan, front, 1)[0];
  const objective = plan.objectives.find(({ metric }) => which === `best:${metric}`);
  if (objective === undefined) return undefined;
  const sign = objective.direction === 'minimize' ? 1 : -1;
  return [...front].sort((a, b) => sign * (meanOf(a, objective.metric) - meanOf(b, objective.metric)))[0];
}
