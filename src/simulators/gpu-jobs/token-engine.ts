import { InputError } from '../../base/errors.ts';
import { EventQueue } from '../kernel/event-queue.ts';
import { kvCapacityBlocks, placeInstances } from './placement.ts';
import { createStepModel, type InstanceHardware } from './step-model.ts';
import type { Task } from './task.ts';
import type { TokenConfig } from './token-config.ts';
import { type Iteration, TokenInstance } from './token-instance.ts';
import { InstanceMemory } from './token-memory.ts';
import { orderedScheduler, type SchedulerFactory } from './token-scheduler.ts';
import { newTokenTask, type TokenTask } from './token-task.ts';

/**
 * Kinds of events in the order in which they are handled at one instant: completions of tasks and prefills, then
 * batches, then the rest; insertion breaks ties.
 */
export const EVENT_KINDS = [
  'TASK_COMPLETE',
  'PREFILL_COMPLETE',
  'BATCH_DECODE',
  'DECODE_TOKEN',
  'PREFILL_TOKEN',
  'DECODE_START',
  'PREFILL_START',
  'TASK_ARRIVAL',
  'SCHEDULE',
] as const;
export type EventKind = (typeof EVENT_KINDS)[number];

const RANK = Object.fromEntries(EVENT_KINDS.map((kind, rank) => [kind, rank])) as Readonly<Record<EventKind, number>>;

export interface LoggedEvent {
  readonly time: number;
  readonly kind: EventKind;
  readonly instance: number;
  /** Absent for events of a whole batch. */
  readonly task?: string;
  /** Tokens of a prefill chunk, or tasks of a decode batch. */
  readonly tokens?: number;
}

/** One iteration as it ended; blocks as they were when it was planned. */
export interface IterationRow {
  readonly instance: number;
  readonly start: number;
  readonly end: number;
  readonly prefillTokens: number;
  readonly decodeBatch: number;
  readonly running: number;
  readonly waiting: number;
  readonly blocksUsed: number;
  readonly blocksCached: number;
  readonly blocksFree: number;
}

export interface TokenResult {
  readonly tasks: readonly TokenTask[];
  readonly instances: readonly TokenInstance[];
  /** Time of the last event handled. */
  readonly endedAt: number;
  readonly events: readonly LoggedEvent[];
  readonly iterations: readonly IterationRow[];
}

export interface TokenRunOptions {
  /** Keep every event. */
  readonly logEvents?: boolean;
  /** Keep a row per iteration. */
  readonly logIterations?: boolean;
  /** Called after each planned iteration; tests check invariants here. */
  readonly onIteration?: (instance: TokenInstance, iteration: Iteration, time: number) => void;
  /** Replaces the scheduler of the configured ordering. */
  readonly scheduler?: SchedulerFactory;
}

/** @returns why the configuration cannot run, or null */
export function memoryProblem(config: TokenConfig, instances: readonly InstanceHardware[]): string | null {
  for (const hardware of instances) {
    if (kvCapacityBlocks(config, hardware) >= 1) continue;
    const { gpu, model, tp } = hardware;
    return (
      `no KV memory left: ${model.name} at TP ${tp} on ${gpu.name} (${gpu.memoryGB} GB) ` +
      `with gpu_memory_utilization ${config.memoryUtilization}`
    );
  }
  return null;
}

/**
 * Event-driven simulation at token granularity. All events of one instant are handled before any instance plans, so
 * that the scheduler sees every task that is there.
 * @throws InputError when the models cannot be placed or leave no KV memory
 */
export function simulateTokens(
  config: TokenConfig,
  tasks: readonly Task[],
  options: TokenRunOptions = {},
): TokenResult {
  const placed = placeInstances(config.cluster, config.placement, tasks);
  const problem = memoryProblem(config, placed);
  if (problem !== null) throw new InputError(problem, { path: ['gpu_memory_utilization'] });
  return new TokenEngine(config, tasks, placed, options).run();
}

class TokenEngine {
  readonly #config: TokenConfig;
  readonly #options: TokenRunOptions;
  readonly #queue = new EventQueue(1024);
  readonly #tasks: TokenTask[];
  readonly #instances: TokenInstance[];
  readonly #byModel = new Map<string, TokenInstance[]>();
  readonly #ready = new Set<TokenInstance>();
  readonly #events: LoggedEvent[] = [];
  readonly #iterations: IterationRow[] = [];
  #now = 0;

