import type { EngineResult, InstanceCounters, ItlHistogram } from '../engine-result.ts';
import { histogramMeanMs, histogramPercentilesMs, meanMs, percentileMs, picked, sortedFinite } from './distribution.ts';

/** The block of figures printed for an instance and for the cluster. Latencies in ms. */
export interface HeadlineMetrics {
  readonly completed: number;
  readonly stillQueued: number;
  readonly stillRunning: number;
  readonly dropped: number;
  readonly lengthCapped: number;
  readonly timedOut: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** s, from time 0 to the last event. */
  readonly durationS: number;
  readonly responsesPerSec: number;
  readonly tokensPerSec: number;
  readonly e2e: LatencyFigures;
  readonly ttft: LatencyFigures;
  readonly itl: LatencyFigures;
  readonly schedulingDelayP99Ms: number;
  readonly kvAllocationFailures: number;
  readonly preemptions: number;
  readonly cacheHitRate: number;
  readonly thrashingRate: number;
}

export interface LatencyFigures {
  readonly meanMs: number;
  readonly p50Ms: number;
  readonly p90Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
}

interface Populations {
  readonly e2eUs: Float64Array;
  readonly ttftUs: Float64Array;
  readonly schedulingDelayUs: Float64Array;
  readonly itl: ItlHistogram;
}

const ZERO: LatencyFigures = { meanMs: 0, p50Ms: 0, p90Ms: 0, p95Ms: 0, p99Ms: 0 };

/**
 * Figures over all instances; rates of the KV cache are unweighted means.
 * @param population - the requests whose latencies count
 */
export function clusterHeadline(result: EngineResult, population: EngineResult = result): HeadlineMetrics {
  const { instances, disaggregation } = result;
  const total = (of: (instance: InstanceCounters) => number) => instances.reduce((sum, one) => sum + of(one), 0);
  const mean = (of: (instance: InstanceCounters) => number) => total(of) / instances.length;
  return headline(
    {
      completed: total((one) => one.completed) - (disaggregation?.prefillCompleted ?? 0),
      stillQueued: total((one) => one.stillQueued),
      stillRunning: total((one) => one.stillRunning) + (disaggregation?.inTransfer ?? 0),
      dropped: total((one) => one.dropped) + (disaggregation?.droppedAtDecodeKv ?? 0),
      timedOut: total((one) => one.timedOut),
      lengthCapped: total((one) => one.lengthCapped),
      preemptions: total((one) => one.preemptions),
      kvAllocationFailures: total((one) => one.kvAllocationFailures),
      inputTokens: total((one) => one.inputTokens),
      outputTokens: total((one) => one.outputTokens),
      simEndedUs: instances.reduce((latest, one) => Math.max(latest, one.simEndedUs), 0),
      cacheHitRate: mean((one) => one.cacheHitRate),
      thrashingRate: mean((one) => one.thrashingRate),
    },
    {
      e2eUs: sortedFinite(population.e2eUs.subarray(0, population.table.length)),
      ttftUs: sortedFinite(population.ttftUs.subarray(0, population.table.length)),
      schedulingDelayUs: sortedFinite(population.schedulingDelayUs.subarray(0, population.table.length)),
      itl: result.itl,
    },
  );
}

/** The same figures of every instance by itself. */
export function instanceHeadlines(result: EngineResult): readonly HeadlineMetrics[] {
  const rows: number[][] = result.instances.map(() => []);
  for (let row = 0; row < result.table.length; row++) rows[result.handledBy[row]!]?.push(row);
  return result.instances.map((counters, index) => {
    const own = counters.subRequests;
    const column = (values: Float64Array) => sortedFinite(picked(values, rows[index]!));
    return headline(counters, {
      e2eUs: own ? sortedFinite(own.e2eUs) : column(result.e2eUs),
      ttftUs: own ? sortedFinite(own.ttftUs) : column(result.ttftUs),
      schedulingDelayUs: own ? sortedFinite(own.schedulingDelayUs) : column(result.schedulingDelayUs),
      itl: counters.itl,
    });
  });
}

