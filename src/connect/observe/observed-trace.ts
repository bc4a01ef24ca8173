import type { JsonObject } from '../../base/json.ts';
import { csvLine } from '../../document/csv.ts';
import { type GoodputTargets, targetsJson } from '../../simulators/cluster/figures/goodput.ts';
import type { TraceHeader } from '../../simulators/workload/trace-header.ts';
import { type TraceRow, traceRowOf } from '../../simulators/workload/trace-row.ts';
import { vllmPriority } from './completion-call.ts';
import type { EndedRequest } from './run-load.ts';

/** What is kept of a request of the load. */
export interface ObservedRequest {
  readonly row: TraceRow;
  /** When each chunk came, µs; empty without a stream. */
  readonly chunkUs: readonly number[];
}

export function observedRequest({ id, table, row, streamed, requestId, exchange }: EndedRequest): ObservedRequest {
  const planned = traceRowOf(table, row, id, {
    firstChunkTimeUs: Math.round(exchange.firstUs),
    lastChunkTimeUs: Math.round(exchange.lastUs),
    status: 'incomplete',
  });
  return {
    row: {
      ...planned,
      ...(planned.sloClass === '' ? {} : { vllmPriority: vllmPriority(planned.sloClass) }),
      streaming: streamed,
      outputTokens: exchange.outputTokens,
      serverInputTokens: exchange.inputTokens,
      sendTimeUs: Math.round(exchange.sendUs),
      numChunks: exchange.chunks,
      status: exchange.status,
      errorMessage: exchange.message,
      finishReason: exchange.finishReason,
      xRequestId: requestId,
    },
    chunkUs: exchange.chunkUs.map(Math.round),
  };
}

export interface ObservedRun {
  /** RFC 3339, UTC. */
  readonly createdAt: string;
  readonly warmUpRequests: number;
  readonly workloadSeed: bigint;
  /** File or `preset:NAME`; empty = neither. */
  readonly workloadSpec: string;
  readonly serverType: string;
  readonly model: string;
  /** 0 = not known. */
  readonly rttMs: number;
  readonly targets: GoodputTargets;
  readonly hitRate: JsonObject | null;
}

export function observedHeader(run: ObservedRun): TraceHeader {
  const { rttMs, targets, hitRate } = run;
  return {
    traceVersion: 3,
    timeUnit: 'us',
    createdAt: run.createdAt,
    mode: 'real',
    warmUpRequests: run.warmUpRequests,
    workloadSeed: run.workloadSeed,
    workloadSpec: run.workloadSpec,
    accumulate: false,
    blocks: {
      server: { type: run.serverType, model: run.model },
      network: rttMs > 0 ? { measured_rtt_ms: rttMs } : {},
      ...(Object.keys(targets).length === 0 ? {} : { goodput_slo_targets: targetsJson(targets) }),
      ...(hitRate === null ? {} : { observed_kv_metrics: hitRate }),
    },
  };
}

/** One line for each chunk of the requests that went well. */
export function* itlCsv(requests: readonly ObservedRequest[]): Iterable<string> {
  yield `${csvLine(['request_id', 'chunk_index', 'timestamp_us'])}\n`;
  for (const { row, chunkUs } of requests) {
    if (row.status !== 'ok') continue;
    for (const [index, us] of chunkUs.entries()) yield `${row.requestId},${index},${us}\n`;
  }
}
