import { canonicalText, type Json } from '../../base/json.ts';
import type { ParameterValues } from '../../optimizer/space/parameter.ts';
import type { MetricSpec } from '../../simulators/simulator.ts';
import { type Evaluate, joinReplicates, type Metrics, type ReplicateOutcome } from '../trial.ts';
import { type RegimeAggregate, type Regimes, regimeMetric } from './regimes.ts';

/** One simulation of the setup with that number. */
export type SimulateSetup = (task: {
  readonly setup: number;
  readonly values: ParameterValues;
  readonly seed: number;
  readonly fidelity: number;
  readonly trial?: number;
}) => Promise<ReplicateOutcome>;

/**
 * Evaluates a vector on every (workload, seed). For each seed the plain metric aggregates, over workloads, the ratio of
 * its value to the baseline's on the same workload and the same seed; the baseline itself is 1 on every seed. Where the
 * baseline's value is 0, the ratio is 1 + value. The baseline is simulated once a seed. With `of: value` it plays no part.
 * @param baseline - null only with `of: value`
 */
export function regimeEvaluate(
  regimes: Regimes,
  metrics: readonly MetricSpec[],
  baseline: ParameterValues | null,
  simulate: SimulateSetup,
): Evaluate {
  const references = new Map<string, Promise<readonly ReplicateOutcome[]>>();
  const raw = (task: Omit<Parameters<SimulateSetup>[0], 'setup'>): Promise<readonly ReplicateOutcome[]> =>
    Promise.all(regimes.workloads.map((_, setup) => simulate({ setup, ...task })));
  const reference = (seed: number, fidelity: number): Promise<readonly ReplicateOutcome[]> => {
    const key = `${seed} ${fidelity}`;
    const known = references.get(key) ?? raw({ values: baseline!, seed, fidelity });
    references.set(key, known);
    return known;
  };
  const baselineText = canonicalText(baseline as Json);
  return async (values, seeds, { fidelity = 1, ...trial } = {}) => {
    const isBaseline = canonicalText(values as Json) === baselineText;
    const outcomes = seeds.map(async (seed) => {
      if (regimes.of === 'value')
        return joinRegimes(regimes, metrics, await raw({ values, seed, fidelity, ...trial }), null);
      const base = reference(seed, fidelity);
      const own = isBaseline ? base : raw({ values, seed, fidelity, ...trial });
      return joinRegimes(regimes, metrics, await own, await base);
    });
    return joinReplicates(seeds, await Promise.all(outcomes));
  };
}

/** The outcomes of one seed as one; the first workload that is not measured decides. @param base - null = plain values */
export function joinRegimes(
  regimes: Regimes,
  metrics: readonly MetricSpec[],
  own: readonly ReplicateOutcome[],
  base: readonly ReplicateOutcome[] | null,
): ReplicateOutcome {
  const values: Metrics[] = [];
  const references: Metrics[] = [];
  for (const [index, { name }] of regimes.workloads.entries()) {
    const outcome = own[index]!;
    if (outcome.kind === 'infeasible') return { kind: 'infeasible', reason: `on ${name}: ${outcome.reason}` };
    if (outcome.kind === 'failed') return { kind: 'failed', message: `on ${name}: ${outcome.message}` };
    values.push(outcome.metrics);
    if (base === null) continue;
    const other = base[index]!;
    if (other.kind !== 'measured') return { kind: 'failed', message: `the baseline cannot be measured on ${name}` };
    references.push(other.metrics);
  }
  const joined: Record<string, number> = {};
  for (const { name, better } of metrics) {
    if (!values.every((one) => Object.hasOwn(one, name))) continue;
    const ratios = values.map((one, index) =>
      base === null ? one[name]! : ratio(one[name]!, references[index]![name]!),
    );
    joined[name] = aggregated(regimes.aggregate, better, ratios);
  }
  for (const [index, { name }] of regimes.workloads.entries()) {
    for (const [metric, value] of Object.entries(values[index]!)) joined[regimeMetric(metric, name)] = value;
  }
  return { kind: 'measured', metrics: joined };
}

function ratio(value: number, reference: number): number {
  return reference === 0 ? 1 + value : value / reference;
}

function aggregated(aggregate: RegimeAggregate, better: MetricSpec['better'], ratios: readonly number[]): number {
  if (aggregate === 'mean') return ratios.reduce((sum, one) => sum + one, 0) / ratios.length;
  return better === 'lower' ? Math.max(...ratios) : Math.min(...ratios);
}
