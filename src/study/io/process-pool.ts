import type { EvaluationSetup } from '../evaluation.ts';
import { DEFAULT_LIMITS, limitReasons } from '../evaluation-limits.ts';
import type { Evaluator, SetupTask } from '../evaluator.ts';
import type { ReplicateOutcome } from '../trial.ts';
import { AnsweringProcess, ProcessDeath } from './answering-process.ts';
import { workerThread } from './worker-thread.ts';

/** What a process that evaluates is asked: first to begin, then tasks. */
export type EvaluationQuestion =
  | { readonly kind: 'begin'; readonly setups: readonly EvaluationSetup[] }
  | { readonly kind: 'evaluate'; readonly task: SetupTask };

/** How often a simulation is tried again after its process died for no known reason. */
const RETRIES = 1;

/**
 * Processes that simulate, with one worker thread each: for code that is not of this program. A thread that asks for far more
 * memory at once than it may have takes its whole process down, before anything can end the thread alone.
 */
export class ProcessPool implements Evaluator {
  readonly #setups: readonly EvaluationSetup[];
  readonly #most: number;
  readonly #running = new Set<AnsweringProcess>();
  readonly #idle: AnsweringProcess[] = [];
  /** Evaluations that wait for a process. */
  readonly #waiting: (() => void)[] = [];
  #isClosed = false;

  constructor(setups: readonly EvaluationSetup[], workers: number) {
    this.#setups = setups;
    this.#most = workers;
  }

  async evaluate(task: SetupTask): Promise<ReplicateOutcome> {
    for (let attempt = 0; ; attempt++) {
      const outcome = await this.#attempt(task);
      if (!(outcome instanceof ProcessDeath)) return outcome;
      if (outcome.outOfMemory) {
        return { kind: 'failed', message: limitReasons.memory(this.#setups[task.setup]!.limits ?? DEFAULT_LIMITS) };
      }
      if (attempt >= RETRIES || this.#isClosed) {
        return { kind: 'failed', message: `the worker process died: ${outcome.message}` };
      }
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#running].map((one) => one.close()));
    for (const go of this.#waiting.splice(0)) go();
  }

  async #attempt(task: SetupTask): Promise<ReplicateOutcome | ProcessDeath> {
    while (this.#idle.length === 0 && this.#running.size >= this.#most && !this.#isClosed) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    if (this.#isClosed) return new ProcessDeath('it was ended', false);
    const chosen = this.#idle.pop() ?? this.#start();
    try {
      const asked = chosen.ask({ kind: 'evaluate', task } satisfies EvaluationQuestion);
      const outcome = (await asked) as ReplicateOutcome;
      if (this.#endedThread(task, outcome)) await this.#retire(chosen);
      else this.#idle.push(chosen);
      return outcome;
    } catch (error) {
      this.#running.delete(chosen);
      if (error instanceof ProcessDeath) return error;
      throw error;
    } finally {
      this.#waiting.shift()?.();
    }
  }

  /** A thread that was ended may still be at its end, and take the process down while the next task runs. */
  #endedThread({ setup }: SetupTask, outcome: ReplicateOutcome): boolean {
    const limits = this.#setups[setup]!.limits ?? DEFAULT_LIMITS;
    return (
      outcome.kind === 'failed' && [limitReasons.time(limits), limitReasons.memory(limits)].includes(outcome.message)
    );
  }

  async #retire(chosen: AnsweringProcess): Promise<void> {
    this.#running.delete(chosen);
    await chosen.close();
  }

  #start(): AnsweringProcess {
    const started = new AnsweringProcess(workerThread(import.meta.url, 'evaluate.process'));
    this.#running.add(started);
    started.ask({ kind: 'begin', setups: this.#setups } satisfies EvaluationQuestion).catch(() => undefined);
    return started;
  }
}
