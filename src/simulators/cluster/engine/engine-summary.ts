import type { ReadColumn } from '../column-owners.ts';
import type { Disaggregation, ParentRequest } from '../disaggregation/disaggregation-flow.ts';
import type {
  ClusterCounters,
  DecisionTrace,
  DisaggregationCounters,
  EngineResult,
  InstanceCounters,
} from '../engine-result.ts';
import type { RequestIndex, Row } from '../indices.ts';
import type { Instance } from '../instance/instance.ts';
import { mergeGaps } from '../instance/merge-gaps.ts';
import { hitRate } from '../kv/kv-tier.ts';
import { PHASE } from '../request-states.ts';
import type { ClusterEngine } from './cluster-engine.ts';

/** Everything a finished run measured, by table row. */
export function summarizeRun(engine: ClusterEngine): EngineResult {
  const { table } = engine;
  const disaggregation = engine.parts.disaggregation?.flow ?? null;
  const result = { table, ...columnsOf(engine) };
  if (disaggregation !== null) {
    for (const parent of disaggregation.parents) mergeParent(engine, parent, result);
  }
  return {
    ...result,
    ...streamColumns(engine),
    itl: mergeGaps(engine.instances.map((instance) => instance.gaps)),
    instances: engine.instances.map((instance) =>
      counters(instance, disaggregation === null ? undefined : subRequests(engine, instance.index)),
    ),
    cluster: clusterCounters(engine),
    decisions: engine.config.traceDecisions ? decisions(engine) : null,
    disaggregation: disaggregation === null ? null : disaggregationCounters(engine, disaggregation, result.ttftUs),
  };
}

function columnsOf(engine: ClusterEngine) {
  const { table, requests: q } = engine;
  const { gateway } = engine.parts;
  const rows = table.length;
  const columns = {
    registered: new Uint8Array(rows),
    completed: new Uint8Array(rows),
    disaggregated: new Uint8Array(rows),
    lengthCapped: new Uint8Array(rows),
    ttftUs: new Float64Array(rows).fill(Number.NaN),
    e2eUs: new Float64Array(rows).fill(Number.NaN),
    schedulingDelayUs: new Float64Array(rows).fill(Number.NaN),
    itlSumUs: new Float64Array(rows),
    itlCount: new Int32Array(rows),
    handledBy: new Int32Array(rows).fill(-1),
    gatewayDelayUs: new Float64Array(rows).fill(Number.NaN),
  };
  for (let row = 0; row < rows; row++) {
    const request = engine.requestOf(row as Row);
    if (request === undefined) continue;
    columns.registered[row] = q.registered[request]!;
    columns.completed[row] = q.phase[request] === PHASE.completed ? 1 : 0;
    columns.lengthCapped[row] = q.lengthCapped[request]!;
    columns.ttftUs[row] = q.ttftUs[request]!;
    columns.e2eUs[row] = q.e2eUs[request]!;
    columns.schedulingDelayUs[row] = q.schedulingDelayUs[request]!;
    columns.itlSumUs[row] = q.itlSumUs[request]!;
    columns.itlCount[row] = q.itlCount[request]!;
    columns.handledBy[row] = q.instance[request]!;
    if (gateway !== null) columns.gatewayDelayUs[row] = gateway.delayUs(request);
  }
  return columns;
}

/** A disaggregated request streams from its decode. */
function streamColumns(engine: ClusterEngine): Pick<EngineResult, 'streams'> {
  const { table } = engine;
  const { streams, disaggregation } = engine.parts;
  if (streams === null) return {};
  const rows = table.length;
  const columns = {
    tenthTokenUs: new Float64Array(rows).fill(Number.NaN),
    longestGapUs: new Float64Array(rows).fill(Number.NaN),
    longestStallUs: new Float64Array(rows),
  };
  const decodes = new Map(disaggregation?.flow.parents.map(({ request, decode }) => [request, decode]));
  for (let row = 0; row < rows; row++) {
    const own = engine.requestOf(row as Row);
    if (own === undefined) continue;
    const request = decodes.get(own) ?? own;
    columns.tenthTokenUs[row] = streams.tenthTokenUs[request] ?? Number.NaN;
    columns.longestGapUs[row] = streams.longestGapUs[request] ?? Number.NaN;
    columns.longestStallUs[row] = streams.longestStallUs[request] ?? 0;
  }
  return { streams: columns };
}

type Columns = {
  -readonly [K in 'registered' | 'completed' | 'disaggregated' | 'lengthCapped']: Uint8Array;
} & {
  -readonly [K in 'ttftUs' | 'e2eUs' | 'schedulingDelayUs' | 'itlSumUs']: Float64Array;
} & { readonly itlCount: Int32Array; readonly handledBy: Int32Array };

/** One entry for a disaggregated request, from those of its two halves. */
function mergeParent(engine: ClusterEngine, parent: ParentRequest, columns: Columns): void {
  const q = engine.requests;
  const row = q.row[parent.request]!;
  columns.disaggregated[row] = 1;
  if (Number.isNaN(parent.endedAtUs)) return;
  const { prefill, decode } = parent;
  columns.registered[row] = 1;
  columns.schedulingDelayUs[row] = q.schedulingDelayUs[prefill]!;
  columns.handledBy[row] = parent.decodeInstance;
  const delay = q.schedulingDelayUs[decode]!;
  const gaps = q.itlCount[decode]!;
  columns.ttftUs[row] = gaps > 0 ? delay + q.firstGapUs[decode]! : q.ttftUs[prefill]!;
  if (parent.stage !== 'done') {
    columns.e2eUs[row] = parent.endedAtUs - q.arrivalUs[parent.request]!;
    return;
  }
  columns.completed[row] = 1;
  columns.lengthCapped[row] = q.lengthCapped[decode]!;
  columns.itlSumUs[row] = q.itlSumUs[decode]!;
  columns.itlCount[row] = gaps;
  // A decode that was preempted has prefilled itself: its own time counts from the original arrival.
  const prefilledAgain = !Number.isNaN(q.ttftUs[decode]!);
  columns.e2eUs[row] = prefilledAgain
    ? q.e2eUs[decode]!
    : delay + q.itlSumUs[decode]! + engine.instances[parent.decodeInstance]!.postDecodeUs;
}

