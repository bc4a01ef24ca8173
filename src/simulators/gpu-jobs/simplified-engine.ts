import { InputError } from '../../base/errors.ts';
import { EventQueue } from '../kernel/event-queue.ts';
import { type ClusterSpec, gpuCount } from './cluster-spec.ts';
import { GpuBank } from './gpu-bank.ts';
import { findModel, weightsPerGpu } from './model-catalog.ts';
import { flopsEstimate, type Ordering, priority } from './ordering.ts';
import type { Task } from './task.ts';

/**
 * How many tasks may start at a step.
 * `legacy`: ⌊free GPUs / 2⌋ − running tasks, and every task takes two GPUs (running tasks are counted twice, as in the
 * system that published the figures). `work-conserving`: tasks start while the head of the queue fits.
 */
export type SlotRule = 'legacy' | 'work-conserving';
/** `accumulate`: t ← t + dt in binary64, rounding included; `index`: t = k·dt. */
export type ClockRule = 'accumulate' | 'index';

export interface SimplifiedConfig {
  readonly cluster: ClusterSpec;
  readonly ordering: Ordering;
  readonly slotRule: SlotRule;
  readonly clock: ClockRule;
  /** Step, seconds. */
  readonly dt: number;
  /** Last step time is below this; seconds. */
  readonly maxTime: number;
  /** Keeps one row per step. */
  readonly timeline?: boolean;
}

export interface StepRow {
  readonly time: number;
  readonly queued: number;
  readonly running: number;
  readonly completed: number;
  readonly availableGpus: number;
}

/** Times by task index in the workload, seconds; NaN = never. */
export interface SimplifiedResult {
  readonly start: Float64Array;
  readonly completion: Float64Array;
  /** Σ GPUs × seconds of the tasks that ran. */
  readonly busyGpuSeconds: number;
  readonly timeline: readonly StepRow[];
}

/** tokens/s, whatever the model, the GPU and the tensor parallelism. */
const PREFILL_RATE = 1000;
const DECODE_RATE = 5000;
const LEGACY_GPUS_PER_TASK = 2;
const MAX_STEPS = 1e9;
/** Rows of a timeline that fit into memory with ease. */
const MAX_ROWS = 2e6;

/** Seconds that a task occupies its GPUs. */
export function taskDuration(task: Task): number {
  return task.prefillTokens / PREFILL_RATE + task.decodeTokens / DECODE_RATE;
}

/** @throws InputError when a task can never run on this cluster or the clock makes no sense */
export function checkSimplified(config: SimplifiedConfig, tasks: readonly Task[]): void {
  const { dt, maxTime, cluster } = config;
  if (!(dt > 0)) throw new InputError(`must be a number > 0, got ${dt}`, { path: ['dt'] });
  if (!(maxTime > 0)) throw new InputError(`must be a number > 0, got ${maxTime}`, { path: ['max_time'] });
  if (dt > maxTime) throw new InputError(`must be ≤ max_time (${maxTime}), got ${dt}`, { path: ['dt'] });
  if (maxTime / dt > MAX_STEPS) {
    throw new InputError(`gives ${maxTime / dt} steps, at most ${MAX_STEPS} are allowed`, {
      path: ['dt'],
      suggestion: 'use a larger step',
    });
  }
  for (const [index, task] of tasks.entries()) checkFits(config, cluster, task, index);
}

function checkFits(config: SimplifiedConfig, cluster: ClusterSpec, task: Task, index: number): void {
  const path = ['tasks', index];
  const tp = config.slotRule === 'legacy' ? Math.max(task.tp, LEGACY_GPUS_PER_TASK) : task.tp;
  const total = gpuCount(cluster);
  if (tp > total) {
    throw new InputError(`task ${task.id} needs ${tp} GPUs, cluster ${cluster.name} has ${total}`, { path });
  }
  const perGpu = weightsPerGpu(findModel(task.model, path), task.tp);
  const largest = Math.max(...cluster.groups.map(({ gpu }) => gpu.memoryGB));
  const fitting = cluster.groups.reduce((sum, { gpu, count }) => sum + (gpu.memoryGB >= perGpu ? count : 0), 0);
  if (fitting < tp) {
    throw new InputError(
      `task ${task.id}: ${task.model} at TP ${task.tp} needs ${perGpu} GB per GPU, ` +
        `${fitting === 0 ? `the largest GPU of ${cluster.name} has ${largest} GB` : `only ${fitting} GPUs of ${cluster.name} have that`}`,
      { path, suggestion: 'raise the tensor parallelism or choose another cluster' },
    );
  }
}

/**
 * Discrete-time simulation of tasks that hold their GPUs from start to end: at each step release what has finished,
 * admit what has arrived, start what the ordering picks. Completion times are exact (start + duration), only the
 * release waits for a step. What still runs at the end is completed; what still queues is not.
 */
