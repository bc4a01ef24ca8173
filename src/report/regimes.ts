import type { BaselineState } from '../study/constraint-check.ts';
import { isFeasible, mean, metricValues } from '../study/objective.ts';
import type { StudyPlan } from '../study/plan/study-plan.ts';
import type { ResolvedObjective } from '../study/plan/targets.ts';
import { regimeMetric } from '../study/regimes/regimes.ts';
import type { Trial } from '../study/trial.ts';

/** One objective of a study over several workloads: the robust optimum beside each workload's own. */
export interface RegimeTable {
  readonly metric: string;
  readonly aggregate: 'mean' | 'worst';
  /** Present where values are aggregated instead of ratios to the baseline. */
  readonly of?: 'value';
  /** The feasible trial with the best aggregated ratio or value, and that. */
  readonly robust: number;
  readonly robustRatio: number;
  readonly rows: readonly RegimeRow[];
}

export interface RegimeRow {
  readonly workload: string;
  readonly unit: string;
  readonly baseline: number;
  /** The feasible trial that is best on this workload alone, and its value there. */
  readonly own: number;
  readonly ownValue: number;
  /** Value of the robust optimum on this workload. */
  readonly robustValue: number;
  /** Change of the robust optimum against the baseline (null where that is infeasible) and the workload's own optimum; positive = better. */
  readonly gain: number | null;
  readonly gap: number;
}

/** One table an objective; empty for a study with one workload, or without feasible trials or baseline. */
export function regimeTables(
  plan: StudyPlan,
  trials: readonly Trial[],
  state: BaselineState | null = 'feasible',
): readonly RegimeTable[] {
  const { regimes } = plan;
  const baseline = trials.find(({ origin }) => origin === 'baseline');
  const feasible = trials.filter((trial) => isFeasible(plan, trial));
  if (regimes === undefined || baseline?.outcome?.kind !== 'observed' || feasible.length === 0) return [];
  return plan.objectives
    .filter(({ metric }) => plan.metrics.some(({ name }) => name === regimeMetric(metric, regimes.workloads[0]!.name)))
    .map((objective) => {
      const robust = best(feasible, objective, objective.metric);
      const rows = regimes.workloads.map(({ name }): RegimeRow => {
        const column = regimeMetric(objective.metric, name);
        const own = best(feasible, objective, column);
        const [base, ownValue, robustValue] = [baseline, own, robust].map((trial) => meanOf(trial, column)) as [
          number,
          number,
          number,
        ];
        return {
          workload: name,
          unit: plan.metrics.find((metric) => metric.name === column)!.unit,
          baseline: base,
          own: own.number,
          ownValue,
          robustValue,
          gain: state === 'feasible' ? change(objective, base, robustValue) : null,
          gap: change(objective, ownValue, robustValue),
        };
      });
      const robustRatio = meanOf(robust, objective.metric);
      const how = { aggregate: regimes.aggregate, ...(regimes.of === undefined ? {} : { of: regimes.of }) };
      return { metric: objective.metric, ...how, robust: robust.number, robustRatio, rows };
    });
}

function best(trials: readonly Trial[], { direction }: ResolvedObjective, column: string): Trial {
  const sign = direction === 'minimize' ? 1 : -1;
  return trials.reduce((one, other) => (sign * meanOf(other, column) < sign * meanOf(one, column) ? other : one));
}

function meanOf({ outcome }: Trial, column: string): number {
  return outcome?.kind === 'observed' ? mean(metricValues(outcome.replicates, column)) : Number.NaN;
}

function change({ direction }: ResolvedObjective, from: number, to: number): number {
  const difference = direction === 'minimize' ? from - to : to - from;
  return difference === 0 ? 0 : difference / Math.abs(from || 1);
}
