import { type Interval, meanInterval, type PairedChange, pairedChange } from '../../numeric/statistics.ts';
import { SCHEDULER_LABELS, type SchedulerName } from '../../simulators/cloud-edge/scheduler-names.ts';
import type { RunSummary } from '../../simulators/cloud-edge/summary.ts';

/** Metrics that can be compared, and whether more of one is good. */
const WISHED = {
  avg_jct_s: 'less',
  p95_jct_s: 'less',
  p99_jct_s: 'less',
  avg_jct_with_backlog_s: 'less',
  total_throughput_rps: 'more',
  edge_throughput_rps: 'more',
  cloud_offload_rate: 'less',
  avg_queueing_delay_s: 'less',
  backlog_at_end: 'less',
} as const satisfies Partial<Record<keyof RunSummary, 'less' | 'more'>>;
export type ComparedMetric = keyof typeof WISHED;
export const COMPARABLE = Object.keys(WISHED) as readonly ComparedMetric[];

export interface ComparisonRow {
  readonly scheduler: SchedulerName;
  readonly scheduler_name: string;
  readonly metric: ComparedMetric;
  readonly value: Interval;
  /** Against the reference, paired by epoch since both met the same arrivals; null for the reference itself. */
  readonly change: PairedChange | null;
}

/** One metric of all schedulers. @param schedulers - the reference first */
export function compareMetric(
  metric: ComparedMetric,
  schedulers: readonly SchedulerName[],
  summaries: ReadonlyMap<SchedulerName, readonly RunSummary[]>,
): readonly ComparisonRow[] {
  const values = (name: SchedulerName): readonly number[] => summaries.get(name)!.map((summary) => summary[metric]!);
  const base = values(schedulers[0]!);
  return schedulers.map((scheduler, index) => ({
    scheduler,
    scheduler_name: SCHEDULER_LABELS[scheduler],
    metric,
    value: meanInterval(values(scheduler)),
    change: index === 0 ? null : pairedChange(base, values(scheduler)),
  }));
}

export type Verdict = 'better' | 'worse' | 'no clear difference';

/** By the 95 % interval of the change: clear where it leaves out 0. */
export function verdictOf({ metric, change }: ComparisonRow): Verdict {
  const { low, high } = change ?? { low: null, high: null };
  if (low === null || high === null || (low <= 0 && high >= 0)) return 'no clear difference';
  const isMore = low > 0;
  return isMore === (WISHED[metric] === 'more') ? 'better' : 'worse';
}
