import type { Sampler } from '../optimizer/sampler/sampler.ts';
import type { JournalEntry } from './journal.ts';
import type { StudyPlan } from './plan/study-plan.ts';
import type { Evaluate } from './trial.ts';

/** What a study is run with. */
export interface StudyRun {
  readonly plan: StudyPlan;
  readonly sampler: Sampler;
  readonly evaluate: Evaluate;
  /** First line of a new journal. */
  readonly started: JournalEntry;
  /** Entries of an interrupted run. */
  readonly entries: readonly JournalEntry[];
  /** Asked where the plan has a budget in minutes and another batch would begin: the only thing that the journal owes to a clock. */
  readonly isTimeUp?: (finished: number) => boolean;
  /** With `schedule: eager`: lets all evaluations report that have ended, before more is proposed. */
  readonly breathe?: () => Promise<void>;
  /** With `schedule: eager`, where a journal is gone through again: its next entry. */
  readonly recorded?: () => JournalEntry | undefined;
}
