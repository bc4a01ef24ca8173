import { finishedCount, type JournalEntry, type StudyProgress, type StudyState } from './journal.ts';
import { fixedProposals, type Proposal, type Proposer, proposeBatch } from './propose.ts';
import { stopReason } from './stop-reason.ts';
import type { StudyRun } from './study-run.ts';
import type { Trial, TrialOutcome } from './trial.ts';

export interface Searched {
  /** Points were left to try, but no time. */
  readonly late: boolean;
}

/**
 * The search of a study with `schedule: eager`: `batch` trials in flight, a new one for each that ends. Trials are finished in
 * the order in which they end, so two runs differ; but each proposal is a function of the entries before it, and says which
 * trials were in flight, so that a journal can be gone through again.
 * @param progress - what is recorded; it takes up each entry before that is yielded
 */
export async function* searchEagerly(
  run: StudyRun,
  progress: StudyProgress,
  proposer: Proposer,
): AsyncGenerator<JournalEntry, Searched> {
  const flight = new Flight(run);
  let entries: readonly JournalEntry[] = restOfGroup(proposer, progress.state);
  while (true) {
    for (const entry of entries) {
      progress.add(entry);
      yield entry;
    }
    flight.begin(progress.open);
    const ended = await flight.ended();
    const { proposed, late } = ended === null ? nextProposals(run, progress, proposer) : { proposed: [], late: false };
    if (ended !== null) entries = [ended];
    else if (proposed.length > 0 && !late) entries = proposed;
    else if (flight.size > 0) entries = [await flight.next()];
    else return { late };
  }
}

/** Evaluations that have begun and whose end is in no entry yet. */
class Flight {
  readonly #run: StudyRun;
  readonly #outcomes = new Map<number, Promise<TrialOutcome>>();
  /** In the order in which they ended. */
  readonly #ended: number[] = [];
  #heard: () => void = () => undefined;

  constructor(run: StudyRun) {
    this.#run = run;
  }

  get size(): number {
    return this.#outcomes.size;
  }

  /** Begins what was proposed and has not begun. */
  begin(open: readonly Trial[]): void {
    for (const trial of open) {
      if (this.#outcomes.has(trial.number)) continue;
      const outcome = this.#run.evaluate(trial.values, this.#run.plan.seeds, { trial: trial.number });
      const heard = (): void => {
        this.#ended.push(trial.number);
        this.#heard();
      };
      outcome.then(heard, heard);
      this.#outcomes.set(trial.number, outcome);
    }
  }

  /** A trial that has ended; of a recorded run the one that ended here; null = something else comes first. */
  async ended(): Promise<JournalEntry | null> {
    await this.#run.breathe?.();
    if (this.#run.recorded === undefined) return this.#ended.length > 0 ? await this.next() : null;
    const next = this.#run.recorded();
    const isEnd = next?.kind === 'trial-finished' && this.#outcomes.has(next.trial);
    return isEnd ? await this.#finish(next.trial) : null;
  }

  /** The next to end. @throws what its evaluation threw */
  async next(): Promise<JournalEntry> {
    while (this.#ended.length === 0) {
      await new Promise<void>((resolve) => {
        this.#heard = resolve;
      });
    }
    return await this.#finish(this.#ended[0]!);
  }

  async #finish(trial: number): Promise<JournalEntry> {
    const outcome = await this.#outcomes.get(trial)!;
    this.#outcomes.delete(trial);
    this.#ended.splice(this.#ended.indexOf(trial), 1);
    return { kind: 'trial-finished', trial, outcome };
  }
}

/** As many as there is room for, proposed together. */
function nextProposals(
  run: StudyRun,
  { open, state }: StudyProgress,
  proposer: Proposer,
): { proposed: readonly JournalEntry[]; late: boolean } {
  const { plan } = run;
  const pending = open.map(({ number }) => number);
  const room = plan.batch - pending.length;
  if (room <= 0 || state.trials.length >= plan.trials || stopReason(plan, state) !== null) {
    return { proposed: [], late: false };
  }
  const proposed = groupEntries(proposeBatch(proposer, state, room), state.trials.length, pending);
  const finished = state.trials.length - pending.length;
  return { proposed, late: proposed.length > 0 && plan.minutes !== undefined && run.isTimeUp?.(finished) === true };
}

/** A kill between two proposals made together leaves a part of them: the rest comes from the same evidence. */
function restOfGroup(proposer: Proposer, state: StudyState): readonly JournalEntry[] {
  const { plan } = proposer;
  const last = state.trials.at(-1);
  if (last?.pending === undefined || last.outcome !== null) return [];
  const start = groupStart(last);
  const finished = finishedCount(state);
  const room = plan.batch - last.pending.length;
  const asked = start === 0 ? Math.max(room, fixedProposals(plan).length) : room;
  if (finished !== last.seen || state.trials.length - start >= Math.min(asked, plan.trials - start)) return [];
  const before: StudyState = { ...state, trials: state.trials.slice(0, start) };
  const group = proposeBatch(proposer, before, room);
  return groupEntries(group, start, last.pending).slice(state.trials.length - start);
}

/** How many trials there were when it was proposed. */
function groupStart({ seen, pending = [] }: Trial): number {
  return seen + pending.length;
}

function groupEntries(group: readonly Proposal[], start: number, pending: readonly number[]): JournalEntry[] {
  return group.map(({ origin, values }, index) => ({
    kind: 'trial-proposed',
    trial: start + index,
    origin,
    seen: start - pending.length,
    pending,
    values,
  }));
}
