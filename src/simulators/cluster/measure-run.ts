import type { JsonObject } from '../../base/json.ts';
import type { Measurement } from '../measurement.ts';
import type { RunContext, SimulationResult } from '../simulator.ts';
import type { Workload } from '../workload/follow-ups.ts';
import { CannotProgress } from './cannot-progress.ts';
import type { RunMemory } from './engine/run-memory.ts';
import type { EngineConfig, MeasuredSpan } from './engine-config.ts';
import type { EngineResult } from './engine-result.ts';
import { headOfLineBlocking } from './figures/anomalies.ts';
import { classTimes } from './figures/class-times.ts';
import { type ClassFigures, classFigures, clusterMetricValues } from './figures/cluster-metrics.ts';
import { type GoodputTargets, goodput } from './figures/goodput.ts';
import { clusterHeadline, type HeadlineMetrics } from './figures/headline-metrics.ts';
import { withoutLostParents } from './figures/lost-parents.ts';
import { lastFirstRound, measuredPart, WHOLE_SPAN, windowHeadline } from './figures/measured-part.ts';
import { modelWarnings } from './figures/model-warnings.ts';
import { rowsByClass } from './figures/request-latency.ts';
import { streamMetricValues } from './figures/stream-metrics.ts';
import type { EngineHooks } from './policy/policy.ts';
import type { ResolvedCluster } from './settings/resolve-cluster.ts';
import { simulateCluster } from './simulate-cluster.ts';

/** What of a run counts, and under which names. */
export interface Wanted {
  readonly classes: readonly string[];
  readonly targets: GoodputTargets;
  readonly names: readonly string[];
  /** Fresh extension points for one run. */
  readonly hooks: () => EngineHooks;
  readonly measurement: Measurement | null;
  readonly memory: RunMemory;
  /** The requests that are measured, by their arrival. */
  readonly span: MeasuredSpan;
}

/** Simulates one seed and tells its metrics. */
export function measureRun(
  cluster: Extract<ResolvedCluster, { kind: 'ready' }>,
  workload: Workload,
  context: RunContext,
  wanted: Wanted,
): SimulationResult {
  const { measurement, span } = wanted;
  const config: EngineConfig = {
    ...cluster.config,
    seed: context.seed,
    horizonUs: workload.horizonUs,
    traceDecisions: context.evidence === true,
    counterfactualK: context.evidence === true ? 1 : 0,
    ...(measurement === null ? {} : { measured: span }),
  };
  const outcome = simulated(config, workload, wanted);
  if ('kind' in outcome) return outcome;
  const result = withoutLostParents(outcome);
  const { part, headline, endUs } = counted(result, span);
  const warnings = modelWarnings(result, cluster.config.model);
  if (headline.completed === 0) {
    return { kind: 'infeasible', reason: ['no request completed', ...warnings].join('; ') };
  }
  const classes = classFigures(part, wanted.classes, endUs);
  const measured = goodput(part, wanted.targets, headline.durationS);
  const lastArrivalUs = measurement === null ? 0 : lastFirstRound(workload.initial);
  const parts = { part, span, lastArrivalUs, endUs, classes: wanted.classes, goodput: measured };
  const values = {
    ...clusterMetricValues(headline, classes, measured, wanted.targets),
    ...(measurement === null ? {} : streamMetricValues({ ...parts, capacityRps: measurement.capacityRps })),
  };
  return {
    kind: 'measured',
    metrics: Object.fromEntries(wanted.names.map((name) => [name, announced(values, name)])),
    diagnostics: diagnostics(result, headline, classes, [...cluster.warnings, ...warnings]),
  };
}

/** @throws RangeError for a metric that is announced and not computed: a fault of this program, no property of the run */
function announced(values: Readonly<Record<string, number>>, name: string): number {
  const value = values[name];
  if (value === undefined) throw new RangeError(`metric ${name} has no value`);
  return value;
}

/** The requests that count, their headline, and the end of the run. */
function counted(
  result: EngineResult,
  span: MeasuredSpan,
): { readonly part: EngineResult; readonly headline: HeadlineMetrics; readonly endUs: number } {
  if (span === WHOLE_SPAN) {
    const headline = clusterHeadline(result);
    return { part: result, headline, endUs: headline.durationS * 1e6 };
  }
  const part = measuredPart(result, span);
  const endUs = result.instances.reduce((latest, one) => Math.max(latest, one.simEndedUs), 0);
  return { part, headline: windowHeadline(result, part, span), endUs };
}

/** A cluster whose requests block each other for ever is a property of its configuration. */
function simulated(
  config: EngineConfig,
  workload: Workload,
  { hooks, memory }: Wanted,
): EngineResult | Extract<SimulationResult, { kind: 'infeasible' }> {
  try {
    return simulateCluster(config, workload, hooks, memory);
  } catch (error) {
    if (error instanceof CannotProgress) return { kind: 'infeasible', reason: error.message };
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
