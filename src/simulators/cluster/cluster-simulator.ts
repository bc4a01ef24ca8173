import { InputError } from '../../base/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../base/json.ts';
import type { PreparedSimulation, RunContext, SimulationInput, SimulationResult, Simulator } from '../simulator.ts';
import type { Workload } from '../workload/follow-ups.ts';
import { generateWorkload } from '../workload/generate-workload.ts';
import { parseWorkload } from '../workload/parse-workload.ts';
import type { WorkloadSpec } from '../workload/workload-spec.ts';
import type { EngineConfig } from './engine-config.ts';
import type { EngineResult } from './engine-result.ts';
import { headOfLineBlocking } from './figures/anomalies.ts';
import { classTimes } from './figures/class-times.ts';
import { type ClassFigures, classFigures, clusterMetricSpecs, clusterMetricValues } from './figures/cluster-metrics.ts';
import { type GoodputTargets, goodput, mergeTargets, specTargets, targetsOf } from './figures/goodput.ts';
import { clusterHeadline, type HeadlineMetrics } from './figures/headline-metrics.ts';
import { withoutLostParents } from './figures/lost-parents.ts';
import { modelWarnings } from './figures/model-warnings.ts';
import { rowsByClass } from './figures/request-latency.ts';
import type { EngineHooks } from './policy/policy.ts';
import { policyHooks } from './policy/policy-modules.ts';
import { POLICY_KEY, resolveStrategyConfig } from './settings/config.ts';
import type { ResolvedCluster } from './settings/resolve-cluster.ts';
import { simulateCluster } from './simulate-cluster.ts';

/** Generated workloads kept at once: the seeds of a study, and not much more memory than they need. */
const KEPT_WORKLOADS = 16;