  constructor(
    config: TokenConfig,
    tasks: readonly Task[],
    placed: readonly InstanceHardware[],
    options: TokenRunOptions,
  ) {
    this.#config = config;
    this.#options = options;
    const places = placesByArrival(tasks);
    this.#tasks = tasks.map((task, index) => newTokenTask(task, index, places[index]!));
    const prefixes = numberPrefixes(tasks);
    const factory = options.scheduler ?? orderedScheduler(config.ordering, config.preemptMargin);
    this.#instances = placed.map((hardware, index) => {
      const model = createStepModel(config.perf, hardware);
      const scheduler = factory({ tasks: this.#tasks, model });
      const blocks = kvCapacityBlocks(config, hardware);
      const memory = new InstanceMemory(blocks, config.blockSize, config.prefixCache ? prefixes : null);
      return new TokenInstance(index, hardware, model, scheduler, memory, config);
    });
    for (const instance of this.#instances) {
      const name = instance.hardware.model.name;
      this.#byModel.set(name, [...(this.#byModel.get(name) ?? []), instance]);
    }
    const inOrder = [...this.#tasks].sort((a, b) => a.place - b.place);
    for (const state of inOrder) this.#queue.push(state.task.arrival, RANK.TASK_ARRIVAL, state.index);
  }

  run(): TokenResult {
    const queue = this.#queue;
    while (queue.length > 0 && queue.peekTime() <= this.#config.maxTime) {
      this.#now = queue.peekTime();
      while (queue.length > 0 && queue.peekTime() === this.#now) {
        const payload = queue.pop();
        this.#handle(EVENT_KINDS[queue.rank]!, payload);
      }
      const ready = [...this.#ready].sort((a, b) => a.index - b.index);
      this.#ready.clear();
      for (const instance of ready) this.#schedule(instance);
    }
    return {
      tasks: this.#tasks,
      instances: this.#instances,
      endedAt: this.#now,
      events: this.#events,
      iterations: this.#iterations.filter(({ end }) => end <= this.#config.maxTime),
    };
  }

  #handle(kind: EventKind, payload: number): void {
    switch (kind) {
      case 'TASK_ARRIVAL':
        this.#onArrival(this.#tasks[payload]!);
        break;
      case 'PREFILL_START':
        this.#onPrefillStart(this.#tasks[payload]!);
        break;
      case 'PREFILL_TOKEN':
        this.#onPrefillChunk(this.#tasks[payload]!);
        break;
      case 'PREFILL_COMPLETE':
        this.#onPrefillComplete(this.#tasks[payload]!);
        break;
      case 'DECODE_START':
        this.#onDecodeStart(this.#tasks[payload]!);
        break;
      case 'DECODE_TOKEN':
      case 'BATCH_DECODE':
        this.#onDecodeStep(kind, this.#instances[payload]!);
        break;
      case 'TASK_COMPLETE':
        this.#onComplete(this.#tasks[payload]!);
        break;
      case 'SCHEDULE': {
        const instance = this.#instances[payload]!;
        instance.windowOpen = false;
        if (!hasWork(instance.current)) this.#ready.add(instance);
        break;
      }
      default:
        kind satisfies never;
    }
  }

  #onArrival(state: TokenTask): void {
    const instance = leastOutstanding(this.#byModel.get(state.task.model)!);
    state.instance = instance.index;
    this.#log('TASK_ARRIVAL', instance, state);
    if (!instance.memory.canEverHold(state)) {
      const { total } = instance.memory.pool;
      instance.reject(state, `a prompt of ${state.task.prefillTokens} tokens never fits ${total} KV blocks`);
      return;
    }
    state.stage = 'waiting';
    instance.track(state);
    instance.scheduler.enqueue(state);
    instance.scheduler.onArrival?.(state, this.#now);
    if (instance.current !== null) return;
    if (this.#config.arrivalWindow === 0) this.#ready.add(instance);
    else if (!instance.windowOpen) {
      instance.windowOpen = true;
      this.#queue.push(this.#now + this.#config.arrivalWindow, RANK.SCHEDULE, instance.index);
    }
  }

  #onPrefillStart(state: TokenTask): void {
    if (Number.isNaN(state.start)) state.start = this.#now;
    this.#log('PREFILL_START', this.#instanceOf(state), state);
  }

  #onPrefillChunk(state: TokenTask): void {
    const instance = this.#instanceOf(state);
    this.#log('PREFILL_TOKEN', instance, state, state.chunk);
    this.#advancePrefill(state, instance);
    this.#boundary(instance);
  }

  #onPrefillComplete(state: TokenTask): void {
    const instance = this.#instanceOf(state);
    this.#log('PREFILL_COMPLETE', instance, state, state.chunk);
    if (state.task.decodeTokens > 0) state.generated++;
    if (Number.isNaN(state.firstToken)) state.firstToken = this.#now;
    this.#advancePrefill(state, instance);
    instance.scheduler.onPrefillComplete?.(state, this.#now);
    if (state.generated >= state.task.decodeTokens) this.#queue.push(this.#now, RANK.TASK_COMPLETE, state.index);
    else this.#queue.push(this.#now, RANK.DECODE_START, state.index);
    this.#boundary(instance);
  }

  #onDecodeStart(state: TokenTask): void {
    const instance = this.#instanceOf(state);
    if (Number.isNaN(state.start)) state.start = this.#now;
    if (Number.isNaN(state.decodeStart)) state.decodeStart = this.#now;
    state.stage = 'decode';
    this.#log('DECODE_START', instance, state);
    instance.scheduler.onDecodeReady?.(state, this.#now);
  }

  #onDecodeStep(kind: 'DECODE_TOKEN' | 'BATCH_DECODE', instance: TokenInstance): void {
    const { decode } = instance.current!;
    this.#log(kind, instance, decode.length === 1 ? decode[0] : undefined, decode.length);
    for (const state of decode) {
      state.generated++;
      if (Number.isNaN(state.firstToken)) state.firstToken = this.#now;
      instance.track(state);
      if (state.generated >= state.task.decodeTokens) this.#queue.push(this.#now, RANK.TASK_COMPLETE, state.index);
    }
    this.#boundary(instance);
  }

