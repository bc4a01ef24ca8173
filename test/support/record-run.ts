import { readFileSync } from 'node:fs';
import { createSampler } from '../../src/optimizer/sampler/registry.ts';
import { JournalFile } from '../../src/study/io/journal-file.ts';
import { createRunFolder } from '../../src/study/io/run-folder.ts';
import { planOf, startedEntry } from '../../src/study/io/study-session.ts';
import type { JournalEntry } from '../../src/study/journal.ts';
import type { StudyPlan } from '../../src/study/plan/study-plan.ts';
import { samplerName } from '../../src/study/propose.ts';
import { runStudy } from '../../src/study/run-study.ts';
import type { Evaluate, Metrics } from '../../src/study/trial.ts';
import { sourcesOf, type Texts } from './plan-builder.ts';

/** A study of the shipped kvsched scenario with parameters `a` and `b`. */
export const KV_STRATEGY =
  'name: kv\nsimulator: kvsched\nconfig: {scheduler: kv_heuristic, weights: {w_queue: "${a}", w_migration_ms: "${b}"}}\nbaseline: {a: 1, b: 1}\n';
export const KV_SPACE = 'parameters: {a: [0.1, 10], b: [0.1, 10]}\n';
export const KV_WORKLOAD = readFileSync(
  new URL('../../studies/kvsched/scenarios/S2_edge_cloud.yaml', import.meta.url),
  'utf8',
);

/** Figures of a vector on a seed, in place of a simulation; metrics that it does not name are 1. */
export type ClosedForm = (values: Readonly<Record<string, number>>, seed: number) => Metrics;

export function closedFormEvaluate({ metrics }: StudyPlan, form: ClosedForm): Evaluate {
  return async (values, seeds) => ({
    kind: 'observed',
    replicates: seeds.map((seed) => {
      const own = form(values as Readonly<Record<string, number>>, seed);
      return { seed, metrics: Object.fromEntries(metrics.map(({ name }) => [name, own[name] ?? 1])) };
    }),
  });
}

/** A study whose journal grows when it is told to. */
export interface GrowingRun {
  readonly plan: StudyPlan;
  /** Appends so many finished trials, as a running study does; all that is left where there are no more. */
  goOn(trials: number): void;
  close(): void;
}

/** Computes a study to its end with figures of a closed form, and records its beginning as the program does. */
export async function growingRun(folder: string, texts: Texts, form: ClosedForm): Promise<GrowingRun> {
  const sources = sourcesOf({ strategy: KV_STRATEGY, space: KV_SPACE, workload: KV_WORKLOAD, ...texts });
  const plan = await planOf(sources);
  const started = startedEntry(plan);
  createRunFolder(folder, sources, plan, started);
  const sampler = createSampler(samplerName(plan));
  const entries: JournalEntry[] = [];
  const run = { plan, sampler, evaluate: closedFormEvaluate(plan, form), started, entries: [started] };
  for await (const entry of runStudy(run)) entries.push(entry);
  const journal = new JournalFile(folder);
  return {
    plan,
    goOn: (trials) => {
      for (let finished = 0; entries.length > 0 && finished < trials; ) {
        const entry = entries.shift()!;
        journal.append(entry);
        if (entry.kind === 'trial-finished') finished++;
      }
    },
    close: () => journal.close(),
  };
}

/** The same, recorded to its end. */
export async function recordRun(folder: string, texts: Texts, form: ClosedForm): Promise<void> {
  const run = await growingRun(folder, texts, form);
  run.goOn(Number.POSITIVE_INFINITY);
  run.close();
}
