import { InputError } from '../../base/errors.ts';
import { shortText } from '../../base/short-text.ts';
import type { SchedulerFactory, TokenScheduler } from './token-scheduler.ts';
import type { TokenTask } from './token-task.ts';

/** What hooks see of a task. Times in seconds. */
export interface TaskView {
  readonly id: string;
  readonly model: string;
  readonly weight: number;
  readonly arrival: number;
  readonly prompt: number;
  /** Tokens that it will produce in all. */
  readonly output: number;
  /** Prompt tokens computed, and output tokens produced so far. */
  readonly computed: number;
  readonly generated: number;
  readonly preemptions: number;
}

/**
 * A scheduler of the user's own, one for each instance; what it leaves out is first come, first served. Hooks must be
 * functions of what they are given and have seen, or runs do not repeat.
 */
export interface SchedulerHooks {
  /** Place in `waiting` (in order of arrival) of the task that goes next. */
  selectNext?(waiting: readonly TaskView[]): number;
  /** Running tasks in the order in which they are served: ids. Without memory the last is preempted. */
  order?(running: readonly TaskView[]): readonly string[];
  /** Whether `waiting` deserves the place of `running` (settings: preempt). */
  displaces?(waiting: TaskView, running: TaskView): boolean;
  onArrival?(task: TaskView, time: number): void;
  onPrefillComplete?(task: TaskView, time: number): void;
  onDecodeReady?(task: TaskView, time: number): void;
  onComplete?(task: TaskView, time: number): void;
}

const HOOKS = [
  'selectNext',
  'order',
  'displaces',
  'onArrival',
  'onPrefillComplete',
  'onDecodeReady',
  'onComplete',
] as const satisfies readonly (keyof SchedulerHooks)[];

/**
 * Schedulers made by what a module exports: a function that answers hooks, called once for each instance.
 * @throws InputError naming the module, when it is called
 */
export function hookedSchedulers(create: unknown, file: string): SchedulerFactory {
  const position = { file };
  if (typeof create !== 'function') {
    throw new InputError('the default export must be a function that returns the hooks of a scheduler', { position });
  }
  return () => {
    const hooks = checkedHooks(
      guarded('the default export', file, () => Reflect.apply(create, undefined, [])),
      file,
    );
    return new HookedScheduler(hooks, (rule, got) => {
      throw new InputError(`${rule}, got ${shortText(String(got))}`, { position });
    });
  };
}

function checkedHooks(made: unknown, file: string): SchedulerHooks {
  const position = { file };
  if (typeof made !== 'object' || made === null) {
    throw new InputError('the default export must return an object of hooks', { position });
  }
  const entries = Object.entries(made).map(([name, hook]) => {
    if (!HOOKS.some((one) => one === name)) {
      const suggestion = `hooks: ${HOOKS.join(', ')}`;
      throw new InputError(`${shortText(name)} is no hook of a scheduler`, { position, suggestion });
    }
    if (typeof hook !== 'function') throw new InputError(`the hook ${name} must be a function`, { position });
    return [
      name,
      (...values: unknown[]) => guarded(`the hook ${name}`, file, () => Reflect.apply(hook, made, values)),
    ] as const;
  });
  return Object.fromEntries(entries) as SchedulerHooks;
}

/** What a module throws is told in one line. */
function guarded<T>(what: string, file: string, body: () => T): T {
  try {
    return body();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new InputError(`${what} throws: ${reason.split('\n')[0]}`, { position: { file } });
  }
}

type Refuse = (rule: string, got: unknown) => never;

class HookedScheduler implements TokenScheduler {
  readonly #hooks: SchedulerHooks;
  readonly #refuse: Refuse;
  /** In order of arrival. */
  readonly #waiting: TokenTask[] = [];
  /** What `selectNext` chose, until the queue changes. */
  #chosen: TokenTask | null = null;

  constructor(hooks: SchedulerHooks, refuse: Refuse) {
    this.#hooks = hooks;
    this.#refuse = refuse;
  }

  get length(): number {
    return this.#waiting.length;
  }

  enqueue(task: TokenTask): void {
    const at = this.#waiting.findIndex(({ place }) => place > task.place);
    this.#waiting.splice(at < 0 ? this.#waiting.length : at, 0, task);
    this.#chosen = null;
  }

  selectNext(): TokenTask | null {
    if (this.#waiting.length === 0) return null;
    this.#chosen ??= this.#choose();
    return this.#chosen;
  }

  dequeue(): TokenTask {
    const task = this.selectNext()!;
    this.#waiting.splice(this.#waiting.indexOf(task), 1);
    this.#chosen = null;
    return task;
  }

  order(batch: TokenTask[]): void {
    if (this.#hooks.order === undefined) {
      batch.sort((a, b) => a.place - b.place);
      return;
    }
    const ids = this.#hooks.order(batch.map(viewOf));
    const sorted = Array.isArray(ids) ? ids.map((id) => batch.find(({ task }) => task.id === id)) : [];
    if (new Set(sorted).size !== batch.length || sorted.includes(undefined) || sorted.length !== batch.length) {
      this.#refuse('the hook order must return the ids of all running tasks, each once', ids);
    }
    batch.splice(0, batch.length, ...(sorted as TokenTask[]));
  }

  displaces(waiting: TokenTask, running: TokenTask): boolean {
    return this.#hooks.displaces?.(viewOf(waiting), viewOf(running)) === true;
  }

  onArrival(task: TokenTask, time: number): void {
    this.#hooks.onArrival?.(viewOf(task), time);
  }

  onPrefillComplete(task: TokenTask, time: number): void {
    this.#hooks.onPrefillComplete?.(viewOf(task), time);
  }

  onDecodeReady(task: TokenTask, time: number): void {
    this.#hooks.onDecodeReady?.(viewOf(task), time);
  }

  onComplete(task: TokenTask, time: number): void {
    this.#hooks.onComplete?.(viewOf(task), time);
  }

  #choose(): TokenTask {
    if (this.#hooks.selectNext === undefined) return this.#waiting[0]!;
    const place = this.#hooks.selectNext(this.#waiting.map(viewOf));
    const chosen = Number.isInteger(place) ? this.#waiting[place] : undefined;
    return (
      chosen ?? this.#refuse(`the hook selectNext must return a place from 0 to ${this.#waiting.length - 1}`, place)
    );
  }
}

function viewOf({ task, computed, generated, preemptions }: TokenTask): TaskView {
  return Object.freeze({
    ...{ id: task.id, model: task.model, weight: task.weight, arrival: task.arrival },
    ...{ prompt: task.prefillTokens, output: task.decodeTokens, computed, generated, preemptions },
  });
}
