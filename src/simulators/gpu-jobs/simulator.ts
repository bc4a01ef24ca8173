import { InputError } from '../../base/errors.ts';
import type { JsonObject } from '../../base/json.ts';
import type { Summary } from '../kernel/quantile.ts';
import { type Need, requireAffordable } from '../run-bounds.ts';
import { resultOf } from '../run-result.ts';
import type {
  MetricSpec,
  PreparedSimulation,
  SimulationInput,
  SimulationResult,
  Simulator,
  SimulatorFactory,
} from '../simulator.ts';
import { type JobsConfig, parseJobsConfig } from './config.ts';
import { memoryProblem, placeInstances } from './placement.ts';
import { bookNeeds, taskNeeds, tokenNeeds } from './run-needs.ts';
import { checkSimplified, type SimplifiedConfig, simulateSimplified } from './simplified-engine.ts';
import { simplifiedMetrics } from './simplified-metrics.ts';
import type { Task } from './task.ts';
import type { TokenConfig } from './token-config.ts';
import { simulateTokens } from './token-engine.ts';
import { type TokenMetrics, tokenMetrics } from './token-metrics.ts';
import { parseWorkload, workloadTasks } from './workload-document.ts';
import type { JobWorkload } from './workload-schema.ts';

function metric(name: string, unit: string, better: 'lower' | 'higher', description: string): MetricSpec {
  return { name, unit, better, description };
}

const SHARED_METRICS: readonly MetricSpec[] = [
  metric('weighted_waiting_time', 's', 'lower', 'Σ weight · (completion − arrival) over completed tasks'),
  metric('average_waiting_time', 's', 'lower', 'mean of completion − arrival over completed tasks'),
  metric('makespan', 's', 'lower', 'last completion'),
  metric('completion_rate', '1', 'higher', 'completed tasks over all tasks'),
  metric('gpu_utilization', '1', 'higher', 'busy GPU-seconds over GPUs × makespan'),
];

const SIMPLIFIED_METRICS: readonly MetricSpec[] = [
  ...SHARED_METRICS,
  metric('weighted_start_wait', 's', 'lower', 'Σ weight · (start − arrival) over completed tasks'),
  metric('average_start_wait', 's', 'lower', 'mean of start − arrival over completed tasks'),
];

const LATENCIES = ['ttft', 'tpot', 'e2e', 'queueing'] as const;
const STATISTICS = ['mean', 'p50', 'p95', 'p99'] as const;

const TOKEN_METRICS: readonly MetricSpec[] = [
  ...SHARED_METRICS,
  ...LATENCIES.flatMap((latency) =>
    STATISTICS.map((statistic) =>
      metric(`${latency}_${statistic}_ms`, 'ms', 'lower', `${statistic} of ${latency} over completed tasks`),
    ),
  ),
  metric('tokens_per_sec', 'tokens/s', 'higher', 'output tokens over makespan'),
  metric('fairness', '1', 'lower', 'largest over smallest mean E2E of the weight classes'),
  metric('preemptions', '1', 'lower', 'preemptions by memory or by displacement'),
  metric('recomputed_tokens', 'tokens', 'lower', 'tokens computed again after preemptions'),
  metric('prefix_hit_rate', '1', 'higher', 'prompt tokens found cached'),
  metric('peak_kv_use', '1', 'lower', 'highest share of KV blocks in use on any instance'),
  metric('mean_batch', 'tasks', 'higher', 'tasks in the batch while busy'),
];

/** Backend `gpu-jobs`: weighted queue orderings on GPU clusters, in discrete time or token by token. */
export const createGpuJobsSimulator: SimulatorFactory = (): Simulator => ({
  name: 'gpu-jobs',
  description: 'queue orderings (FIFO, WeightedFIFO, SRPT, WSRPT, scores) for LLM jobs on a GPU cluster',
  vocabulary: [...SIMPLIFIED_METRICS, ...TOKEN_METRICS.filter((one) => !SIMPLIFIED_METRICS.includes(one))],
  prepare: prepareGpuJobs,
});

function prepareGpuJobs(input: SimulationInput): PreparedSimulation {
  const workload = parseWorkload(input.workload ?? 'discriminating', ['workload']);
  const config = parseJobsConfig(input.config, ['config']);
  requireAffordable(needsOf(workload, config), input.limits);
  const draw = oncePerSeed(workload);
  if (config.engine === 'simplified') {
    if (workload.kind === 'tasks') {
      located(() => checkSimplified(config.simplified, workload.tasks));
    }
    return {
      metrics: SIMPLIFIED_METRICS,
      run: ({ seed }) => resultOf(() => runSimplified(config.simplified, draw(seed))),
    };
  }
  if (workload.kind === 'tasks') {
    located(() => placeInstances(config.token.cluster, config.token.placement, workload.tasks));
  }
  return { metrics: TOKEN_METRICS, run: ({ seed }) => resultOf(() => runTokens(config.token, draw(seed))) };
}

