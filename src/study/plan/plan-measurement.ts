import { InputError } from '../../base/errors.ts';
import { shortText } from '../../base/short-text.ts';
import { type Measurement, WHOLE_RUN } from '../../simulators/measurement.ts';
import type { Backend, MetricSpec } from '../../simulators/simulator.ts';
import { measurementOf } from './measure-spec.ts';
import type { StrategyFile } from './strategy-file.ts';
import type { StudySpec } from './study-spec.ts';

export interface PlanMeasurement {
  readonly metrics: readonly MetricSpec[];
  /** null = the whole run, with the metrics of old: journals of studies that ask for nothing stay as they are. */
  readonly measurement: Measurement | null;
}

/**
 * Measures in detail where the study says so, or names a metric that is told only then.
 * @param describe - the metrics under a measurement
 * @throws InputError where the backend cannot
 */
export function inDetailWhereAsked(
  spec: StudySpec,
  strategy: StrategyFile,
  simulator: Backend,
  describe: (measurement: Measurement | null) => readonly MetricSpec[],
): PlanMeasurement {
  const keys = (['measure', 'slo', 'capacity'] as const).filter((key) => spec[key] !== undefined);
  if (simulator.measures !== true && keys.length > 0) {
    throw new InputError(`simulator ${shortText(simulator.name)} measures whole runs only`, {
      path: [keys[0]!],
      suggestion: `remove \`${keys[0]}\``,
    });
  }
  const asked = measurementOf(spec);
  const metrics = describe(asked);
  if (asked !== null || simulator.measures !== true) return { metrics, measurement: asked };
  const named = [...(spec.objectives ?? strategy.objectives), ...(spec.constraints ?? strategy.constraints)];
  if (named.every(({ metric }) => metrics.some(({ name }) => name === metric))) return { metrics, measurement: null };
  return { metrics: describe(WHOLE_RUN), measurement: WHOLE_RUN };
}

/** The capacity of a point, beside what it measures at the study's own rate. */
export const CAPACITY: MetricSpec = {
  name: 'capacity_rps',
  unit: 'requests/s',
  better: 'higher',
  description: 'highest rate of the grid at which every class meets its targets; 0 = not even the lowest',
};
