import { InputError } from '../../base/errors.ts';
import { type Summary, summarize } from '../kernel/quantile.ts';
import { batchEfficiency } from './step-model.ts';
import type { TokenInstance } from './token-instance.ts';
import type { IterationRow, TokenResult } from './token-log.ts';
import type { TokenTask } from './token-task.ts';

/** Latencies of a group of tasks, seconds. */
export interface LatencySummaries {
  /** First token − arrival; for a task without output, the end of its prefill. */
  readonly ttft: Summary;
  /** Time per output token after the first. */
  readonly tpot: Summary;
  readonly e2e: Summary;
  /** Start − arrival. */
  readonly queueing: Summary;
  /** First token − start, of tasks with a prompt. */
  readonly prefill: Summary;
  /** Completion − first token (from the start, for tasks without a prompt). */
  readonly decode: Summary;
}

export interface TokenMetrics extends LatencySummaries {
  /** Σ weight · (completion − arrival), mean of it unweighted, last completion: as in the simplified engine. */
  readonly weightedWaitingTime: number;
  readonly averageWaitingTime: number;
  readonly makespan: number;
  readonly completedCount: number;
  readonly rejectedCount: number;
  readonly totalCount: number;
  readonly completionRate: number;
  /** Share of GPU time in which instances computed, up to the end of all work (the makespan if all completed). */
  readonly gpuUtilization: number;
  readonly prefillTokensPerSecond: number;
  readonly outputTokensPerSecond: number;
  readonly outputTokensPerGpuSecond: number;
  /** Mean tasks in the batch while busy. */
  readonly meanBatch: number;
  /** Token throughput of a decode step at the mean batch over that of one task, mean over instances. */
  readonly batchEfficiency: number;
  readonly iterations: number;
  readonly preemptions: number;
  readonly recomputedTokens: number;
  readonly evictions: number;
  /** Prompt tokens found cached over prompt tokens asked for. */
  readonly prefixHitRate: number;
  /** Highest share of KV blocks in use on any instance. */
  readonly peakKvUse: number;
  /** Largest over smallest mean E2E of the weight classes; 1 = even. */
  readonly fairness: number;
  readonly byWeight: Readonly<Record<string, LatencySummaries>>;
  readonly byModel: Readonly<Record<string, LatencySummaries>>;
}

export function tokenMetrics({ tasks, instances }: TokenResult): TokenMetrics {
  const done = tasks.filter(({ stage }) => stage === 'done');
  const makespan = done.reduce((latest, { completion }) => Math.max(latest, completion), 0);
  const total = (read: (instance: TokenInstance) => number): number =>
    instances.reduce((sum, instance) => sum + read(instance), 0);
  const gpus = total(({ hardware }) => hardware.tp);
  const output = tasks.reduce((sum, { generated }) => sum + generated, 0);
  // Work may end after the last completion: on tasks that max_time cuts off, or that outgrow the memory.
  const span = instances.reduce((latest, { lastEnd }) => Math.max(latest, lastEnd), makespan);
  const perSecond = (amount: number): number => (span === 0 ? 0 : amount / span);
  const asked = total(({ memory }) => memory.counters.askedTokens);
  const busy = total(({ counters }) => counters.busySeconds);
  const byWeight = grouped(done, ({ task }) => String(task.weight));
  const flow = ({ task, completion }: TokenTask): number => completion - task.arrival;
  return {
    ...latencies(done),
    weightedWaitingTime: done.reduce((sum, state) => sum + state.task.weight * flow(state), 0),
    averageWaitingTime: done.length === 0 ? 0 : done.reduce((sum, state) => sum + flow(state), 0) / done.length,
    makespan,
    completedCount: done.length,
    rejectedCount: total(({ counters }) => counters.rejected),
    totalCount: tasks.length,
    completionRate: tasks.length === 0 ? 1 : done.length / tasks.length,
    gpuUtilization:
      gpus === 0 ? 0 : perSecond(total(({ counters, hardware }) => counters.busySeconds * hardware.tp)) / gpus,
    prefillTokensPerSecond: perSecond(total(({ counters }) => counters.prefillTokens)),
    outputTokensPerSecond: perSecond(output),
    outputTokensPerGpuSecond: gpus === 0 ? 0 : perSecond(output) / gpus,
    meanBatch: busy === 0 ? 0 : total(({ counters }) => counters.batchSeconds) / busy,
    batchEfficiency: meanBatchEfficiency(instances),
    iterations: total(({ counters }) => counters.iterations),
    preemptions: total(({ counters }) => counters.preemptions),
    recomputedTokens: total(({ counters }) => counters.recomputedTokens),
    evictions: total(({ memory }) => memory.pool.evictions),
    prefixHitRate: asked === 0 ? 0 : total(({ memory }) => memory.counters.hitTokens) / asked,
    peakKvUse: Math.max(0, ...instances.map(({ memory }) => memory.counters.peakUsed / memory.pool.total)),
    fairness: classFairness(byWeight),
    byWeight,
    byModel: grouped(done, ({ task }) => task.model),
  };
}

