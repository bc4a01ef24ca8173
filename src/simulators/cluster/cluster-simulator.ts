import { InputError, unknownName } from '../../base/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../base/json.ts';
import { type Measurement, WHOLE_RUN } from '../measurement.ts';
import { resultOf } from '../run-result.ts';
import type {
  MetricSpec,
  PreparedSimulation,
  RunContext,
  SimulationInput,
  SimulationResult,
  Simulator,
} from '../simulator.ts';
import type { Workload } from '../workload/follow-ups.ts';
import type { WorkloadSpec } from '../workload/workload-spec.ts';
import { RunMemory } from './engine/run-memory.ts';
import type { MeasuredSpan } from './engine-config.ts';
import { clusterMetricSpecs } from './figures/cluster-metrics.ts';
import { type GoodputTargets, mergeTargets, specTargets, targetsOf } from './figures/goodput.ts';
import { WHOLE_SPAN, windowSpan } from './figures/measured-part.ts';
import { streamMetricSpecs } from './figures/stream-metrics.ts';
import { measureRun } from './measure-run.ts';
import { policyHooks } from './policy/policy-modules.ts';
import { SCALAR_DEFAULTS } from './settings/cluster-settings.ts';
import { POLICY_KEY, resolveStrategyConfig } from './settings/config.ts';
import { type WorkloadBounds, WorkloadCache, type WorkloadDocument } from './workload-cache.ts';

/** The cluster of inference engines behind a router, on a workload document (`clients`, `aggregate_rate`, …). */
export function createClusterSimulator(): Simulator {
  const workloads = new WorkloadCache();
  const memory = new RunMemory();
  return {
    name: 'cluster',
    description: 'cluster of LLM engines behind a router: routing, admission, scheduling, KV tiers',
    vocabulary: metricSpecs(['CLASS'], ['CLASS'], { ...WHOLE_RUN, capacityRps: 1 }),
    measures: true,
    defaults: SCALAR_DEFAULTS,
    prepare: (input) => prepare(input, workloads, memory),
  };
}

function prepare(input: SimulationInput, workloads: WorkloadCache, memory: RunMemory): PreparedSimulation {
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
  const bounds = {
    horizonUs: cluster.kind === 'ready' ? cluster.settings.horizon : null,
    memoryMib: input.limits?.memoryMib,
  };
  under('workload', () => document.requireBounded(bounds));
  const { measurement = null } = input;
  const targets =
    sloTargets(measurement) ??
    mergeTargets(cluster.kind === 'ready' ? targetsOf(cluster.settings) : {}, specTargets(spec));
  const classes = sloClasses(spec);
  requireClasses(measurement, classes);
  const metrics = metricSpecs(classes, Object.keys(targets), measurement);
  return {
    metrics,
    run: (context) => {
      if (cluster.kind === 'infeasible') return cluster;
      const given = drawn(document, context, bounds, measurement);
      if (given.kind === 'infeasible') return given;
      const names = metrics.map((one) => one.name);
      const wanted = { classes, targets, hooks, names, measurement, memory, span: given.span };
      return measureRun(cluster, given.workload, context, wanted);
    },
  };
}

type Drawn =
  | { readonly kind: 'drawn'; readonly workload: Workload; readonly span: MeasuredSpan }
  | Extract<SimulationResult, { kind: 'infeasible' }>;

/** The requests of a seed and which of them are measured; some documents, and windows, turn out to be empty only now. */
function drawn(
  document: WorkloadDocument,
  context: RunContext,
  bounds: WorkloadBounds,
  measurement: Measurement | null,
): Drawn {
  return resultOf(() => {
    const workload = document.generate(context, bounds);
    const window = measurement?.window ?? null;
    const span = window === null ? WHOLE_SPAN : windowSpan(window, workload.initial);
    return { kind: 'drawn', workload, span };
  });
}

/** Every metric of a run; those of streams only where it is measured in detail. */
function metricSpecs(
  classes: readonly string[],
  targeted: readonly string[],
  measurement: Measurement | null,
): readonly MetricSpec[] {
  const specs = clusterMetricSpecs(classes, targeted);
  if (measurement === null) return specs;
  const withTargets = targeted.length > 0;
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
