import { expectedRowMean } from '../../numeric/two-way-layout.ts';
import { isFeasible, metricValues, toSlack } from '../objective.ts';
import type { StudyPlan } from '../plan/study-plan.ts';
import type { StopVerdict } from '../stop-verdict.ts';
import type { Replicate, Trial } from '../trial.ts';
import { completeMean, metricLayout } from './complete-trials.ts';
import { chanceAgainst, mostCertainRival } from './rival.ts';

/** Complete trials that break a constraint before a trial may be stopped for it: they show how noisy a breach is. */
const LEAST_BROKEN = 3;

/**
 * Whether a trial can be given up after its first seeds.
 *
 * All vectors meet the same seeds (common random numbers), so the complete trials tell what each seed does to all vectors
 * alike, and the residuals what it does to one vector only (two-way layout, logarithmic for positive metrics). That gives the
 * expected mean over all seeds and the error of that expectation. Against a complete feasible trial p, whose means are
 * final, the chance that the trial is not worse in everything is at most the sum over objectives of the Student-t tails
 * P(T ≥ gap / deviation); the trial is stopped when this is ≤ `risk` for some p. A constraint stops it when the chance that
 * its bound holds is ≤ `risk`, the noise being that of complete trials that broke it. Nothing is stopped before `after` trials
 * are complete, nor for a tie.
 *
 * The idea is that of Hoeffding races (Maron & Moore 1997, "The racing algorithm") and of F-race's blocking by instance
 * (Birattari et al. 2002); instead of bounds or ranks it uses the layout's variance, since there are few seeds, and several
 * objectives are joined by Pareto dominance and the union bound.
 * @param complete - trials measured on all seeds, in trial order
 * @param replicates - of the trial in question, on the first seeds
 * @returns null to go on
 */
export function racingVerdict(
  plan: StudyPlan,
  complete: readonly Trial[],
  replicates: readonly Replicate[],
): StopVerdict | null {
  const { racing } = plan;
  if (racing === undefined || complete.length < racing.after) return null;
  return brokenConstraint(plan, complete, replicates, racing.risk) ?? beaten(plan, complete, replicates, racing.risk);
}

function beaten(
  plan: StudyPlan,
  complete: readonly Trial[],
  replicates: readonly Replicate[],
  risk: number,
): StopVerdict | null {
  const expectations = plan.objectives.map(({ metric }) => {
    const known = metricValues(replicates, metric);
    const layout = metricLayout(complete, metric, known);
    if (layout === null) return null;
    const { logarithmic, freedom } = layout;
    return { ...expectedRowMean(layout, known), logarithmic, freedom };
  });
  const rivals = complete.filter((trial) => isFeasible(plan, trial));
  const found = mostCertainRival(plan, rivals, expectations, risk);
  return found === null ? null : { rule: 'racing-front', ...found };
}

function brokenConstraint(
  plan: StudyPlan,
  complete: readonly Trial[],
  replicates: readonly Replicate[],
  risk: number,
): StopVerdict | null {
  for (const constraint of plan.constraints) {
    const { metric, bound } = constraint;
    const broken = complete.filter((trial) => toSlack(constraint, completeMean(trial, metric)) > 0);
    if (broken.length < LEAST_BROKEN) continue;
    const known = metricValues(replicates, metric);
    const layout = metricLayout(broken, metric, known);
    if (layout === null) continue;
    const row = expectedRowMean(layout, known);
    const deviation = row.deviation * (layout.logarithmic ? row.mean : 1);
    const gap = toSlack(constraint, row.mean);
    const chance = chanceAgainst(gap, Math.abs(bound), deviation, layout.freedom);
    if (chance <= risk) {
      return {
        rule: 'racing-constraint',
        chance,
        figures: [{ metric, expected: row.mean, deviation, against: bound }],
      };
    }
  }
  return null;
}
