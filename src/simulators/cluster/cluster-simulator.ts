import { InputError, unknownName } from '../../base/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../base/json.ts';
import { type Measurement, WHOLE_RUN } from '../measurement.ts';
import type { MetricSpec, PreparedSimulation, SimulationInput, Simulator } from '../simulator.ts';
import type { WorkloadSpec } from '../workload/workload-spec.ts';
import { clusterMetricSpecs } from './figures/cluster-metrics.ts';
import { type GoodputTargets, mergeTargets, specTargets, targetsOf } from './figures/goodput.ts';
import { streamMetricSpecs } from './figures/stream-metrics.ts';
import { measureRun } from './measure-run.ts';
import { policyHooks } from './policy/policy-modules.ts';
import { SCALAR_DEFAULTS } from './settings/cluster-settings.ts';
import { POLICY_KEY, resolveStrategyConfig } from './settings/config.ts';
import { WorkloadCache } from './workload-cache.ts';

/** The cluster of inference engines behind a router, on a workload document (`clients`, `aggregate_rate`, …). */
export function createClusterSimulator(): Simulator {
  const workloads = new WorkloadCache();
  return {
    name: 'cluster',
    description: 'cluster of LLM engines behind a router: routing, admission, scheduling, KV tiers',
    vocabulary: metricSpecs(['CLASS'], true, { ...WHOLE_RUN, capacityRps: 1 }),
    measures: true,
    defaults: SCALAR_DEFAULTS,
    prepare: (input) => prepare(input, workloads),
  };
}

function prepare(input: SimulationInput, workloads: WorkloadCache): PreparedSimulation {
  const settings = under('config', () => policySettings(input.config));
  const { policies = [] } = input;
  const hooks = () => policyHooks(policies, settings);
  const ownScorers = policies === 'not-loaded' ? 'any' : Object.keys(hooks().scorers ?? {});
  const cluster = under('config', () => resolveStrategyConfig(input.config, ownScorers));
  const document = under('workload', () => workloads.document(input.workload));
  const { spec } = document;
  if (
    spec.numRequests === 0 &&
    spec.horizonUs === 0 &&
    (cluster.kind !== 'ready' || !Number.isFinite(cluster.settings.horizon ?? Number.POSITIVE_INFINITY))
  ) {
    throw new InputError('must be given where there is no horizon', { path: ['workload', 'num_requests'] });
  }
  const { measurement = null } = input;
  const targets =
    sloTargets(measurement) ??
    mergeTargets(cluster.kind === 'ready' ? targetsOf(cluster.settings) : {}, specTargets(spec));
  const classes = sloClasses(spec);
  requireClasses(measurement, classes);
  const metrics = metricSpecs(classes, Object.keys(targets).length > 0, measurement);
  return {
    metrics,
    run: (context) => {
      if (cluster.kind === 'infeasible') return cluster;
      const workload = document.generate(context, cluster.settings.horizon);
      const names = metrics.map((one) => one.name);
      return measureRun(cluster, workload, context, { classes, targets, hooks, names, measurement });
    },
  };
}

/** Every metric of a run; those of streams only where it is measured in detail. */
function metricSpecs(
  classes: readonly string[],
  withTargets: boolean,
  measurement: Measurement | null,
): readonly MetricSpec[] {
  const specs = clusterMetricSpecs(classes, withTargets);
  if (measurement === null) return specs;
  return [...specs, ...streamMetricSpecs({ classes, withTargets, withCapacity: measurement.capacityRps !== null })];
}

/** Targets of a study stand in place of all others. */
function sloTargets(measurement: Measurement | null): GoodputTargets | null {
  if (measurement === null || measurement.slo === null) return null;
  return Object.fromEntries(
    Object.entries(measurement.slo).map(([name, { ttftMs, tpotMs, e2eMs }]) => [
      name,
      { ttftMs, itlMs: tpotMs, e2eMs },
    ]),
  );
}

function requireClasses(measurement: Measurement | null, classes: readonly string[]): void {
  for (const name of Object.keys(measurement?.slo ?? {})) {
    if (!classes.includes(name)) throw unknownName('SLO class', name, classes, { path: ['slo', name] });
  }
}

function policySettings(config: Json): JsonObject {
  const settings = isJsonObject(config) ? (config[POLICY_KEY] ?? {}) : {};
  if (!isJsonObject(settings)) throw new InputError('must be a map', { path: [POLICY_KEY] });
  return settings;
}

/** SLO classes of a workload, sorted; requests without one count as `default`. */
function sloClasses(spec: WorkloadSpec): readonly string[] {
  const sources = spec.recorded === undefined ? [...spec.clients, ...spec.cohorts] : spec.recorded.rows;
  const names = sources.map((one) => one.sloClass || 'default');
  if (spec.inferencePerf !== null) names.push('standard');
  return [...new Set(names)].sort();
}

function under<T>(key: 'config' | 'workload', body: () => T): T {
  try {
    return body();
  } catch (error) {
    throw error instanceof InputError ? error.at({ prefix: [key] }) : error;
  }
}