export function simulateSimplified(config: SimplifiedConfig, tasks: readonly Task[]): SimplifiedResult {
  checkSimplified(config, tasks);
  const run = new SimplifiedRun(config, tasks);
  const { dt, maxTime } = config;
  const accumulate = config.clock === 'accumulate';
  let t = 0;
  let next = run.nextEventTime();
  for (let step = 1; t < maxTime; step++) {
    // Between two events no task can start: slots only change when something arrives or is released.
    if (t >= next) {
      run.step(t);
      if (run.isOver()) break;
      next = run.nextEventTime();
    }
    if (config.timeline === true) run.record(t);
    t = accumulate ? t + dt : step * dt;
  }
  return run.finish();
}

class SimplifiedRun {
  readonly #tasks: readonly Task[];
  readonly #legacy: boolean;
  readonly #start: Float64Array;
  readonly #completion: Float64Array;
  /** Task indices by arrival, list order breaking ties. */
  readonly #arrivals: readonly number[];
  /** Place of each task in the order of the discipline; smaller starts first. */
  readonly #order: Int32Array;
  readonly #waiting = new EventQueue();
  readonly #running = new EventQueue();
  readonly #gpus: GpuBank;
  readonly #held: Int32Array[];
  #nextArrival = 0;
  #completed = 0;
  #busy = 0;
  readonly #timeline: StepRow[] = [];

  constructor(config: SimplifiedConfig, tasks: readonly Task[]) {
    this.#tasks = tasks;
    this.#legacy = config.slotRule === 'legacy';
    this.#start = new Float64Array(tasks.length).fill(Number.NaN);
    this.#completion = new Float64Array(tasks.length).fill(Number.NaN);
    this.#arrivals = tasks.map((_, index) => index).sort((a, b) => tasks[a]!.arrival - tasks[b]!.arrival || a - b);
    this.#order = rankTasks(config.ordering, tasks, this.#arrivals);
    this.#gpus = new GpuBank(config.cluster);
    this.#held = new Array(tasks.length);
  }

  /** The earliest instant at which a step has anything to do. */
  nextEventTime(): number {
    const next = this.#arrivals[this.#nextArrival];
    const arrival = next === undefined ? Number.POSITIVE_INFINITY : this.#tasks[next]!.arrival;
    return Math.min(arrival, this.#running.peekTime());
  }

  isOver(): boolean {
    return this.#nextArrival === this.#tasks.length && this.#waiting.length === 0 && this.#running.length === 0;
  }

  step(t: number): void {
    while (this.#running.peekTime() <= t) this.#complete();
    for (;;) {
      const next = this.#arrivals[this.#nextArrival];
      if (next === undefined || this.#tasks[next]!.arrival > t) break;
      this.#waiting.push(this.#order[next]!, 0, next);
      this.#nextArrival++;
    }
    if (this.#legacy) this.#startLegacy(t);
    else this.#startWhileFits(t);
  }

  record(t: number): void {
    if (this.#waiting.length === 0 && this.#running.length === 0) return;
    if (this.#timeline.length === MAX_ROWS) {
      throw new InputError(`gives a timeline of more than ${MAX_ROWS} rows`, {
        path: ['dt'],
        suggestion: 'use a larger step or leave the timeline out',
      });
    }
    this.#timeline.push({
      time: t,
      queued: this.#waiting.length,
      running: this.#running.length,
      completed: this.#completed,
      availableGpus: this.#gpus.free,
    });
  }

  finish(): SimplifiedResult {
    while (this.#running.length > 0) this.#complete();
    return {
      start: this.#start,
      completion: this.#completion,
      busyGpuSeconds: this.#busy,
      timeline: this.#timeline,
    };
  }

  #startLegacy(t: number): void {
    let slots = Math.floor(this.#gpus.free / LEGACY_GPUS_PER_TASK) - this.#running.length;
    for (; slots > 0 && this.#waiting.length > 0; slots--) this.#begin(this.#waiting.pop(), LEGACY_GPUS_PER_TASK, 0, t);
  }

  #startWhileFits(t: number): void {
    while (this.#waiting.length > 0) {
      const index = this.#waiting.pop();
      const task = this.#tasks[index]!;
      const perGpu = weightsPerGpu(findModel(task.model), task.tp);
      if (this.#gpus.freeWith(perGpu) < task.tp) {
        this.#waiting.push(this.#order[index]!, 0, index);
        return;
      }
      this.#begin(index, task.tp, perGpu, t);
    }
  }

  #begin(index: number, gpus: number, perGpuGB: number, t: number): void {
    const duration = taskDuration(this.#tasks[index]!);
    this.#start[index] = t;
    this.#completion[index] = t + duration;
    this.#held[index] = this.#gpus.take(gpus, perGpuGB);
    this.#busy += gpus * duration;
    this.#running.push(t + duration, 0, index);
  }

  #complete(): void {
    this.#gpus.give(this.#held[this.#running.pop()]!);
    this.#completed++;
  }
}

function rankTasks(ordering: Ordering, tasks: readonly Task[], arrivals: readonly number[]): Int32Array {
  const keys = tasks.map((task) =>
    priority(ordering, { weight: task.weight, arrival: task.arrival, estimate: flopsEstimate(task) }),
  );
  const order = new Int32Array(tasks.length);
  const sorted = [...arrivals].sort((a, b) => (keys[a] === keys[b] ? 0 : keys[b]! > keys[a]! ? 1 : -1));
  for (const [place, index] of sorted.entries()) order[index] = place;
  return order;
}
