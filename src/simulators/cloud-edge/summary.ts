import { quantile } from '../kernel/quantile.ts';
import type { CloudEdgeConfig } from './config-schema.ts';
import type { RunRecord } from './simulate.ts';

/** Figures of one run, in the published column names; null where nothing was measured. */
export interface RunSummary {
  readonly total_completed_requests: number;
  readonly edge_completed_requests: number;
  readonly cloud_completed_requests: number;
  readonly simulation_duration_actual: number;
  readonly total_throughput_rps: number;
  readonly edge_throughput_rps: number;
  readonly cloud_offload_rate: number | null;
  readonly avg_jct_s: number | null;
  readonly p95_jct_s: number | null;
  readonly p99_jct_s: number | null;
  readonly avg_queueing_delay_s: number | null;
  readonly avg_prediction_error_s_edge_nn: number | null;
  readonly p95_prediction_error_s_edge_nn: number | null;
  readonly p99_prediction_error_s_edge_nn: number | null;
  readonly backlog_at_end: number;
  /** Mean stay with every unfinished request counted by its age at the end: no credit for leaving long ones behind. */
  readonly avg_jct_with_backlog_s: number | null;
  readonly slo_attainment: number | null;
}

export function summarizeRun(record: RunRecord, config: CloudEdgeConfig): RunSummary {
  const { completed, clock, backlog } = record;
  const onEdge = completed.filter(({ side }) => side === 'edge');
  const jct = ascending(completed.map(({ completedAt, arrivedAt }) => completedAt - arrivedAt));
  const waits = completed.map(({ startedAt, arrivedAt }) => Math.max(0, startedAt - arrivedAt));
  const errors = ascending(
    onEdge.flatMap(({ ownTime, prediction }) => (prediction === null ? [] : [ownTime - prediction])),
  );
  const ages = backlog.map((arrivedAt) => clock - arrivedAt);
  const slo = config.slo_s;
  return {
    total_completed_requests: completed.length,
    edge_completed_requests: onEdge.length,
    cloud_completed_requests: completed.length - onEdge.length,
    simulation_duration_actual: clock,
    total_throughput_rps: rate(completed.length, clock),
    edge_throughput_rps: rate(onEdge.length, clock),
    cloud_offload_rate: completed.length === 0 ? null : (completed.length - onEdge.length) / completed.length,
    avg_jct_s: mean(jct),
    p95_jct_s: quantileOrNull(jct, 0.95),
    p99_jct_s: quantileOrNull(jct, 0.99),
    avg_queueing_delay_s: mean(waits),
    avg_prediction_error_s_edge_nn: mean(errors),
    p95_prediction_error_s_edge_nn: quantileOrNull(errors, 0.95),
    p99_prediction_error_s_edge_nn: quantileOrNull(errors, 0.99),
    backlog_at_end: backlog.length,
    avg_jct_with_backlog_s: mean([...jct, ...ages]),
    slo_attainment:
      slo === null || jct.length === 0
        ? null
        : jct.reduce((met, value) => met + (value <= slo ? 1 : 0), 0) / jct.length,
  };
}

function ascending(values: readonly number[]): Float64Array {
  return Float64Array.from(values).sort();
}

function mean(values: ArrayLike<number>): number | null {
  if (values.length === 0) return null;
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum / values.length;
}

function quantileOrNull(sorted: Float64Array, share: number): number | null {
  return sorted.length === 0 ? null : quantile(sorted, share);
}

function rate(count: number, seconds: number): number {
  return seconds > 0 ? count / seconds : 0;
}
