import { join } from 'node:path';
import { InputError } from '../../base/errors.ts';
import { createSampler } from '../../optimizer/sampler/registry.ts';
import { carryingEvaluate, type KnownReplicates } from '../carried.ts';
import { evaluationSetups } from '../evaluation.ts';
import { entryText, JOURNAL_FORMAT, type JournalEntry, StudyProgress, type StudyState } from '../journal.ts';
import { type PlanSources, placeSimulatorError } from '../plan/plan-sources.ts';
import { probeOf, resolvePlan, type StudyPlan } from '../plan/study-plan.ts';
import { samplerName } from '../propose.ts';
import { runStudy } from '../run-study.ts';
import { isTimeUp } from '../time-budget.ts';
import { createBackend } from './backends.ts';
import { JOURNAL_FILE, JournalFile, readJournal } from './journal-file.ts';
import { type EvaluatorOptions, openStudyEvaluator } from './open-evaluator.ts';
import { packageVersion } from './package-file.ts';
import { readPlanFile, readStarted, type StudyStarted } from './plan-file.ts';
import { checkPolicies } from './policy-check.ts';
import { type PolicyTrust, requireTrusted } from './policy-trust.ts';
import type { QueueOptions } from './queue/queue-evaluator.ts';
import { appendTiming, timedMs } from './timings.ts';

export interface RecordedStudy {
  readonly sources: PlanSources;
  readonly plan: StudyPlan;
  readonly entries: readonly JournalEntry[];
  readonly state: StudyState;
  /** The journal ends in a line that a crash has torn; it is not among the entries. */
  readonly torn: boolean;
}

/**
 * Resolves a study that is to run. Its policy modules are tried in a process of their own: this one loads none.
 * @throws InputError placed in its documents
 */
export async function planOf(sources: PlanSources, trust: PolicyTrust = 'own'): Promise<StudyPlan> {
  requireTrusted(sources.policies, trust);
  const plan = await resolved(sources);
  if (plan.policies.length === 0) return plan;
  try {
    await checkPolicies(evaluationSetups(plan), probeOf(plan));
  } catch (error) {
    throw error instanceof InputError ? placeSimulatorError(sources, error) : error;
  }
  return plan;
}

