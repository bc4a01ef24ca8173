import type { Json } from '../../base/json.ts';
import type { Measurement } from '../../simulators/measurement.ts';
import type { MetricSpec } from '../../simulators/simulator.ts';

/** The workloads of a study over several load regimes, and how their figures become one. */
export interface Regimes {
  /** `worst` = of the least favourable workload, `mean` = arithmetic mean over workloads. */
  readonly aggregate: RegimeAggregate;
  /** `value` = of the figures themselves; absent = of their ratios to the baseline. */
  readonly of?: 'value';
  readonly workloads: readonly Regime[];
}

export type RegimeAggregate = 'mean' | 'worst';

export interface Regime {
  readonly name: string;
  readonly workload: Json;
  /** Laid over the strategy's configuration, e.g. fewer KV blocks; null = nothing. */
  readonly config: Json | null;
  /** Absent: as the study says. */
  readonly measurement?: Measurement;
}

/** Name of a metric as measured on one workload. */
export function regimeMetric(metric: string, workload: string): string {
  return `${metric}@${workload}`;
}

/**
 * Metrics of a study over regimes: first the plain names that all workloads share, as multiples of the baseline or in
 * their own unit, then every metric of every workload in its own unit.
 * @param specs - by workload, in the order of `regimes.workloads`
 */
export function regimeMetricSpecs(
  { aggregate, of, workloads }: Regimes,
  specs: readonly (readonly MetricSpec[])[],
): readonly MetricSpec[] {
  const shared = specs[0]!.filter(({ name }) => specs.every((one) => one.some((other) => other.name === name)));
  const how = aggregate === 'worst' ? 'worst' : 'mean';
  return [
    ...shared.map((spec) =>
      of === 'value'
        ? { ...spec, description: `${spec.description}: ${how} over workloads` }
        : {
            ...spec,
            unit: '× baseline',
            description: `${spec.description}: ${how} over workloads of its ratio to the baseline, 1 = like the baseline`,
          },
    ),
    ...workloads.flatMap(({ name: workload }, index) =>
      specs[index]!.map((spec) => ({
        ...spec,
        name: regimeMetric(spec.name, workload),
        description: `${spec.description}, on ${workload}`,
      })),
    ),
  ];
}
