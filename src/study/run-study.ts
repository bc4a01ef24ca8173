import { finitePoints } from '../optimizer/feasible/finite-points.ts';
import { type JournalEntry, StudyProgress, type StudyState } from './journal.ts';
import type { StudyPlan } from './plan/study-plan.ts';
import { type Proposer, proposeBatch, proposedEntry, StudyPoints } from './propose.ts';
import { type Searched, searchEagerly } from './run-eager.ts';
import { stopReason } from './stop-reason.ts';
import type { StudyRun } from './study-run.ts';
import type { Trial, TrialOutcome } from './trial.ts';
import { validationTrials } from './validation.ts';

/**
 * Runs a study, or goes on with one: yields the very entries that belong into the journal, each once everything before
 * it is known. But for `schedule: eager` the order depends on the plan alone, not on the workers or on which evaluation
 * ends first.
 */
export async function* runStudy(run: StudyRun): AsyncGenerator<JournalEntry, StudyState> {
  const progress = new StudyProgress(run.entries);
  if (run.entries.length === 0) yield run.started;
  const isOpen = (): boolean => progress.state.ended === null;
  const proposer = { plan: run.plan, sampler: run.sampler, points: new StudyPoints(run.plan) };
  const searched = run.plan.schedule === 'eager' && isOpen() ? yield* searchEagerly(run, progress, proposer) : null;
  while (isOpen()) {
    for await (const entry of nextStep({ run, progress, proposer, searched })) {
      progress.add(entry);
      yield entry;
    }
  }
  return progress.state;
}

interface Standing {
  readonly run: StudyRun;
  readonly progress: StudyProgress;
  readonly proposer: Proposer;
  /** What an eager search came to: only validation and the end are left then. */
  readonly searched: Searched | null;
}

/** Finishes what is pending, else proposes, else validates, else ends. */
function nextStep({ run, progress, proposer, searched }: Standing): AsyncGenerator<JournalEntry> {
  const { plan } = run;
  const { state } = progress;
  const batch = openBatch(progress);
  if (batch.pending.length > 0) {
    const rest = batch.untouched ? restOfBatch(proposer, state, batch.start) : [];
    return rest.length > 0
      ? entriesOf(rest)
      : inOrder(batch.pending, 'trial-finished', ({ values, number }) =>
          run.evaluate(values, plan.seeds, { trial: number }),
        );
  }
  const stopped = stopReason(plan, state);
  const proposed =
    searched === null && stopped === null && state.trials.length < plan.trials
      ? restOfBatch(proposer, state, state.trials.length)
      : [];
  // The clock is asked last: whatever the plan alone decides has the same reason on every machine.
  const late =
    searched?.late ??
    (proposed.length > 0 && plan.minutes !== undefined && run.isTimeUp?.(state.trials.length) === true);
  if (proposed.length > 0 && !late) return entriesOf(proposed);
  const unvalidated = validationTrials(plan, state).filter(({ validation }) => validation === null);
  if (unvalidated.length > 0) {
    return inOrder(unvalidated, 'trial-validated', ({ values, number }) =>
      run.evaluate(values, plan.validation!.seeds, { trial: number }),
    );
  }
  return entriesOf([{ kind: 'study-ended', reason: late ? timeReason(plan) : (stopped ?? endReason(plan, state)) }]);
}

/** Trials still to evaluate, where their batch started, and whether none of it has finished yet. */
function openBatch({ open: pending, state }: StudyProgress): {
  pending: readonly Trial[];
  start: number;
  untouched: boolean;
} {
  const first = pending[0];
  if (first === undefined) return { pending, start: state.trials.length, untouched: true };
  return { pending, start: first.number, untouched: first.seen === first.number };
}

/** A kill between two proposals of one batch leaves a part of it: the rest comes from the same evidence. */
function restOfBatch(proposer: Proposer, { trials }: StudyState, start: number): JournalEntry[] {
  const before = start === trials.length ? trials : trials.slice(0, start);
  return proposeBatch(proposer, { trials: before })
    .map((proposal, index) => proposedEntry(proposal, start + index, start))
    .slice(trials.length - start);
}

function entriesOf(entries: readonly JournalEntry[]): AsyncGenerator<JournalEntry> {
  return (async function* () {
    yield* entries;
  })();
}

/** All evaluations start at once; entries come in the order of the trials. */
async function* inOrder(
  trials: readonly Trial[],
  kind: 'trial-finished' | 'trial-validated',
  evaluate: (trial: Trial) => Promise<TrialOutcome>,
): AsyncGenerator<JournalEntry> {
  const outcomes = trials.map(evaluate);
  for (const outcome of outcomes) outcome.catch(() => undefined);
  for (const [index, trial] of trials.entries()) yield { kind, trial: trial.number, outcome: await outcomes[index]! };
}

function timeReason({ minutes }: StudyPlan): string {
  return `time used: ${minutes} minutes leave no room for another batch`;
}

function endReason(plan: StudyPlan, state: StudyState): string {
  if (state.trials.length >= plan.trials) return 'budget used';
  const size = finitePoints(plan.space)?.length;
  if (size === undefined) return `all points of the grid measured, ${state.trials.length} of ${plan.trials} trials`;
  return `search space used up: all ${size} points measured, ${state.trials.length} of ${plan.trials} trials`;
}
