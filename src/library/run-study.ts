import { buildReport } from '../report/build-report.ts';
import type { StudyReport } from '../report/study-report.ts';
import { writeReport } from '../report/write-report.ts';
import { documentSources, type StudyDocuments } from '../study/io/document-sources.ts';
import { loadStudySources } from '../study/io/load-study.ts';
import { documentFile, packageVersion } from '../study/io/package-file.ts';
import { createRunFolder } from '../study/io/run-folder.ts';
import { continueStudy, planOf, runInMemory, startedEntry } from '../study/io/study-session.ts';
import { defaultWorkers } from '../study/io/worker-pool.ts';
import { type JournalEntry, replay } from '../study/journal.ts';

export interface RunStudyOptions {
  /** Worker threads; the results do not depend on it. Default: one per core. */
  readonly workers?: number;
  /** Folder for plan, journal and report, to go on with, verify and read by the command line. Default: none. */
  readonly out?: string;
  /** Called with each entry of the journal as soon as it is known (and, with `out`, on disk). */
  readonly onEntry?: (entry: JournalEntry, progress: StudyProgress) => void;
  /** Ends the run early; the result then holds what was known. */
  readonly signal?: AbortSignal;
}

export interface StudyProgress {
  readonly finishedTrials: number;
  readonly trials: number;
}

export interface StudyResult {
  /** All figures of the report page. */
  readonly report: StudyReport;
  readonly entries: readonly JournalEntry[];
  readonly interrupted: boolean;
  /** Files of the report; none without `out`. */
  readonly files: readonly string[];
}

/**
 * Runs a study to its report. The same study gives the same entries, to the bit.
 *
 * @example
 * ```ts
 * const { report } = await runStudy('quickstart', {
 *   out: 'runs/quickstart',
 *   onEntry: (entry, { finishedTrials, trials }) => {
 *     if (entry.kind === 'trial-finished') console.error(`${finishedTrials} of ${trials}`);
 *   },
 * });
 * for (const number of report.front) console.log(report.trials[number]);
 * ```
 * @param study - a study file, the name of one that ships with paretune, or its documents
 * @throws InputError for a mistake in a document, and where `out` already holds a run
 */
export async function runStudy(study: string | StudyDocuments, options: RunStudyOptions = {}): Promise<StudyResult> {
  const { workers = defaultWorkers(), out, onEntry, signal } = options;
  const sources = typeof study === 'string' ? loadStudySources(documentFile(study)) : documentSources(study);
  const plan = await planOf(sources);
  const entries: JournalEntry[] = [];
  let finishedTrials = 0;
  const session = {
    workers,
    onEntry: (entry: JournalEntry): void => {
      entries.push(entry);
      if (entry.kind === 'trial-finished') finishedTrials++;
      onEntry?.(entry, { finishedTrials, trials: plan.trials });
    },
    ...(signal === undefined ? {} : { signal }),
  };
  if (out !== undefined) session.onEntry(createRunFolder(out, sources, plan, startedEntry(plan)));
  const end = out === undefined ? await runInMemory(plan, session) : await continueStudy(out, plan, session);
  const report = buildReport(plan, replay(entries), packageVersion());
  const files = out === undefined ? [] : await writeReport(out, report);
  return { report, entries, interrupted: end === 'interrupted', files };
}
