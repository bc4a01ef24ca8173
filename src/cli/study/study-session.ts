import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { InputError } from '../../base/errors.ts';
import { createSampler } from '../../optimizer/sampler/registry.ts';
import { createSimulator } from '../../simulators/registry.ts';
import { paretoFront } from '../../study/front.ts';
import { JournalFile, readJournal } from '../../study/io/journal-file.ts';
import { loadPolicies } from '../../study/io/load-policy.ts';
import { readPlanFile, readStarted, writePlanFile } from '../../study/io/plan-file.ts';
import { openWorkerPool, type WorkerPool } from '../../study/io/worker-pool.ts';
import { JOURNAL_FORMAT, type JournalEntry, replay, type StudyState } from '../../study/journal.ts';
import { mean, metricValues } from '../../study/objective.ts';
import { type PlanSources, resolvePlan, type StudyPlan } from '../../study/plan/study-plan.ts';
import { samplerName } from '../../study/propose.ts';
import { runStudy } from '../../study/run-study.ts';
import { packageVersion } from '../terminal/package-version.ts';
import { Progress } from '../terminal/progress.ts';

export interface SessionOptions {
  readonly workers: number;
  readonly quiet: boolean;
}

export interface RecordedStudy {
  readonly sources: PlanSources;
  readonly plan: StudyPlan;
  readonly entries: readonly JournalEntry[];
  readonly state: StudyState;
}

/** Wall times live apart from the journal, which must not depend on them. */
const TIMINGS_FILE = 'timings.jsonl';

export async function planOf(sources: PlanSources): Promise<StudyPlan> {
  const policies = await loadPolicies(sources.policies.map(({ file }) => file));
  const plan = await resolvePlan(sources, createSimulator, policies);
  placeSampler(sources, plan);
  return plan;
}

function placeSampler(sources: PlanSources, plan: StudyPlan): void {
  try {
    createSampler(samplerName(plan));
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new InputError(error.message, {
      path: ['sampler'],
      position: sources.study.locate(['sampler']),
      ...(error.suggestion === undefined ? {} : { suggestion: error.suggestion }),
    });
  }
}

/** Reads a run folder. @throws InputError when it holds no run, or a damaged one */
export async function openRecorded(folder: string): Promise<RecordedStudy> {
  const sources = readPlanFile(folder);
  const plan = await planOf(sources);
  const { entries } = readJournal(folder);
  const started = entries[0];
  if (started?.kind === 'study-started' && started.plan !== plan.hash) {
    throw new InputError('the journal belongs to another plan', {
      position: { file: join(folder, 'journal.jsonl'), line: 1 },
      path: ['plan'],
      suggestion: 'the plan was changed after the run, or written by another version of paretune',
    });
  }
  return { sources, plan, entries, state: replay(entries) };
}

/** Starts a new run folder. */
export function createRunFolder(folder: string, sources: PlanSources, plan: StudyPlan): void {
  mkdirSync(folder, { recursive: true });
  if (readJournal(folder).entries.length > 0) {
    throw new InputError('already holds a run', {
      position: { file: folder },
      suggestion: `go on with \`paretune resume ${folder}\`, or choose another --out`,
    });
  }
  writePlanFile(folder, sources, plan, {
    kind: 'study-started',
    format: JOURNAL_FORMAT,
    plan: plan.hash,
    name: plan.name,
    tool: packageVersion(),
    node: Number(process.versions.node.split('.')[0]),
  });
}

/** Runs or goes on with the study recorded in `folder` until it ends or is interrupted. */
export async function continueStudy(
  folder: string,
  plan: StudyPlan,
  options: SessionOptions,
): Promise<StudyState | 'interrupted'> {
  const content = readJournal(folder);
  if (content.torn) process.stderr.write('paretune: dropped the last journal line, which a crash had torn\n');
  const journal = new JournalFile(folder, content.completeBytes);
  const pool = openWorkerPool(plan, { workers: options.workers });
  let interrupted = false;
  const stop = (): void => {
    interrupted = true;
    void pool.close();
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  try {
    return await follow(folder, plan, journal, pool, content.entries, options, () => interrupted);
  } finally {
    process.removeListener('SIGINT', stop);
    process.removeListener('SIGTERM', stop);
    journal.close();
    await pool.close();
  }
}

async function follow(
  folder: string,
  plan: StudyPlan,
  journal: JournalFile,
  pool: WorkerPool,
  entries: readonly JournalEntry[],
  options: SessionOptions,
  isInterrupted: () => boolean,
): Promise<StudyState | 'interrupted'> {
  const progress = new Progress('trials', plan.trials, options.quiet);
  const started = readStarted(folder);
  const sampler = createSampler(samplerName(plan));
  const all = [...entries];
  let lastAt = performance.now();
  let done = 0;
  for await (const entry of runStudy({ plan, sampler, evaluate: pool.evaluate, started, entries })) {
    if (isInterrupted()) return 'interrupted';
    journal.append(entry);
    all.push(entry);
    if (entry.kind !== 'trial-finished') continue;
    const now = performance.now();
    appendFileSync(
      join(folder, TIMINGS_FILE),
      `${JSON.stringify({ trial: entry.trial, wall_ms: Math.round(now - lastAt) })}\n`,
    );
    lastAt = now;
    done = entry.trial + 1;
    progress.update(done, bestNote(plan, replay(all)));
  }
  progress.end();
  return isInterrupted() ? 'interrupted' : replay(all);
}

/** Best feasible value so far of each objective. */
function bestNote(plan: StudyPlan, state: StudyState): string {
  const front = paretoFront(plan, state.trials);
  if (front.length === 0) return 'nothing feasible yet';
  const parts = plan.objectives.map(({ metric, direction }) => {
    const values = front.map(({ outcome }) =>
      outcome?.kind === 'observed' ? mean(metricValues(outcome.replicates, metric)) : Number.NaN,
    );
    const best = direction === 'minimize' ? Math.min(...values) : Math.max(...values);
    return `${metric} ${Number(best.toPrecision(5))}`;
  });
  return `best ${parts.join(', ')}`;
}
