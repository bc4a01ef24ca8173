import type { Json } from '../base/json.ts';
import type { JournalEntry } from './journal.ts';
import type { StudyPlan } from './plan/study-plan.ts';
import type { Evaluate, Trial, TrialOutcome } from './trial.ts';
import { type Difference, firstDifference, type VerifyProgress } from './verify.ts';

/**
 * Simulates every recorded vector again, on the seeds it was measured on, and takes proposals as they
 * stand: for journals whose proposals another version of the program made.
 * @param onProgress - called after each entry
 * @returns the first difference, or null
 */
export async function verifyOutcomes(
  plan: StudyPlan,
  evaluate: Evaluate,
  recorded: readonly JournalEntry[],
  onProgress: (progress: VerifyProgress) => void,
): Promise<Difference | null> {
  const values = new Map<number, Trial['values']>();
  const again = recorded.map(async (entry): Promise<TrialOutcome | null> => {
    if (entry.kind === 'trial-proposed') values.set(entry.trial, entry.values);
    if (entry.kind === 'trial-finished')
      return await recomputed(plan.seeds, values.get(entry.trial)!, entry.outcome, evaluate);
    if (entry.kind === 'trial-validated')
      return await recomputed(plan.validation!.seeds, values.get(entry.trial)!, entry.outcome, evaluate);
    return null;
  });
  for (const outcome of again) outcome.catch(() => undefined);
  for (const [index, entry] of recorded.entries()) {
    const outcome = await again[index]!;
    if (outcome !== null && 'outcome' in entry) {
      const difference = firstDifference(comparable(entry.outcome), comparable(outcome), 'outcome');
      if (difference !== null) return { line: index + 1, ...difference };
    }
    onProgress({ checked: index + 1, total: recorded.length });
  }
  return null;
}

/** Why something cannot run is told in words, which another version may choose otherwise. */
function comparable(outcome: TrialOutcome): Json {
  const { kind } = outcome;
  return kind === 'infeasible' || kind === 'failed' ? { kind } : (outcome as unknown as Json);
}

async function recomputed(
  seeds: readonly number[],
  values: Trial['values'],
  recorded: TrialOutcome,
  evaluate: Evaluate,
): Promise<TrialOutcome> {
  return await evaluate(values, recorded.kind === 'observed' ? recorded.replicates.map(({ seed }) => seed) : seeds);
}
