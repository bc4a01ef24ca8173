import { statSync } from 'node:fs';
import { join } from 'node:path';
import { JOURNAL_FILE, readJournal } from '../study/io/journal-file.ts';
import { readRecorded } from '../study/io/study-session.ts';
import type { StudyState } from '../study/journal.ts';
import type { StudyPlan } from '../study/plan/study-plan.ts';
import type { ServedRun } from './run-folders.ts';

/** How often a journal is looked at while somebody watches, ms. */
const INTERVAL = 50;

export interface Snapshot {
  readonly plan: StudyPlan;
  readonly state: StudyState;
  /** Grows with the journal. */
  readonly version: number;
}

/** One run as the server sees it: the plan is read once, the journal again where its file has changed. */
export class RunWatch {
  readonly #run: ServedRun;
  #plan: StudyPlan | null = null;
  #snapshot: Snapshot | null = null;
  readonly #listeners = new Set<() => void>();
  #timer: NodeJS.Timeout | null = null;
  #seen = -1;

  constructor(run: ServedRun) {
    this.#run = run;
  }

  /** @throws InputError where the folder holds no run that can be read */
  async snapshot(): Promise<Snapshot> {
    const version = this.#size();
    if (this.#snapshot?.version === version) return this.#snapshot;
    this.#plan ??= (await readRecorded(this.#run.folder)).plan;
    const { state } = readJournal(this.#run.folder);
    this.#snapshot = { plan: this.#plan, state, version };
    return this.#snapshot;
  }

  /** Calls back after each change of the journal. @returns ends that */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    if (this.#timer === null) {
      this.#seen = this.#size();
      this.#timer = setInterval(() => this.#look(), INTERVAL);
      this.#timer.unref();
    }
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size > 0 || this.#timer === null) return;
      clearInterval(this.#timer);
      this.#timer = null;
    };
  }

  #look(): void {
    const size = this.#size();
    if (size === this.#seen) return;
    this.#seen = size;
    for (const listener of this.#listeners) listener();
  }

  #size(): number {
    return statSync(join(this.#run.folder, JOURNAL_FILE), { throwIfNoEntry: false })?.size ?? 0;
  }
}
