import { type Interval, meanInterval, pairedDifference } from '../numeric/statistics.ts';
import type { ParameterValues } from '../optimizer/space/parameter.ts';
import type { MetricSpec } from '../simulators/simulator.ts';
import { metricValues } from './objective.ts';
import type { Replicate, TrialOutcome } from './trial.ts';

/** A point of a run with what was recorded of it. */
export interface CheckedPoint {
  readonly name: string;
  readonly trial: number;
  readonly values: ParameterValues;
  readonly replicates: readonly Replicate[];
}

/** One metric here and there, means over the same seeds. */
export interface MetricDifference {
  readonly metric: string;
  readonly unit: string;
  readonly recorded: number;
  readonly elsewhere: number;
  /** Elsewhere − recorded, with its 95 % Student interval over pairs of equal seeds; null with one seed. */
  readonly difference: number;
  readonly low: number | null;
  readonly high: number | null;
  /** The difference as a share of what was recorded; null where that is 0. */
  readonly relative: number | null;
}

export type PointCheck = Omit<CheckedPoint, 'replicates'> &
  (
    | { readonly outcome: 'measured'; readonly metrics: readonly MetricDifference[] }
    | { readonly outcome: 'infeasible' | 'failed'; readonly reason: string }
  );

/** Compares what an evaluation elsewhere gave, on the recorded seeds, with the record, metric by metric. */
export function comparePoint(
  { replicates, ...point }: CheckedPoint,
  outcome: TrialOutcome,
  metrics: readonly MetricSpec[],
): PointCheck {
  if (outcome.kind === 'infeasible') return { ...point, outcome: 'infeasible', reason: outcome.reason };
  if (outcome.kind === 'failed') return { ...point, outcome: 'failed', reason: outcome.message };
  const differences = metrics.map(({ name, unit }): MetricDifference => {
    const here = metricValues(replicates, name);
    const there = metricValues(outcome.replicates, name);
    const recorded = meanInterval(here).value;
    const { value: difference, low, high }: Interval = pairedDifference(here, there);
    return {
      metric: name,
      unit,
      recorded,
      elsewhere: meanInterval(there).value,
      difference,
      low,
      high,
      relative: recorded === 0 ? null : difference / Math.abs(recorded),
    };
  });
  return { ...point, outcome: 'measured', metrics: differences };
}