function needsOf(workload: JobWorkload, config: JobsConfig): readonly Need[] {
  const under = (root: string, needs: readonly Need[]): readonly Need[] =>
    needs.map((need) => ({ ...need, path: [root, ...need.path] }));
  if (config.engine === 'simplified') return under('workload', taskNeeds(workload));
  const own = [...taskNeeds(workload), ...tokenNeeds(workload, config.token)];
  return [...under('workload', own), ...under('config', bookNeeds(config.token))];
}

/** Tasks of a seed, drawn at most once. */
function oncePerSeed(workload: JobWorkload): (seed: number) => readonly Task[] {
  const drawn = new Map<number, readonly Task[]>();
  return (seed) => {
    const known = drawn.get(seed);
    if (known !== undefined) return known;
    const tasks = workloadTasks(workload, seed);
    drawn.set(seed, tasks);
    return tasks;
  };
}

/** Errors of the engines name keys of the configuration or tasks of the workload. */
function located<T>(body: () => T): T {
  try {
    return body();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw error.map((problem) => problem.at({ prefix: [problem.path[0] === 'tasks' ? 'workload' : 'config'] }));
  }
}

function runSimplified(config: SimplifiedConfig, tasks: readonly Task[]): SimulationResult {
  const measured = simplifiedMetrics(
    located(() => simulateSimplified(config, tasks)),
    tasks,
    config.cluster,
  );
  if (measured.completedCount === 0) return { kind: 'infeasible', reason: 'no task completed before max_time' };
  return {
    kind: 'measured',
    metrics: {
      weighted_waiting_time: measured.weightedWaitingTime,
      average_waiting_time: measured.averageWaitingTime,
      makespan: measured.makespan,
      completion_rate: measured.completionRate,
      gpu_utilization: measured.gpuUtilization,
      weighted_start_wait: measured.weightedStartWait,
      average_start_wait: measured.averageStartWait,
    },
  };
}

function runTokens(config: TokenConfig, tasks: readonly Task[]): SimulationResult {
  const placed = located(() => placeInstances(config.cluster, config.placement, tasks));
  const problem = memoryProblem(config, placed);
  if (problem !== null) return { kind: 'infeasible', reason: problem };
  const measured = tokenMetrics(simulateTokens(config, tasks));
  if (measured.completedCount === 0) return { kind: 'infeasible', reason: 'no task completed' };
  return { kind: 'measured', metrics: tokenFigures(measured), diagnostics: diagnostics(measured) };
}

/** The metrics of TOKEN_METRICS, by name. */
export function tokenFigures(measured: TokenMetrics): Record<string, number> {
  return {
    weighted_waiting_time: measured.weightedWaitingTime,
    average_waiting_time: measured.averageWaitingTime,
    makespan: measured.makespan,
    completion_rate: measured.completionRate,
    gpu_utilization: measured.gpuUtilization,
    ...Object.fromEntries(LATENCIES.flatMap((latency) => latencyFigures(latency, measured[latency]))),
    tokens_per_sec: measured.outputTokensPerSecond,
    fairness: measured.fairness,
    preemptions: measured.preemptions,
    recomputed_tokens: measured.recomputedTokens,
    prefix_hit_rate: measured.prefixHitRate,
    peak_kv_use: measured.peakKvUse,
    mean_batch: measured.meanBatch,
  };
}

/** A latency that no task has (no output tokens) counts as 0. */
function latencyFigures(name: string, summary: Summary): (readonly [string, number])[] {
  return STATISTICS.map((statistic) => [
    `${name}_${statistic}_ms`,
    summary.count === 0 ? 0 : summary[statistic] * 1000,
  ]);
}

function diagnostics(measured: TokenMetrics): JsonObject {
  return {
    rejected: measured.rejectedCount,
    evictions: measured.evictions,
    iterations: measured.iterations,
    batch_efficiency: measured.batchEfficiency,
    e2e_mean_ms_by_weight: Object.fromEntries(
      Object.entries(measured.byWeight).map(([name, { e2e }]) => [name, e2e.mean * 1000]),
    ),
  };
}
