import { EventQueue } from '../kernel/event-queue.ts';
import { displaces, type Ordering, priority } from './ordering.ts';
import type { StepModel } from './step-model.ts';
import { orderView, type TokenTask } from './token-task.ts';

/**
 * Decides the order inside one instance. The engine calls the queue methods; the `on…` hooks tell a scheduler of its
 * own what happens and may be left out.
 */
export interface TokenScheduler {
  /** Tasks waiting. */
  readonly length: number;
  /** A task arrived or came back after a preemption. */
  enqueue(task: TokenTask): void;
  /** The waiting task that goes first, or null. */
  selectNext(): TokenTask | null;
  /** Takes that task out of the queue. */
  dequeue(): TokenTask;
  /** Sorts running tasks, first served first. */
  order(batch: TokenTask[]): void;
  /** Whether `waiting` deserves the place of `running` at a token boundary. */
  displaces(waiting: TokenTask, running: TokenTask): boolean;
  onArrival?(task: TokenTask, time: number): void;
  onPrefillComplete?(task: TokenTask, time: number): void;
  onDecodeReady?(task: TokenTask, time: number): void;
  onComplete?(task: TokenTask, time: number): void;
}

export type SchedulerFactory = (context: {
  readonly tasks: readonly TokenTask[];
  readonly model: StepModel;
}) => TokenScheduler;

/** The schedulers of the named orderings and the score family. */
export function orderedScheduler(ordering: Ordering, margin: number): SchedulerFactory {
  return ({ tasks, model }) => new OrderedScheduler(ordering, margin, tasks, model);
}

class OrderedScheduler implements TokenScheduler {
  readonly #ordering: Ordering;
  readonly #margin: number;
  readonly #tasks: readonly TokenTask[];
  readonly #model: StepModel;
  /** Keyed by −priority and arrival order; a waiting task's priority never changes. */
  readonly #waiting = new EventQueue();

  constructor(ordering: Ordering, margin: number, tasks: readonly TokenTask[], model: StepModel) {
    this.#ordering = ordering;
    this.#margin = margin;
    this.#tasks = tasks;
    this.#model = model;
  }

  get length(): number {
    return this.#waiting.length;
  }

  enqueue(task: TokenTask): void {
    this.#waiting.push(-this.#priority(task), task.place, task.index);
  }

  selectNext(): TokenTask | null {
    return this.#waiting.length === 0 ? null : this.#tasks[this.#waiting.peek()]!;
  }

  dequeue(): TokenTask {
    return this.#tasks[this.#waiting.pop()]!;
  }

  order(batch: TokenTask[]): void {
    const keys = new Map(batch.map((task) => [task, this.#priority(task)]));
    batch.sort((a, b) => {
      const [x, y] = [keys.get(a)!, keys.get(b)!];
      return x === y ? a.place - b.place : y > x ? 1 : -1;
    });
  }

  displaces(waiting: TokenTask, running: TokenTask): boolean {
    return displaces(this.#ordering, orderView(waiting, this.#model), orderView(running, this.#model), this.#margin);
  }

  #priority(task: TokenTask): number {
    return priority(this.#ordering, orderView(task, this.#model));
  }
}