/** The cluster of inference engines behind a router, on a workload document (`clients`, `aggregate_rate`, …). */
export function createClusterSimulator(): Simulator {
  const workloads = new WorkloadCache();
  return {
    name: 'cluster',
    description: 'cluster of LLM engines behind a router: routing, admission, scheduling, KV tiers',
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
  const targets = mergeTargets(cluster.kind === 'ready' ? targetsOf(cluster.settings) : {}, specTargets(spec));
  const classes = sloClasses(spec);
  const metrics = clusterMetricSpecs(classes, Object.keys(targets).length > 0);
  return {
    metrics,
    run: (context) => {
      if (cluster.kind === 'infeasible') return cluster;
      const workload = document.generate(context, cluster.settings.horizon);
      return measure(cluster, workload, context, { classes, targets, hooks, names: metrics.map((one) => one.name) });
    },
  };
}

interface Wanted {
  readonly classes: readonly string[];
  readonly targets: GoodputTargets;
  readonly names: readonly string[];
  /** Fresh extension points for one run. */
  readonly hooks: () => EngineHooks;
}

function measure(
  cluster: Extract<ResolvedCluster, { kind: 'ready' }>,
  workload: Workload,
  context: RunContext,
  wanted: Wanted,
): SimulationResult {
  const config: EngineConfig = {
    ...cluster.config,
    seed: context.seed,
    horizonUs: workload.horizonUs,
    traceDecisions: context.evidence === true,
    counterfactualK: context.evidence === true ? 1 : 0,
  };
  const outcome = simulated(config, workload, wanted.hooks());
  if ('kind' in outcome) return outcome;
  const result = withoutLostParents(outcome);
  const headline = clusterHeadline(result);
  const warnings = modelWarnings(result, config.model);
  if (headline.completed === 0) {
    return { kind: 'infeasible', reason: ['no request completed', ...warnings].join('; ') };
  }
  const classes = classFigures(result, wanted.classes, headline.durationS * 1e6);
  const measured = goodput(result, wanted.targets, headline.durationS);
  const values = clusterMetricValues(headline, classes, measured, wanted.targets);
  return {
    kind: 'measured',
    metrics: Object.fromEntries(wanted.names.map((name) => [name, values[name] ?? 0])),
    diagnostics: diagnostics(result, headline, classes, [...cluster.warnings, ...warnings]),
  };
}

/** A cluster whose requests block each other for ever is a property of its configuration. */
function simulated(
  config: EngineConfig,
  workload: Workload,
  hooks: EngineHooks,
): EngineResult | Extract<SimulationResult, { kind: 'infeasible' }> {
  try {
    return simulateCluster(config, workload, hooks);
  } catch (error) {
    if (error instanceof InputError) return { kind: 'infeasible', reason: error.message };
    throw error;
  }
}

function diagnostics(
  result: EngineResult,
  headline: HeadlineMetrics,
  classes: readonly ClassFigures[],
  warnings: readonly string[],
): JsonObject {
  const { cluster } = result;
  const rows = rowsByClass(result);
  return {
    duration_s: headline.durationS,
    still_queued: headline.stillQueued,
    still_running: headline.stillRunning,
    dropped_unservable: headline.dropped,
    timed_out: headline.timedOut,
    length_capped: headline.lengthCapped,
    kv_allocation_failures: headline.kvAllocationFailures,
    admission_rejected: cluster.admissionRejected,
    routing_rejected: cluster.routingRejected,
    gateway_rejected: cluster.gatewayRejected,
    gateway_expired: cluster.gatewayExpired,
    head_of_line_blocking: headOfLineBlocking(result),
    shed: { ...cluster.shed },
    classes: Object.fromEntries(
      classes.map((one) => [
        one.sloClass,
        { arrived: one.arrived, completed: one.completed, ...classTimes(result, rows.get(one.sloClass) ?? []) },
      ]),
    ),
    instances: result.instances.map((one) => ({
      completed: one.completed,
      preemptions: one.preemptions,
      pauses: one.pauses,
      cache_hit_rate: one.cacheHitRate,
      peak_kv_blocks: one.peakBlocks,
      mean_queue_length: one.meanQueueLength,
    })),
    ...routingEvidence(result),
    ...pairEvidence(result),
    warnings,
  };
}

/** Decisions per instance, and their regret in requests: by how much the chosen instance was busier than the idlest. */
function routingEvidence({ decisions }: EngineResult): JsonObject {
  if (decisions === null) return {};
  const { targets, meanRegret, maxRegret } = decisions;
  return { routing: { targets: [...targets], mean_regret: meanRegret, max_regret: maxRegret } };
}

/** Choices of prefill and decode instances together, by headroom. */
function pairEvidence({ disaggregation }: EngineResult): JsonObject {
  const pairs = disaggregation?.pairs ?? null;
  if (pairs === null) return {};
  return {
    pairs: {
      positive_headroom: pairs.positiveHeadroom,
      negative_headroom: pairs.negativeHeadroom,
      evaluated: pairs.pairsEvaluated,
      rerouted: pairs.rerouted,
    },
  };
}

function policySettings(config: Json): JsonObject {
  const settings = isJsonObject(config) ? (config[POLICY_KEY] ?? {}) : {};
  if (!isJsonObject(settings)) throw new InputError('must be a map', { path: [POLICY_KEY] });
  return settings;
}

/** SLO classes of a workload, sorted; requests without one count as `default`. */
function sloClasses(spec: WorkloadSpec): readonly string[] {
  const names = [...spec.clients, ...spec.cohorts].map((one) => one.sloClass || 'default');
  if (spec.inferencePerf !== null) names.push('standard');
  return [...new Set(names)].sort();
}

interface WorkloadDocument {
  readonly spec: WorkloadSpec;
  generate(context: RunContext, horizonUs: number | null): Workload;
}

/** Documents by content and the requests generated from them: equal seeds meet the same requests, made once. */
class WorkloadCache {
  readonly #documents = new Map<string, WorkloadDocument>();
  readonly #generated = new Map<string, Workload>();

  document(source: Json): WorkloadDocument {
    const key = JSON.stringify(source, (_, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value));
    const known = this.#documents.get(key);
    if (known !== undefined) return known;
    const spec = parseWorkload(source);
    const document: WorkloadDocument = {
      spec,
      generate: (context, horizonUs) => this.#generate(key, spec, context, horizonUs),
    };
    this.#documents.set(key, document);
    return document;
  }

  #generate(key: string, spec: WorkloadSpec, { seed, fidelity }: RunContext, ownHorizonUs: number | null): Workload {
    const horizonUs = ownHorizonUs ?? (spec.horizonUs > 0 ? spec.horizonUs : Number.POSITIVE_INFINITY);
    const id = `${seed} ${fidelity} ${horizonUs} ${key}`;
    const workload =
      this.#generated.get(id) ??
      generateWorkload(spec, {
        seed,
        numRequests: Math.ceil(spec.numRequests * fidelity),
        horizonUs: Math.ceil(horizonUs * fidelity),
      });
    this.#generated.delete(id);
    this.#generated.set(id, workload);
    if (this.#generated.size > KEPT_WORKLOADS) this.#generated.delete(this.#generated.keys().next().value!);
    return workload;
  }
}

function under<T>(key: 'config' | 'workload', body: () => T): T {
  try {
    return body();
  } catch (error) {
    throw error instanceof InputError ? error.at({ prefix: [key] }) : error;
  }
}
