import { InputError } from '../../base/errors.ts';
import { EventQueue } from '../kernel/event-queue.ts';
import { memoryProblem, placeInstances } from './placement.ts';
import type { InstanceHardware } from './step-model.ts';
import type { Task } from './task.ts';
import type { TokenConfig } from './token-config.ts';
import { createInstances, groupByModel, leastOutstanding } from './token-fleet.ts';
import type { TokenInstance } from './token-instance.ts';
import { hasWork, type Iteration } from './token-iteration.ts';
import {
  EVENT_KINDS,
  type EventKind,
  type IterationRow,
  iterationRow,
  type LoggedEvent,
  type TokenResult,
  type TokenRunOptions,
} from './token-log.ts';
import { orderedScheduler } from './token-scheduler.ts';
import { newTokenTask, placesByArrival, type TokenTask } from './token-task.ts';

const RANK = Object.fromEntries(EVENT_KINDS.map((kind, rank) => [kind, rank])) as Readonly<Record<EventKind, number>>;

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
  readonly #byModel: ReadonlyMap<string, readonly TokenInstance[]>;
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
    const factory = options.scheduler ?? orderedScheduler(config.ordering, config.preemptMargin);
    this.#instances = createInstances(config, placed, { tasks: this.#tasks, scheduler: factory });
    this.#byModel = groupByModel(this.#instances);
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
    this.#ready.add(instance);
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
    this.#ready.add(instance);
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
    this.#ready.add(instance);
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
