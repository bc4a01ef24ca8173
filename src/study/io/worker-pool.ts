import { Piscina } from 'piscina';
import { type EvaluationTask, evaluationSetup } from '../evaluation.ts';
import type { Evaluate } from '../run-study.ts';
import type { StudyPlan } from '../study-plan.ts';
import { joinReplicates, type ReplicateOutcome } from '../trial.ts';

/** How often a simulation is tried again after its worker thread died. */
const RETRIES = 1;

export interface WorkerPool {
  readonly evaluate: Evaluate;
  close(): Promise<void>;
}

export interface WorkerPoolOptions {
  readonly workers: number;
  /** Told after each simulation. */
  readonly onSimulation?: (task: EvaluationTask) => void;
}

/** A pool of worker threads that simulates vectors of this plan; one task is one (vector, seed). */
export function openWorkerPool(plan: StudyPlan, options: WorkerPoolOptions): WorkerPool {
  const source = import.meta.url.endsWith('.ts');
  const pool = new Piscina({
    filename: new URL(source ? './evaluate.worker.ts' : './evaluate.worker.js', import.meta.url).href,
    workerData: evaluationSetup(plan),
    minThreads: options.workers,
    maxThreads: options.workers,
    idleTimeout: Number.POSITIVE_INFINITY,
    ...(source ? { execArgv: ['--import', 'tsx'] } : {}),
  });
  pool.on('error', () => undefined);
  const simulate = async (task: EvaluationTask): Promise<ReplicateOutcome> => {
    const outcome = await runWithRetry(pool, task);
    options.onSimulation?.(task);
    return outcome;
  };
  return {
    evaluate: async (values, seeds) =>
      joinReplicates(seeds, await Promise.all(seeds.map((seed) => simulate({ values, seed })))),
    close: () => pool.destroy(),
  };
}

async function runWithRetry(pool: Piscina, task: EvaluationTask): Promise<ReplicateOutcome> {
  for (let attempt = 0; ; attempt++) {
    try {
      return (await pool.run(task)) as ReplicateOutcome;
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      if (attempt >= RETRIES) return { kind: 'failed', message: `the worker thread died: ${message}` };
    }
  }
}