  #onComplete(state: TokenTask): void {
    const instance = this.#instanceOf(state);
    state.stage = 'done';
    state.completion = this.#now;
    if (Number.isNaN(state.start)) state.start = this.#now;
    instance.memory.release(state);
    instance.track(state);
    this.#log('TASK_COMPLETE', instance, state);
    instance.scheduler.onComplete?.(state, this.#now);
  }

  #advancePrefill(state: TokenTask, instance: TokenInstance): void {
    state.computed += state.chunk;
    state.chunk = 0;
    instance.memory.publish(state);
    instance.track(state);
  }

  /** The instance has reached the end of its iteration; it plans again once this instant is over. */
  #boundary(instance: TokenInstance): void {
    this.#ready.add(instance);
  }

  #schedule(instance: TokenInstance): void {
    instance.finish(this.#now);
    const iteration = instance.plan();
    if (iteration === null) return;
    instance.current = iteration;
    const end = this.#now + iteration.seconds;
    this.#announce(iteration, instance, end);
    if (this.#options.logIterations === true) this.#iterations.push(iterationRow(instance, iteration, this.#now, end));
    this.#options.onIteration?.(instance, iteration, this.#now);
  }

  #announce(iteration: Iteration, instance: TokenInstance, end: number): void {
    for (const state of iteration.admitted) {
      if (state.stage === 'prefill') this.#queue.push(this.#now, RANK.PREFILL_START, state.index);
      else if (state.generated < state.task.decodeTokens) this.#queue.push(this.#now, RANK.DECODE_START, state.index);
      else this.#queue.push(this.#now, RANK.TASK_COMPLETE, state.index);
    }
    for (const state of iteration.prefill) {
      const last = state.computed + state.chunk >= state.prefillLength;
      this.#queue.push(end, last ? RANK.PREFILL_COMPLETE : RANK.PREFILL_TOKEN, state.index);
    }
    const { decode } = iteration;
    if (decode.length > 0) {
      this.#queue.push(end, decode.length === 1 ? RANK.DECODE_TOKEN : RANK.BATCH_DECODE, instance.index);
    } else if (!hasWork(iteration)) this.#queue.push(end, RANK.SCHEDULE, instance.index);
  }

  #instanceOf(state: TokenTask): TokenInstance {
    return this.#instances[state.instance]!;
  }

  #log(kind: EventKind, instance: TokenInstance, state?: TokenTask, tokens?: number): void {
    if (this.#options.logEvents !== true) return;
    this.#events.push({
      time: this.#now,
      kind,
      instance: instance.index,
      ...(state === undefined ? {} : { task: state.task.id }),
      ...(tokens === undefined ? {} : { tokens }),
    });
  }
}

function placesByArrival(tasks: readonly Task[]): Int32Array {
  const places = new Int32Array(tasks.length);
  const sorted = tasks.map((_, index) => index).sort((a, b) => tasks[a]!.arrival - tasks[b]!.arrival || a - b);
  for (const [place, index] of sorted.entries()) places[index] = place;
  return places;
}

function numberPrefixes(tasks: readonly Task[]): ReadonlyMap<string, number> {
  const ids = new Map<string, number>();
  for (const { prefix } of tasks) if (prefix !== null && !ids.has(prefix)) ids.set(prefix, ids.size);
  return ids;
}

/** False for an idle instance and for a boundary at which only empty tasks came and went. */
function hasWork(iteration: Iteration | null): boolean {
  return iteration !== null && iteration.decode.length + iteration.prefill.length > 0;
}

function leastOutstanding(instances: readonly TokenInstance[]): TokenInstance {
  let best = instances[0]!;
  for (const instance of instances) if (instance.outstanding < best.outstanding) best = instance;
  return best;
}

function iterationRow(instance: TokenInstance, iteration: Iteration, start: number, end: number): IterationRow {
  const { pool } = instance.memory;
  return {
    instance: instance.index,
    start,
    end,
    prefillTokens: iteration.load.prefillTokens,
    decodeBatch: iteration.load.decodeBatch,
    running: instance.running.length,
    waiting: instance.scheduler.length,
    blocksUsed: pool.used,
    blocksCached: pool.cached,
    blocksFree: pool.free,
  };
}
