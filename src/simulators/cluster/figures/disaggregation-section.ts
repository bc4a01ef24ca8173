import type { DisaggregationCounters } from '../engine-result.ts';
import { distribution } from './distribution.ts';
import { fixed } from './go-format.ts';

/** What became of disaggregated requests and their transfers; no lines without disaggregation. */
export function disaggregationSection(
  counters: DisaggregationCounters | null,
  { durationS, contention }: { readonly durationS: number; readonly contention: boolean },
): readonly string[] {
  if (counters === null || counters.parents === 0) return [];
  return [
    '=== PD Metrics ===',
    `Disaggregated Requests: ${counters.disaggregated}`,
    // The reference prints here whose decode instance was gone after the transfer; instances never leave.
    'Dropped at Decode KV: 0',
    ...poolRates(counters, durationS),
    ...distributionLine('Parent TTFT (us)', counters.parentTtftUs),
    ...distributionLine('KV Transfer Duration (us)', counters.transferUs),
    ...(contention
      ? [
          `Peak Concurrent Transfers: ${counters.peakActiveTransfers}`,
          `Mean Transfer Queue Depth: ${fixed(counters.meanActiveTransfers, 4)}`,
        ]
      : []),
    ...pairLines(counters),
  ];
}

function pairLines({ pairs }: DisaggregationCounters): readonly string[] {
  if (pairs === null) return [];
  return [
    `Pairs with Positive Headroom: ${pairs.positiveHeadroom}`,
    `Pairs with Negative Headroom: ${pairs.negativeHeadroom}`,
    `Pairs Evaluated: ${pairs.pairsEvaluated}`,
    `Rerouted at Decode KV: ${pairs.rerouted}`,
  ];
}

function poolRates(counters: DisaggregationCounters, durationS: number): readonly string[] {
  const [prefill, decode] = [counters.prefillPoolCompleted, counters.decodePoolCompleted].map((count) =>
    durationS > 0 ? count / durationS : 0,
  ) as [number, number];
  const low = Math.min(prefill, decode);
  const high = Math.max(prefill, decode);
  const imbalance = high === 0 ? '1.0000' : low === 0 ? 'inf (one pool idle)' : fixed(high / low, 4);
  return [
    `Prefill Throughput: ${fixed(prefill, 4)} sub-req/s`,
    `Decode Throughput: ${fixed(decode, 4)} sub-req/s`,
    `Load Imbalance Ratio: ${imbalance}`,
  ];
}

function distributionLine(label: string, values: readonly number[]): readonly string[] {
  if (values.length === 0) return [];
  const d = distribution(values);
  return [`${label}: mean=${fixed(d.mean, 1)} p50=${fixed(d.p50, 1)} p95=${fixed(d.p95, 1)} p99=${fixed(d.p99, 1)}`];
}
