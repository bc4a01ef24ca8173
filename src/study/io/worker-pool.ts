import { availableParallelism } from 'node:os';
import { Piscina } from 'piscina';
import { type EvaluationSetup, evaluationSetups } from '../evaluation.ts';
import type { StudyPlan } from '../plan/study-plan.ts';
import { regimeEvaluate } from '../regimes/evaluate-regimes.ts';
import { type Evaluate, joinReplicates, type ReplicateOutcome } from '../trial.ts';
import type { WorkerTask } from './evaluate.worker.ts';
import { workerThread } from './worker-thread.ts';

/** How often a simulation is tried again after its worker thread died. */
const RETRIES = 1;

/** Worker threads where nobody says how many. */
export function defaultWorkers(): number {
  return Math.max(1, availableParallelism());
}

export interface SimulationPool {
  /** Never rejects: a dead worker thread is a failed outcome. */
  simulate(task: WorkerTask): Promise<ReplicateOutcome>;
  close(): Promise<void>;
}

/** Worker threads that simulate any of `setups`; one task is one (setup, vector, seed). */
export function openSimulationPool(setups: readonly EvaluationSetup[], workers: number): SimulationPool {
  const pool = new Piscina({
    ...workerThread(import.meta.url, 'evaluate.worker'),
    workerData: setups,
    minThreads: workers,
    maxThreads: workers,
    idleTimeout: Number.POSITIVE_INFINITY,
  });
  pool.on('error', () => undefined);
  return { simulate: (task) => runWithRetry(pool, task), close: () => pool.destroy() };
}

export interface WorkerPool {
  readonly evaluate: Evaluate;
  close(): Promise<void>;
}

/** A pool for the vectors of one study. */
export function openWorkerPool(plan: StudyPlan, options: { readonly workers: number }): WorkerPool {
  const pool = openSimulationPool(evaluationSetups(plan), options.workers);
  if (plan.regimes !== undefined) {
    return {
      evaluate: regimeEvaluate(plan.regimes, plan.metrics, plan.baseline, pool.simulate),
      close: pool.close,
    };
  }
  return {
    evaluate: async (values, seeds, fidelity = 1) => {
      const tasks = seeds.map((seed) => pool.simulate({ setup: 0, values, seed, fidelity }));
      return joinReplicates(seeds, await Promise.all(tasks));
    },
    close: pool.close,
  };
}

async function runWithRetry(pool: Piscina, task: WorkerTask): Promise<ReplicateOutcome> {
  for (let attempt = 0; ; attempt++) {
    try {
      return (await pool.run(task)) as ReplicateOutcome;
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      if (attempt >= RETRIES) return { kind: 'failed', message: `the worker thread died: ${message}` };
    }
  }
}