async function resolved(sources: PlanSources): Promise<StudyPlan> {
  const plan = await resolvePlan(sources, createBackend, sources.policies.length === 0 ? [] : 'not-loaded');
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

/**
 * Reads a run folder. Reading is not running: no policy module is loaded, and it does not matter whether one is there.
 * @throws InputError when the folder holds no run, or a damaged one
 */
export async function readRecorded(folder: string): Promise<RecordedStudy> {
  const sources = readPlanFile(folder);
  return recorded(folder, sources, await resolved(sources));
}

/**
 * Reads a run folder to simulate its points again, with the policy modules as they are today.
 * @throws InputError as `readRecorded`, and when a module must not run or cannot be loaded
 */
export async function openRecorded(folder: string, trust: PolicyTrust = 'own'): Promise<RecordedStudy> {
  const sources = readPlanFile(folder);
  return recorded(folder, sources, await planOf(sources, trust));
}

/** The plan of a run to go on with. `continueStudy` reads the journal again, once it holds the lock. @throws InputError */
export async function planToResume(folder: string, trust: PolicyTrust): Promise<StudyPlan> {
  const sources = readPlanFile(folder);
  readJournal(folder);
  return await planOf(sources, trust);
}

function recorded(folder: string, sources: PlanSources, plan: StudyPlan): RecordedStudy {
  const { entries, state, torn } = readJournal(folder);
  if (entries[0] === undefined) {
    throw new InputError('no trial was recorded here yet: the journal has no complete line', {
      position: { file: join(folder, JOURNAL_FILE) },
      suggestion: `start it with \`paretune resume ${folder}\``,
    });
  }
  requireJournalOf(folder, plan, entries);
  return { sources, plan, entries, state, torn };
}

/** The plan keeps the first entry of its journal. */
function requireJournalOf(folder: string, plan: StudyPlan, [first]: readonly JournalEntry[]): void {
  const started = readStarted(folder);
  const same = first?.kind === 'study-started' && first.plan === plan.hash && entryText(first) === entryText(started);
  if (first === undefined || same) return;
  throw new InputError('the journal belongs to another plan', {
    position: { file: join(folder, JOURNAL_FILE), line: 1 },
    path: ['plan'],
    suggestion: 'the plan was changed after the run, or written by another version of paretune',
  });
}

/** First entry of a journal that this program writes. */
export function startedEntry(plan: StudyPlan): StudyStarted {
  return {
    kind: 'study-started',
    format: JOURNAL_FORMAT,
    plan: plan.hash,
    name: plan.name,
    tool: packageVersion(),
    node: Number(process.versions.node.split('.')[0]),
  };
}

export interface SessionOptions {
  readonly workers: number;
  /** Called after each entry, once it is on disk. */
  readonly onEntry?: (entry: JournalEntry, state: StudyState) => void;
  /** Called where the journal ended in a line that a crash had torn, which is dropped. */
  readonly onTornLine?: () => void;
  /** Evaluates on the workers of a queue instead of on this machine. */
  readonly queue?: QueueOptions;
  /** What is known of the run that this one extends: it is not evaluated again. */
  readonly known?: KnownReplicates;
  /** Ends the run early; what is recorded by then stays. */
  readonly signal?: AbortSignal;
}

/** Runs or goes on with the study recorded in `folder` until it ends or is interrupted. */
export async function continueStudy(
  folder: string,
  plan: StudyPlan,
  options: SessionOptions,
): Promise<StudyState | 'interrupted'> {
  const journal = new JournalFile(folder);
  const { entries, torn } = journal.content;
  let lastAt = performance.now();
  try {
    requireJournalOf(folder, plan, entries);
    if (torn) options.onTornLine?.();
    const session = { ...options, folder, earlierMs: timedMs(folder) };
    return await follow(plan, readStarted(folder), entries, session, (entry) => {
      journal.append(entry);
      if (entry.kind !== 'trial-finished') return;
      const now = performance.now();
      appendTiming(folder, { trial: entry.trial, wall_ms: Math.round(now - lastAt) });
      lastAt = now;
    });
  } finally {
    journal.close();
  }
}

/** Runs a study that leaves no files. */
export async function runInMemory(plan: StudyPlan, options: SessionOptions): Promise<StudyState | 'interrupted'> {
  return await follow(plan, startedEntry(plan), [], options, () => undefined);
}

const breathe = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function follow(
  plan: StudyPlan,
  started: StudyStarted,
  entries: readonly JournalEntry[],
  {
    workers,
    folder,
    queue,
    earlierMs = 0,
    known = new Map(),
    onEntry,
    signal,
  }: SessionOptions & EvaluatorOptions & { readonly earlierMs?: number },
  record: (entry: JournalEntry) => void,
): Promise<StudyState | 'interrupted'> {
  const sampler = createSampler(samplerName(plan));
  const evaluator = await openStudyEvaluator(plan, {
    workers,
    fresh: entries.length === 0,
    ...(queue === undefined ? {} : { queue }),
    ...(folder === undefined ? {} : { folder }),
  });
  const stop = (): void => void evaluator.close();
  signal?.addEventListener('abort', stop, { once: true });
  const progress = new StudyProgress(entries);
  const startedAt = performance.now();
  const timeUp = (finished: number): boolean => isTimeUp(plan, finished, earlierMs + performance.now() - startedAt);
  const evaluate = known.size === 0 ? evaluator.evaluate : carryingEvaluate(known, evaluator.evaluate);
  const run = { plan, sampler, evaluate, started, entries, isTimeUp: timeUp, breathe };
  try {
    for await (const entry of runStudy(run)) {
      if (signal?.aborted) return 'interrupted';
      record(entry);
      progress.add(entry);
      onEntry?.(entry, progress.state);
    }
    return signal?.aborted ? 'interrupted' : progress.state;
  } finally {
    signal?.removeEventListener('abort', stop);
    await evaluator.close();
  }
}
