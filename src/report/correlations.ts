import { Matrix } from 'ml-matrix';
import { type Correlations, correlations } from '../numeric/covariance.ts';
import { allPositive } from '../numeric/statistics.ts';
import { twoWayResiduals } from '../numeric/two-way-layout.ts';
import { completeTrials } from '../study/complete-trials.ts';
import { mean, metricValues } from '../study/objective.ts';
import type { StudyPlan } from '../study/plan/study-plan.ts';
import type { Trial } from '../study/trial.ts';

/** How the objectives of a study go together. Metrics that are always positive count by their logarithm. */
export interface ObjectiveCorrelations {
  /** Rows and columns of both tables. */
  readonly metrics: readonly string[];
  /** Trials with all seeds: the cases behind the figures. */
  readonly trials: number;
  /** Of means over seeds, across trials: whether what the parameters do to one objective they do to the other. */
  readonly acrossTrials: Correlations;
  /**
   * Of what a seed does to one trial only (residuals without trial and seed means): whether the noise of objectives is
   * common. Null with one seed.
   */
  readonly acrossSeeds: Correlations | null;
}

/** Below this many complete trials a correlation says nothing. */
const LEAST_TRIALS = 3;

/** @returns null for a study with one objective, or too few complete trials */
export function objectiveCorrelations(plan: StudyPlan, trials: readonly Trial[]): ObjectiveCorrelations | null {
  const complete = completeTrials(trials);
  const metrics = plan.objectives.map(({ metric }) => metric);
  if (metrics.length < 2 || complete.length < LEAST_TRIALS) return null;
  const tables = metrics.map((metric) => {
    const table = new Matrix(
      complete.map(({ outcome }) => (outcome?.kind === 'observed' ? metricValues(outcome.replicates, metric) : [])),
    );
    return { table, positive: allPositive(table.to1DArray()) };
  });
  const means = tables.map(({ table, positive }) =>
    table.to2DArray().map((row) => (positive ? Math.log(mean(row)) : mean(row))),
  );
  const residuals = tables.map(({ table, positive }) =>
    twoWayResiduals(positive ? Matrix.log(table) : table).to1DArray(),
  );
  return {
    metrics,
    trials: complete.length,
    acrossTrials: correlations(means),
    acrossSeeds: tables[0]!.table.columns < 2 ? null : correlations(residuals),
  };
}
