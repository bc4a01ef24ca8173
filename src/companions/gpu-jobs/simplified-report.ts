import type { JsonObject } from '../../base/json.ts';
import { gpuCount } from '../../simulators/gpu-jobs/cluster-spec.ts';
import {
  type SimplifiedConfig,
  type SlotRule,
  type StepRow,
  simulateSimplified,
} from '../../simulators/gpu-jobs/simplified-engine.ts';
import { type SimplifiedMetrics, simplifiedMetrics } from '../../simulators/gpu-jobs/simplified-metrics.ts';
import { comparisonTable } from './comparison-table.ts';
import { csvTable } from './csv-table.ts';
import { type DrawnWorkload, fileFor, type NamedOrdering, type RunReport } from './run-report.ts';

/** Every ordering on every workload. @throws InputError with the key of the settings, or the task, at fault */
export function simplifiedReport(
  workloads: readonly DrawnWorkload[],
  algorithms: readonly NamedOrdering[],
  settings: Omit<SimplifiedConfig, 'ordering' | 'timeline'>,
  timelineFile: string | undefined,
): RunReport {
  const { cluster, slotRule, clock, dt, maxTime } = settings;
  const document: Record<string, JsonObject> = {};
  const files: { file: string; text: string }[] = [];
  const lines: string[] = [
    `Cluster: ${cluster.name} (${gpuCount(cluster)} GPUs), slot rule ${slotRule}, clock ${clock}, dt ${dt} s, max time ${maxTime} s`,
  ];
  for (const { name, tasks } of workloads) {
    const rows = algorithms.map((algorithm) => {
      const config = { ...settings, ordering: algorithm.ordering, timeline: timelineFile !== undefined };
      const result = simulateSimplified(config, tasks);
      const metrics = simplifiedMetrics(result, tasks, cluster);
      document[`${name}_${algorithm.name}`] = resultRecord(metrics, slotRule);
      if (timelineFile !== undefined) {
        files.push({ file: fileFor(timelineFile, `${name}_${algorithm.name}`), text: stepTable(result.timeline) });
      }
      return [algorithm.name, metrics] as const;
    });
    lines.push('', `Workload: ${name} (${tasks.length} tasks)`, ...comparisonTable(rows), ...shortfalls(rows));
  }
  return { text: `${lines.join('\n')}\n`, document, files };
}

/** The legacy rule writes a utilization of 0, as the published files do. */
function resultRecord(metrics: SimplifiedMetrics, slotRule: SlotRule): JsonObject {
  return {
    weighted_waiting_time: metrics.weightedWaitingTime,
    average_waiting_time: metrics.averageWaitingTime,
    makespan: metrics.makespan,
    completed_count: metrics.completedCount,
    total_count: metrics.totalCount,
    completion_rate: metrics.completionRate,
    gpu_utilization: slotRule === 'legacy' ? 0 : metrics.gpuUtilization,
    ...(slotRule === 'legacy'
      ? {}
      : { weighted_start_wait: metrics.weightedStartWait, average_start_wait: metrics.averageStartWait }),
  };
}

function shortfalls(rows: readonly (readonly [string, SimplifiedMetrics])[]): string[] {
  return rows
    .filter(([, { completedCount, totalCount }]) => completedCount < totalCount)
    .map(
      ([name, { completedCount, totalCount }]) =>
        `${name}: ${completedCount} of ${totalCount} tasks completed before max time; averages leave out the others`,
    );
}

function stepTable(timeline: readonly StepRow[]): string {
  const rows = timeline.map((row) => ({
    time: row.time,
    queue_size: row.queued,
    running_count: row.running,
    completed_count: row.completed,
    available_gpus: row.availableGpus,
  }));
  return csvTable(rows, ['time', 'queue_size', 'running_count', 'completed_count', 'available_gpus']);
}
