import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { InputError } from '../../base/errors.ts';
import type { JournalEntry } from '../journal.ts';
import type { PlanSources } from '../plan/plan-sources.ts';
import type { StudyPlan } from '../plan/study-plan.ts';
import { JOURNAL_FILE, JournalFile } from './journal-file.ts';
import { PLAN_FILE, readPlanFile, type StudyStarted, writePlanFile } from './plan-file.ts';
import { makeFolder } from './text-file.ts';

export const TIMINGS_FILE = 'timings.jsonl';

/** What a run writes beside plan and journal. */
const OTHER_FILES = [TIMINGS_FILE, 'trials.csv', 'report.json', 'report.html'];

/**
 * Starts a new run folder with its plan and the first line of its journal, which is the entry given back.
 * @throws InputError where the folder holds a run, is being written, or holds files that the run would overwrite
 */
export function createRunFolder(
  folder: string,
  sources: PlanSources,
  plan: StudyPlan,
  started: StudyStarted,
): JournalEntry {
  makeFolder(folder);
  refuseRun(folder);
  const journal = new JournalFile(folder);
  try {
    refuseRun(folder);
    refuseFiles(folder);
    writePlanFile(folder, sources, plan, started);
    journal.append(started);
    return started;
  } finally {
    journal.close();
  }
}

function refuseRun(folder: string): void {
  if (!existsSync(join(folder, JOURNAL_FILE))) return;
  throw new InputError('already holds a run', {
    position: { file: folder },
    suggestion: `go on with \`paretune resume ${folder}\`, or choose another --out`,
  });
}

/** Only the plan of a run that was killed before its first line may be replaced. */
function refuseFiles(folder: string): void {
  const found = OTHER_FILES.find((name) => existsSync(join(folder, name)));
  const foreign = found ?? (hasForeignPlan(folder) ? PLAN_FILE : undefined);
  if (foreign === undefined) return;
  throw new InputError('is in the way: the run would overwrite it', {
    position: { file: join(folder, foreign) },
    suggestion: 'choose another --out, or move the file away',
  });
}

function hasForeignPlan(folder: string): boolean {
  if (!existsSync(join(folder, PLAN_FILE))) return false;
  try {
    readPlanFile(folder);
    return false;
  } catch {
    return true;
  }
}
