import type { TraceRow } from '../../simulators/workload/trace-row.ts';
import { type MeasuredGaps, meanGap } from './measured-gaps.ts';
import type { ReplayResult } from './replay-result.ts';
import type { Series } from './series-agreement.ts';

/** What lies between client and server: the simulation has none of it. */
export interface Network {
  readonly rttUs: number;
  /** 0 = unlimited. */
  readonly bandwidthMbps: number;
}

/** A measured request and its simulated one; times in µs. */
export interface Match {
  readonly row: TraceRow;
  readonly result: ReplayResult;
  /** null for a request that failed before its first chunk. */
  readonly latency: { readonly ttft: Pair; readonly e2e: Pair } | null;
  /** Mean gap between chunks; null where it was not measured. */
  readonly itl: Pair | null;
}

interface Pair {
  readonly real: number;
  readonly sim: number;
}

export interface Matches {
  /** In the order of the trace. */
  readonly matched: readonly Match[];
  readonly warmUp: number;
  /** Rows without a result. */
  readonly unmatchedReal: number;
  /** Results without a row. */
  readonly unmatchedSim: number;
  readonly tokenMismatches: number;
  /** Ids of requests all of whose gaps between chunks are negative. */
  readonly itlDropped: readonly number[];
}

export interface PairingOptions {
  /** Requests with smaller ids are left out. */
  readonly warmUpRequests: number;
  readonly network: Network;
  readonly gaps: MeasuredGaps | null;
}

/** Pairs rows with results by id; of several results with one id the last counts. */
export function pairRequests(
  rows: readonly TraceRow[],
  results: readonly ReplayResult[],
  { warmUpRequests, network, gaps }: PairingOptions,
): Matches {
  const byId = new Map(results.map((result) => [result.requestId, result]));
  const counted = rows.filter((row) => row.requestId >= warmUpRequests);
  const matched: Match[] = [];
  const itlDropped: number[] = [];
  for (const row of counted) {
    const result = byId.get(row.requestId);
    if (result === undefined) continue;
    const measured = gaps?.get(row.requestId);
    const itl = itlPair(measured, result);
    if (itl === null && (measured?.length ?? 0) > 0) itlDropped.push(row.requestId);
    matched.push({ row, result, latency: latencyPairs(row, result, network), itl });
  }
  const seen = new Set(matched.map(({ row }) => row.requestId));
  return {
    matched,
    warmUp: rows.length - counted.length,
    unmatchedReal: counted.length - matched.length,
    unmatchedSim: [...byId.keys()].filter((id) => !seen.has(id)).length,
    tokenMismatches: matched.filter(hasOtherTokens).length,
    itlDropped,
  };
}

export const METRICS = ['e2e', 'itl', 'ttft'] as const;
export type Metric = (typeof METRICS)[number];

/** The values of one metric, in the order of the matches. */
export function seriesOf(matched: readonly Match[], metric: Metric): Series {
  const pairs = matched.flatMap(({ latency, itl }) => (metric === 'itl' ? itl : latency?.[metric]) ?? []);
  return { real: pairs.map(({ real }) => real), sim: pairs.map(({ sim }) => sim) };
}

function latencyPairs(row: TraceRow, result: ReplayResult, network: Network): Match['latency'] {
  const ttft = row.firstChunkTimeUs - row.sendTimeUs;
  const e2e = row.lastChunkTimeUs - row.sendTimeUs;
  if (ttft < 0 || e2e < 0) return null;
  const upUs = transferUs(result.inputTokens, network);
  const downUs = transferUs(result.outputTokens, network);
  return {
    ttft: { real: ttft, sim: result.ttftUs + network.rttUs + upUs },
    e2e: { real: e2e, sim: result.e2eUs + network.rttUs + upUs + downUs },
  };
}

const BYTES_PER_TOKEN = 4;

function transferUs(tokens: number, { bandwidthMbps }: Network): number {
  return bandwidthMbps <= 0 ? 0 : ((tokens * BYTES_PER_TOKEN * 8) / (bandwidthMbps * 1e6)) * 1e6;
}

function itlPair(gaps: readonly number[] | undefined, { ttftUs, e2eUs, outputTokens }: ReplayResult): Pair | null {
  const real = meanGap(gaps, (gapUs) => gapUs >= 0);
  if (real === undefined) return null;
  return { real, sim: outputTokens > 1 ? (e2eUs - ttftUs) / (outputTokens - 1) : 0 };
}

function hasOtherTokens({ row, result }: Match): boolean {
  const input = row.serverInputTokens > 0 ? row.serverInputTokens : row.inputTokens;
  return input !== result.inputTokens || row.outputTokens !== result.outputTokens;
}