function latencies(done: readonly TokenTask[]): LatencySummaries {
  const over = (read: (state: TokenTask) => number): Summary => summarize(done.map(read));
  return {
    ttft: over(({ task, firstToken }) => firstToken - task.arrival),
    tpot: over(({ task, firstToken, completion }) =>
      task.decodeTokens > 1 ? (completion - firstToken) / (task.decodeTokens - 1) : Number.NaN,
    ),
    e2e: over(({ task, completion }) => completion - task.arrival),
    queueing: over(({ task, start }) => start - task.arrival),
    prefill: over(({ task, start, firstToken }) => (task.prefillTokens > 0 ? firstToken - start : Number.NaN)),
    decode: over(({ task, start, firstToken, completion }) => {
      if (task.decodeTokens === 0) return Number.NaN;
      return completion - (task.prefillTokens > 0 ? firstToken : start);
    }),
  };
}

function grouped(
  done: readonly TokenTask[],
  key: (state: TokenTask) => string,
): Readonly<Record<string, LatencySummaries>> {
  const names = [...new Set(done.map(key))].sort();
  return Object.fromEntries(names.map((name) => [name, latencies(done.filter((state) => key(state) === name))]));
}

function classFairness(classes: Readonly<Record<string, LatencySummaries>>): number {
  const means = Object.values(classes).map(({ e2e }) => e2e.mean);
  const smallest = Math.min(...means);
  return means.length === 0 || smallest <= 0 ? 1 : Math.max(...means) / smallest;
}

function meanBatchEfficiency(instances: readonly TokenInstance[]): number {
  const used = instances.filter(({ counters }) => counters.decodeSeconds > 0);
  const each = used.map(({ model, counters }) =>
    batchEfficiency(model, Math.max(1, Math.round(counters.batchSeconds / counters.busySeconds))),
  );
  return each.length === 0 ? 1 : each.reduce((sum, value) => sum + value, 0) / each.length;
}

/** One row of the timeline: means over a window, all instances together. */
export interface WindowRow {
  readonly start: number;
  readonly end: number;
  /** Share of GPU time spent computing. */
  readonly gpuUtilization: number;
  /** Running tasks, time average. */
  readonly batch: number;
  /** Waiting tasks, time average over busy time. */
  readonly waiting: number;
  readonly prefillTokensPerSecond: number;
  readonly decodeTokensPerSecond: number;
  /** Decode tokens/s per GPU over that of a single request on one instance's GPUs. */
  readonly batchGain: number;
  /** Time-averaged shares of KV blocks while busy. */
  readonly kvUsed: number;
  readonly kvCached: number;
  readonly kvFree: number;
}

/** Windows that fit into memory with ease. */
const MAX_WINDOWS = 1e6;

/**
 * Cuts the iterations into windows; what happens in an iteration is spread evenly over it.
 * @throws InputError when the windows are too many
 */
export function timeline({ iterations, instances }: TokenResult, windowSeconds: number): WindowRow[] {
  const end = iterations.reduce((latest, row) => Math.max(latest, row.end), 0);
  const count = Math.ceil(end / windowSeconds - 1e-9);
  if (count > MAX_WINDOWS) {
    throw new InputError(`gives ${count} windows in ${end} s, at most ${MAX_WINDOWS} are allowed`, {
      path: ['window'],
      suggestion: 'use a larger window',
    });
  }
  const sums = Array.from({ length: count }, () => new WindowSums());
  for (const row of iterations) {
    const instance = instances[row.instance]!;
    const seconds = row.end - row.start;
    for (let w = Math.floor(row.start / windowSeconds); w < count && w * windowSeconds < row.end; w++) {
      const overlap = Math.min(row.end, (w + 1) * windowSeconds) - Math.max(row.start, w * windowSeconds);
      if (overlap > 0) sums[w]!.add(row, instance, overlap, overlap / seconds);
    }
  }
  const gpus = instances.reduce((sum, { hardware }) => sum + hardware.tp, 0);
  const single = instances.reduce((sum, { model, hardware }) => sum + model.decodeRate / hardware.tp, 0);
  return sums.map((window, index) => window.row(index * windowSeconds, windowSeconds, gpus, single / instances.length));
}

class WindowSums {
  #gpuSeconds = 0;
  #busy = 0;
  #batch = 0;
  #waiting = 0;
  #prefill = 0;
  #decode = 0;
  #used = 0;
  #cached = 0;
  #free = 0;

  add(row: IterationRow, { hardware, memory }: TokenInstance, overlap: number, share: number): void {
    const { total } = memory.pool;
    this.#gpuSeconds += overlap * hardware.tp;
    this.#busy += overlap;
    this.#batch += overlap * row.running;
    this.#waiting += overlap * row.waiting;
    this.#prefill += share * row.prefillTokens;
    this.#decode += share * row.decodeBatch;
    this.#used += (overlap * row.blocksUsed) / total;
    this.#cached += (overlap * row.blocksCached) / total;
    this.#free += (overlap * row.blocksFree) / total;
  }

  row(start: number, seconds: number, gpus: number, singleRatePerGpu: number): WindowRow {
    const busy = this.#busy === 0 ? 1 : this.#busy;
    return {
      start,
      end: start + seconds,
      gpuUtilization: this.#gpuSeconds / (gpus * seconds),
      batch: this.#batch / seconds,
      waiting: this.#waiting / busy,
      prefillTokensPerSecond: this.#prefill / seconds,
      decodeTokensPerSecond: this.#decode / seconds,
      batchGain: this.#decode / seconds / gpus / singleRatePerGpu,
      kvUsed: this.#used / busy,
      kvCached: this.#cached / busy,
      kvFree: this.#free / busy,
    };
  }
}
