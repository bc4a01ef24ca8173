import { readFileSync } from 'node:fs';
import type { JsonObject } from '../../src/base/json.ts';
import { documentSources } from '../../src/study/io/document-sources.ts';
import { openServed } from '../../src/study/io/open-served.ts';
import type { QueueOptions } from '../../src/study/io/queue/queue-evaluator.ts';
import { type QueueLocation, readQueueLocation } from '../../src/study/io/queue/queue-location.ts';
import { runWorker, type WorkerOptions } from '../../src/study/io/queue/queue-worker.ts';
import { planOf, runInMemory } from '../../src/study/io/study-session.ts';
import { entryText, type JournalEntry } from '../../src/study/journal.ts';
import type { StudyPlan } from '../../src/study/plan/study-plan.ts';

/** A simulated study whose evaluations take a millisecond. */
export async function tinyPlan(name: string, study: JsonObject = {}): Promise<StudyPlan> {
  const sources = documentSources({
    study: {
      name,
      objectives: [{ metric: 'ttft_mean_ms' }],
      seeds: [1, 2],
      budget: { trials: 12 },
      batch: 4,
      sampler: 'sobol',
      ...study,
    },
    strategy: readFileSync('strategies/pd-slo.yaml', 'utf8'),
    space: readFileSync('search-spaces/pd-slo.yaml', 'utf8'),
    workload: { requests: 5 },
  });
  return await planOf(sources);
}

/** A study of a shell line that sees $X, the parameter of a point, and $PARETUNE_SEED. */
export async function commandPlan(name: string, line: string, study: JsonObject = {}): Promise<StudyPlan> {
  const sources = documentSources({
    study: { name, objectives: [{ metric: 'loss' }], seeds: [1], budget: { trials: 4 }, sampler: 'sobol', ...study },
    strategy: {
      name,
      simulator: 'command',
      config: {
        command: line,
        shell: true,
        env: { X: '${x}' },
        concurrency: 8,
        metrics: { loss: { unit: '1', better: 'lower' } },
      },
      parameters: [{ name: 'x', type: 'integer', low: 0, high: 1_000_000 }],
      baseline: { x: 3 },
    },
  });
  return await planOf(sources);
}

export interface Fleet {
  readonly said: readonly string[];
  /** Ends when all workers have ended. */
  stop(): Promise<number>;
}

/** Workers of this process. */
export function startWorkers(
  location: QueueLocation,
  count: number,
  options: Partial<Pick<WorkerOptions, 'threads' | 'drainMs'>> = {},
): Fleet {
  const drain = new AbortController();
  const said: string[] = [];
  const { threads = 1, drainMs = 5_000 } = options;
  const workers = Array.from({ length: count }, () =>
    runWorker({
      location,
      threads,
      open: (setups) => openServed(setups, { workers: threads }),
      say: (line) => said.push(line),
      drain: drain.signal,
      drainMs,
    }),
  );
  for (const worker of workers) worker.catch((error: unknown) => said.push(String(error)));
  return {
    said,
    stop: async () => {
      drain.abort();
      return (await Promise.all(workers)).reduce((sum, done) => sum + done, 0);
    },
  };
}

/** The journal of a study, evaluated here, or on the workers of a queue. */
export async function journalOf(
  plan: StudyPlan,
  options: {
    readonly queue?: QueueOptions;
    readonly signal?: AbortSignal;
    readonly onEntry?: (count: number) => void;
  } = {},
): Promise<string[]> {
  const entries: JournalEntry[] = [];
  const { onEntry, ...session } = options;
  await runInMemory(plan, {
    workers: 2,
    ...session,
    onEntry: (entry) => {
      entries.push(entry);
      onEntry?.(entries.length);
    },
  });
  return entries.map(entryText);
}

export function queueOptions(location: QueueLocation, said: string[] = [], tries = 5): QueueOptions {
  return { location, tries, say: (line) => said.push(line) };
}

export function locationOf(url: string): QueueLocation {
  return readQueueLocation(url);
}
