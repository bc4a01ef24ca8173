import { mean, metricValues } from './objective.ts';
import type { Trial } from './trial.ts';

/** Trials with all seeds, in trial order. */
export function completeTrials(trials: readonly Trial[]): readonly Trial[] {
  return trials.filter(({ outcome }) => outcome?.kind === 'observed');
}

/** Mean of one metric over the seeds of a complete trial; NaN of any other. */
export function completeMean({ outcome }: Trial, metric: string): number {
  return mean(outcome?.kind === 'observed' ? metricValues(outcome.replicates, metric) : []);
}