/** The printed object, keys in print order. */
export function headlineJson(
  id: string,
  metrics: HeadlineMetrics,
  fileOnly: { readonly cache_hit_rate?: number } = {},
): Record<string, unknown> {
  return {
    instance_id: id,
    completed_requests: metrics.completed,
    still_queued: metrics.stillQueued,
    still_running: metrics.stillRunning,
    injected_requests:
      metrics.completed + metrics.stillQueued + metrics.stillRunning + metrics.dropped + metrics.timedOut,
    total_input_tokens: metrics.inputTokens,
    total_output_tokens: metrics.outputTokens,
    vllm_estimated_duration_s: metrics.durationS,
    responses_per_sec: metrics.responsesPerSec,
    tokens_per_sec: metrics.tokensPerSec,
    ...latencyJson('e2e', metrics.e2e),
    ...latencyJson('ttft', metrics.ttft),
    ...latencyJson('itl', metrics.itl),
    scheduling_delay_p99_ms: metrics.schedulingDelayP99Ms,
    ...(metrics.kvAllocationFailures > 0 ? { kv_allocation_failures: metrics.kvAllocationFailures } : {}),
    preemption_count: metrics.preemptions,
    ...fileOnly,
    dropped_unservable: metrics.dropped,
    length_capped_requests: metrics.lengthCapped,
    timed_out_requests: metrics.timedOut,
  };
}

type Counters = Omit<InstanceCounters, 'pauses' | 'peakBlocks' | 'steps' | 'meanQueueLength' | 'itl' | 'subRequests'>;

function headline(counters: Counters, populations: Populations): HeadlineMetrics {
  const { completed } = counters;
  const durationS = counters.simEndedUs / 1e6;
  const any = completed > 0;
  return {
    completed,
    stillQueued: counters.stillQueued,
    stillRunning: counters.stillRunning,
    dropped: counters.dropped,
    lengthCapped: counters.lengthCapped,
    timedOut: counters.timedOut,
    inputTokens: counters.inputTokens,
    outputTokens: counters.outputTokens,
    durationS,
    responsesPerSec: any ? completed / durationS : 0,
    tokensPerSec: any ? counters.outputTokens / durationS : 0,
    e2e: any ? figures(populations.e2eUs) : ZERO,
    ttft: any ? figures(populations.ttftUs) : ZERO,
    itl: any ? histogramFigures(populations.itl) : ZERO,
    schedulingDelayP99Ms: any ? percentileMs(populations.schedulingDelayUs, 99) : 0,
    kvAllocationFailures: counters.kvAllocationFailures,
    preemptions: counters.preemptions,
    cacheHitRate: counters.cacheHitRate,
    thrashingRate: counters.thrashingRate,
  };
}

function figures(sorted: Float64Array): LatencyFigures {
  return {
    meanMs: meanMs(sorted),
    p50Ms: percentileMs(sorted, 50),
    p90Ms: percentileMs(sorted, 90),
    p95Ms: percentileMs(sorted, 95),
    p99Ms: percentileMs(sorted, 99),
  };
}

function histogramFigures(histogram: ItlHistogram): LatencyFigures {
  const [p50Ms, p90Ms, p95Ms, p99Ms] = histogramPercentilesMs(histogram, [50, 90, 95, 99]) as [
    number,
    number,
    number,
    number,
  ];
  return { meanMs: histogramMeanMs(histogram), p50Ms, p90Ms, p95Ms, p99Ms };
}

function latencyJson(name: string, latency: LatencyFigures): Record<string, number> {
  return {
    [`${name}_mean_ms`]: latency.meanMs,
    [`${name}_p90_ms`]: latency.p90Ms,
    [`${name}_p95_ms`]: latency.p95Ms,
    [`${name}_p99_ms`]: latency.p99Ms,
  };
}
