import { type ClusterSpec, gpuCount } from './cluster-spec.ts';
import type { SimplifiedResult } from './simplified-engine.ts';
import type { Task } from './task.ts';

/** Figures of one simplified run. Sums and averages are over completed tasks; seconds. */
export interface SimplifiedMetrics {
  /** Σ weight · (completion − arrival). */
  readonly weightedWaitingTime: number;
  /** Mean of completion − arrival. */
  readonly averageWaitingTime: number;
  /** Last completion; 0 when nothing completed. */
  readonly makespan: number;
  readonly completedCount: number;
  readonly totalCount: number;
  readonly completionRate: number;
  /** Busy GPU-seconds over GPUs × makespan. */
  readonly gpuUtilization: number;
  /** The same two sums with start − arrival. */
  readonly weightedStartWait: number;
  readonly averageStartWait: number;
}

export function simplifiedMetrics(
  result: SimplifiedResult,
  tasks: readonly Task[],
  cluster: ClusterSpec,
): SimplifiedMetrics {
  let weighted = 0;
  let flow = 0;
  let weightedStart = 0;
  let startWait = 0;
  let makespan = 0;
  let completed = 0;
  for (const [index, task] of tasks.entries()) {
    const completion = result.completion[index]!;
    if (Number.isNaN(completion)) continue;
    completed++;
    weighted += task.weight * (completion - task.arrival);
    flow += completion - task.arrival;
    weightedStart += task.weight * (result.start[index]! - task.arrival);
    startWait += result.start[index]! - task.arrival;
    makespan = Math.max(makespan, completion);
  }
  const each = completed === 0 ? 0 : 1 / completed;
  return {
    weightedWaitingTime: weighted,
    averageWaitingTime: completed === 0 ? 0 : flow / completed,
    makespan,
    completedCount: completed,
    totalCount: tasks.length,
    completionRate: tasks.length === 0 ? 1 : completed / tasks.length,
    gpuUtilization: makespan === 0 ? 0 : result.busyGpuSeconds / (gpuCount(cluster) * makespan),
    weightedStartWait: weightedStart,
    averageStartWait: startWait * each,
  };
}
