import { type JournalEntry, replay } from './journal.ts';
import type { StudyPlan } from './plan/study-plan.ts';
import type { Evaluate, TrialOutcome } from './trial.ts';

/**
 * An evaluation that looks up what a journal holds: with it a study whose backend measures something outside can be gone
 * through again. Proposals and order are computed, outcomes are taken as they stand.
 */
export function recordedOutcomes(plan: StudyPlan, entries: readonly JournalEntry[]): Evaluate {
  const { trials } = replay(entries);
  return async (_, seeds, { trial = -1 } = {}) => {
    const stage = plan.seeds.includes(seeds[0]!) ? 'outcome' : 'validation';
    const outcome = trials[trial]?.[stage] ?? null;
    return outcome === null ? { kind: 'failed', message: 'not recorded' } : partOf(outcome, seeds);
  };
}

function partOf(outcome: TrialOutcome, seeds: readonly number[]): TrialOutcome {
  if (outcome.kind === 'infeasible' || outcome.kind === 'failed') return outcome;
  return { kind: 'observed', replicates: outcome.replicates.filter(({ seed }) => seeds.includes(seed)) };
}