function counters(instance: Instance, latencies: InstanceCounters['subRequests']): InstanceCounters {
  return {
    completed: instance.ends.completed,
    stillQueued: instance.queue.length,
    stillRunning: instance.batch.size + instance.paused.size,
    dropped: instance.ends.dropped,
    timedOut: instance.ends.timedOut,
    lengthCapped: instance.ends.lengthCapped,
    preemptions: instance.preemptions,
    pauses: instance.pauses,
    kvAllocationFailures: instance.ends.allocationFailures,
    inputTokens: instance.inputTokens,
    outputTokens: instance.ends.outputTokens,
    simEndedUs: instance.endedAtUs(),
    peakBlocks: instance.peakBlocks,
    cacheHitRate: hitRate(instance.gpu, instance.tier),
    thrashingRate: instance.tier?.thrashingRate() ?? 0,
    steps: instance.steps,
    meanQueueLength: instance.steps === 0 ? 0 : instance.queueLengthSum / instance.steps,
    // Sorting them takes as long as the cluster's: most runs never print them.
    get itl() {
      return mergeGaps([instance.gaps]);
    },
    ...(latencies === undefined ? {} : { subRequests: latencies }),
  };
}

/** What an instance measured of the halves and whole requests it served. */
function subRequests(engine: ClusterEngine, instance: number): NonNullable<InstanceCounters['subRequests']> {
  const q = engine.requests;
  const all = Array.from({ length: q.length }, (_, request) => request as RequestIndex);
  const own = all.filter((request) => q.instance[request] === instance);
  const column = (values: ReadColumn) => own.map((request) => values[request]!);
  return {
    rows: own.map((request) => q.row[request]!),
    e2eUs: column(q.e2eUs),
    ttftUs: column(q.ttftUs),
    schedulingDelayUs: column(q.schedulingDelayUs),
  };
}

function clusterCounters(engine: ClusterEngine): ClusterCounters {
  const { table } = engine;
  const { gateway, eviction, admissions, disaggregation } = engine.parts;
  const arrivals: Record<string, number> = {};
  table.names.sloClasses.forEach((name, index) => {
    const count = admissions.arrivals[index]!;
    if (count > 0) arrivals[name] = (arrivals[name] ?? 0) + count;
  });
  return {
    arrivals,
    admissionRejected: admissions.rejected,
    routingRejected: engine.routingRejected + (disaggregation?.rejected ?? 0),
    shed: Object.fromEntries(admissions.shedByClass),
    gatewayQueued: gateway?.queue.length ?? 0,
    gatewayShed: gateway?.shed ?? 0,
    gatewayRejected: gateway?.rejected ?? 0,
    gatewayEvicted: eviction?.evicted ?? 0,
    gatewayExpired: gateway?.expired ?? 0,
    encodeRejected: 0,
  };
}

function decisions(engine: ClusterEngine): DecisionTrace {
  const { admissions, dispatch } = engine.parts;
  const { targets, regretSum, regretMax } = dispatch.records;
  const routed = targets.reduce((sum, count) => sum + count, 0);
  return {
    admitted: admissions.admitted,
    rejected: admissions.rejected,
    targets: Array.from(targets),
    meanRegret: routed === 0 ? 0 : regretSum / routed,
    maxRegret: regretMax,
  };
}

function completedAt(engine: ClusterEngine, instances: Int32Array): number {
  return instances.reduce((sum, index) => sum + engine.instances[index]!.ends.completed, 0);
}

function disaggregationCounters(
  engine: ClusterEngine,
  flow: Disaggregation,
  ttftUs: Float64Array,
): DisaggregationCounters {
  const q = engine.requests;
  const ended = flow.parents.filter((parent) => !Number.isNaN(parent.endedAtUs));
  const transferred = flow.parents.filter((parent) => parent.transferred);
  const prefilled = flow.parents.filter((parent) => q.phase[parent.prefill] === PHASE.completed);
  return {
    parents: flow.parents.length,
    disaggregated: transferred.length,
    droppedAtDecodeKv: flow.droppedAtDecodeKv,
    inTransfer: flow.parents.filter((parent) => parent.stage === 'transfer').length,
    prefillCompleted: prefilled.length,
    prefillPoolCompleted: completedAt(engine, flow.pools.prefill),
    decodePoolCompleted: completedAt(engine, flow.pools.decode),
    parentTtftUs: ended.map((parent) => ttftUs[q.row[parent.request]!]!),
    // The reference takes a start at time 0 for no start.
    transferUs: transferred.filter((parent) => parent.transferStartUs > 0).map((parent) => parent.transferUs),
    peakActiveTransfers: flow.peakTransfers,
    meanActiveTransfers: flow.meanActiveTransfers,
    pairs:
      flow.pairs === null
        ? null
        : {
            positiveHeadroom: flow.pairs.positive,
            negativeHeadroom: flow.pairs.negative,
            pairsEvaluated: flow.pairs.pairsEvaluated,
            rerouted: flow.pairs.rerouted,
          },
  };
}
