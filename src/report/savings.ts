import type { StudyPlan } from '../study/plan/study-plan.ts';
import type { StopVerdict } from '../study/stop-verdict.ts';
import type { StoppedOutcome, Trial } from '../study/trial.ts';
import { formatNumber } from './format.ts';
import type { Savings } from './study-report.ts';

export function hasSavers(plan: StudyPlan): boolean {
  return plan.racing !== undefined || plan.screening !== undefined;
}

/** Simulations of a trial on tuning seeds; 0 where it could not be measured. */
export function replicateCount({ outcome }: Trial): number {
  return outcome?.kind === 'observed' || outcome?.kind === 'stopped' ? outcome.replicates.length : 0;
}

function shortCount({ outcome }: Trial): number {
  return outcome?.kind === 'observed' || outcome?.kind === 'stopped' ? (outcome.short?.length ?? 0) : 0;
}

export function savingsOf(plan: StudyPlan, trials: readonly Trial[]): Savings {
  const counted = trials.filter(({ outcome }) => outcome?.kind === 'observed' || outcome?.kind === 'stopped');
  const stopped = counted.filter(({ outcome }) => outcome?.kind === 'stopped').length;
  const simulations = counted.reduce((sum, trial) => sum + replicateCount(trial), 0);
  const withoutSavers = counted.length * plan.seeds.length;
  const shortRuns = counted.reduce((sum, trial) => sum + shortCount(trial), 0);
  const shortFraction = plan.screening?.fraction ?? 0;
  const saved = withoutSavers === 0 ? 0 : 1 - (simulations + shortFraction * shortRuns) / withoutSavers;
  const short = plan.screening === undefined ? {} : { shortRuns, shortFraction };
  return { stopped, simulations, withoutSavers, ...short, saved };
}

/** One sentence for tables. */
export function stoppedReason(plan: StudyPlan, { replicates, verdict }: StoppedOutcome): string {
  return `${stage(plan, replicates.length)}: ${finding(verdict)} (chance of error ${formatNumber(verdict.chance)})`;
}

function stage(plan: StudyPlan, seeds: number): string {
  if (seeds === 0) return 'stopped after the short run';
  return `stopped after ${seeds} of ${plan.seeds.length} seeds`;
}

function finding({ rule, by, figures }: StopVerdict): string {
  const shown = figures.map(
    ({ metric, expected, deviation, against }) =>
      `${metric} ${formatNumber(expected)} ± ${formatNumber(deviation)} against ${formatNumber(against)}`,
  );
  const what = rule === 'racing-constraint' ? 'breaks a constraint' : `trial ${by} is better in everything`;
  return `${what}, ${shown.join(', ')}`;
}
