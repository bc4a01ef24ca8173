import { canonicalText, type Json } from '../base/json.ts';
import { type JournalEntry, replay } from './journal.ts';
import type { StudyPlan } from './plan/study-plan.ts';
import type { Evaluate, EvaluatedOutcome, Replicate, Trial, TrialOutcome } from './trial.ts';

/**
 * An evaluation that looks up what a journal holds: with it a study whose backend measures something outside can be gone
 * through again. Proposals, verdicts and order are computed, outcomes are taken as they stand. A vector that was tried
 * twice gets its outcomes in the order of its trials.
 */
export function recordedOutcomes(plan: StudyPlan, entries: readonly JournalEntry[]): Evaluate {
  const records = new Map<string, Served[]>();
  for (const trial of replay(entries).trials) {
    const key = canonicalText(trial.values as Json);
    records.set(key, [...(records.get(key) ?? []), { trial, served: new Set() }]);
  }
  return async (values, seeds, fidelity = 1) => {
    const call = `${seeds[0]} ${fidelity}`;
    const stage = plan.seeds.includes(seeds[0]!) ? 'outcome' : 'validation';
    const record = records
      .get(canonicalText(values as Json))
      ?.find(({ trial, served }) => trial[stage] !== null && !served.has(call));
    if (record === undefined) return { kind: 'failed', message: 'not recorded' };
    record.served.add(call);
    return partOf(record.trial[stage]!, seeds, fidelity);
  };
}

interface Served {
  readonly trial: Trial;
  /** Calls that it has answered. */
  readonly served: Set<string>;
}

function partOf(outcome: TrialOutcome, seeds: readonly number[], fidelity: number): EvaluatedOutcome {
  if (outcome.kind === 'infeasible' || outcome.kind === 'failed') return outcome;
  const rows: readonly Replicate[] = fidelity < 1 ? (outcome.short ?? []) : outcome.replicates;
  return { kind: 'observed', replicates: rows.filter(({ seed }) => seeds.includes(seed)) };
}
