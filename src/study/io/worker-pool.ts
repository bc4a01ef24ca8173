import { availableParallelism } from 'node:os';
import { Piscina } from 'piscina';
import type { EvaluationSetup } from '../evaluation.ts';
import type { Evaluator, SetupTask } from '../evaluator.ts';
import type { ReplicateOutcome } from '../trial.ts';
import { workerThread } from './worker-thread.ts';

/** How often a simulation is tried again after its worker thread died. */
const RETRIES = 1;

/** Worker threads where nobody says how many. */
export function defaultWorkers(): number {
  return Math.max(1, availableParallelism());
}

/** Worker threads that simulate any of `setups`; one task is one (setup, vector, seed). */
export function openSimulationPool(setups: readonly EvaluationSetup[], workers: number): Evaluator {
  const pool = new Piscina({
    ...workerThread(import.meta.url, 'evaluate.worker'),
    workerData: setups,
    minThreads: workers,
    maxThreads: workers,
    idleTimeout: Number.POSITIVE_INFINITY,
  });
  pool.on('error', () => undefined);
  return { evaluate: (task) => runWithRetry(pool, task), close: () => pool.destroy() };
}

async function runWithRetry(pool: Piscina, task: SetupTask): Promise<ReplicateOutcome> {
  for (let attempt = 0; ; attempt++) {
    try {
      return (await pool.run(task)) as ReplicateOutcome;
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      if (attempt >= RETRIES) return { kind: 'failed', message: `the worker thread died: ${message}` };
    }
  }
}
