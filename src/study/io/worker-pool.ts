import { availableParallelism } from 'node:os';
import { Piscina } from 'piscina';
import type { EvaluationSetup } from '../evaluation.ts';
import { DEFAULT_LIMITS, type EvaluationLimits, limitReasons } from '../evaluation-limits.ts';
import type { Evaluator, SetupTask } from '../evaluator.ts';
import type { ReplicateOutcome } from '../trial.ts';
import { isOwnPolicy } from './load-policy.ts';
import { ProcessPool } from './process-pool.ts';
import { openRepeats } from './repeat-check.ts';
import { workerThread } from './worker-thread.ts';

/** How often a simulation is tried again after its worker thread died. */
const RETRIES = 1;

/** A thread loads its modules in a second on a busy machine; evaluations are timed from then on. */
const LONGEST_LOADING_MS = 120_000;
/** Timers take no more. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Worker threads where nobody says how many. */
export function defaultWorkers(): number {
  return Math.max(1, availableParallelism());
}

/**
 * Simulates any of `setups`; one task is one (setup, vector, seed). Policy modules of users run in processes of their own, and
 * some of their evaluations are repeated; those of this program are tested with it.
 */
export function openSimulationPool(setups: readonly EvaluationSetup[], workers: number): Evaluator {
  if (setups.every(({ policies }) => policies.every(isOwnPolicy))) return openThreads(setups, workers);
  const pool = new ProcessPool(setups, workers);
  const repeats = openRepeats(setups, () => new ProcessPool(setups, 1));
  return {
    evaluate: async (task) => await repeats.checked(task, await pool.evaluate(task)),
    close: async () => {
      await Promise.all([pool.close(), repeats.close()]);
    },
  };
}

/** Worker threads of this process. */
export function openThreads(setups: readonly EvaluationSetup[], workers: number): Evaluator {
  return new SimulationPool(setups, workers);
}

/** What a thread is asked. */
export interface PoolTask extends SetupTask {
  readonly id: number;
}

/** What a thread says before its answer. */
export type PoolWord =
  | { readonly id: number; readonly begins: 'loading' | 'evaluation' }
  /** The thread ends itself, and this is why. */
  | { readonly id: number; readonly ends: string };

class SimulationPool implements Evaluator {
  readonly #pool: Piscina;
  readonly #limits: EvaluationLimits;
  /** Ends a task in so many ms, by its id. */
  readonly #endings = new Map<number, (ms: number) => void>();
  /** Why threads ended themselves, by the id of the task. */
  readonly #reasons = new Map<number, string>();
  #tasks = 0;

  constructor(setups: readonly EvaluationSetup[], workers: number) {
    this.#limits = setups[0]!.limits ?? DEFAULT_LIMITS;
    this.#pool = new Piscina({
      ...workerThread(import.meta.url, 'evaluate.worker'),
      workerData: setups,
      minThreads: workers,
      maxThreads: workers,
      idleTimeout: Number.POSITIVE_INFINITY,
      resourceLimits: { maxOldGenerationSizeMb: this.#limits.memoryMib },
    });
    this.#pool.on('error', () => undefined);
    this.#pool.on('message', (word: PoolWord) => {
      if ('ends' in word) this.#reasons.set(word.id, word.ends);
      else this.#endings.get(word.id)?.(word.begins === 'loading' ? LONGEST_LOADING_MS : this.#limits.seconds * 1000);
    });
  }

  async evaluate(task: SetupTask): Promise<ReplicateOutcome> {
    for (let attempt = 0; ; attempt++) {
      const outcome = await this.#attempt(task);
      if (!(outcome instanceof Error)) return outcome;
      if (attempt >= RETRIES) return { kind: 'failed', message: `the worker thread died: ${outcome.message}` };
    }
  }

  async close(): Promise<void> {
    await this.#pool.destroy();
  }

  /** The outcome; an Error where the thread died. */
  async #attempt(task: SetupTask): Promise<ReplicateOutcome | Error> {
    const id = this.#tasks++;
    const end = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    this.#endings.set(id, (ms) => {
      clearTimeout(timer);
      timer = setTimeout(() => end.abort(), Math.min(ms, LONGEST_TIMER_MS));
    });
    try {
      return (await this.#pool.run({ ...task, id } satisfies PoolTask, { signal: end.signal })) as ReplicateOutcome;
    } catch (error) {
      const reason = this.#reasons.get(id);
      if (reason !== undefined) return { kind: 'failed', message: reason };
      if (end.signal.aborted) return { kind: 'failed', message: limitReasons.time(this.#limits) };
      if ((error as NodeJS.ErrnoException).code === 'ERR_WORKER_OUT_OF_MEMORY') {
        return { kind: 'failed', message: limitReasons.memory(this.#limits) };
      }
      return error instanceof Error ? error : new Error(String(error));
    } finally {
      clearTimeout(timer);
      this.#endings.delete(id);
      this.#reasons.delete(id);
    }
  }
}
