import { Piscina } from 'piscina';
import { workerThread } from '../../study/io/worker-thread.ts';
import type { Render } from './figures.ts';
import type { ScenarioFile } from './scenario-file.ts';
import type { RunOutcome, RunTask } from './task.ts';

export interface BatchPool {
  simulate(file: ScenarioFile, task: RunTask): Promise<RunOutcome>;
  readonly render: Render;
  close(): Promise<void>;
}

/** Worker threads for the simulations and figures of one batch. */
export function openBatchPool(files: readonly ScenarioFile[], workers: number): BatchPool {
  const pool = new Piscina({
    ...workerThread(import.meta.url, 'batch.worker'),
    workerData: files.map(({ scenario }) => scenario),
    minThreads: 1,
    maxThreads: workers,
    idleTimeout: Number.POSITIVE_INFINITY,
  });
  return {
    simulate: async (_file, task) => (await pool.run(task)) as RunOutcome,
    render: async (spec) => (await pool.run(spec, { name: 'render' })) as Awaited<ReturnType<Render>>,
    close: () => pool.destroy(),
  };
}
