import { canonicalText, type Json } from '../base/json.ts';
import type { Sampler } from '../optimizer/sampler/sampler.ts';
import { applyEntry, EMPTY_STATE, type JournalEntry, type StudyState } from './journal.ts';
import type { StudyPlan } from './plan/study-plan.ts';
import { runStudy } from './run-study.ts';
import type { Evaluate } from './trial.ts';

export interface Difference {
  /** Line in the journal, from 1. */
  readonly line: number;
  readonly key: string;
  readonly recorded: Json | undefined;
  readonly recomputed: Json | undefined;
}

export interface VerifyProgress {
  readonly checked: number;
  readonly total: number;
}

/**
 * Recomputes every proposal and every outcome of a journal from the plan alone.
 * @param started - the first entry as the plan recorded it
 * @param onProgress - called after each entry
 * @returns the first difference, or null
 */
export async function verifyJournal(
  plan: StudyPlan,
  sampler: Sampler,
  evaluate: Evaluate,
  started: JournalEntry,
  recorded: readonly JournalEntry[],
  onProgress: (progress: VerifyProgress) => void,
): Promise<Difference | null> {
  let line = 0;
  for await (const entry of runStudy({ plan, sampler, evaluate, started, entries: [] })) {
    const other = recorded[line];
    line++;
    if (other === undefined) return null;
    const difference = firstDifference(other as unknown as Json, entry as unknown as Json, '');
    if (difference !== null) return { line, ...difference };
    onProgress({ checked: line, total: recorded.length });
  }
  const extra = recorded[line];
  return extra === undefined ? null : { line: line + 1, key: 'kind', recorded: extra.kind, recomputed: undefined };
}

/** Whether a journal covers a whole study. */
export function isComplete(entries: readonly JournalEntry[]): boolean {
  const state: StudyState = entries.reduce(applyEntry, EMPTY_STATE);
  return state.ended !== null;
}

type Found = Omit<Difference, 'line'>;

function firstDifference(recorded: Json | undefined, recomputed: Json | undefined, key: string): Found | null {
  if (isBranch(recorded) && isBranch(recomputed) && Array.isArray(recorded) === Array.isArray(recomputed)) {
    const keys = new Set([...Object.keys(recorded), ...Object.keys(recomputed)]);
    for (const step of keys) {
      const a = (recorded as Record<string, Json>)[step];
      const b = (recomputed as Record<string, Json>)[step];
      const found = firstDifference(a, b, key === '' ? step : `${key}.${step}`);
      if (found !== null) return found;
    }
    return null;
  }
  const same =
    recorded !== undefined && recomputed !== undefined && canonicalText(recorded) === canonicalText(recomputed);
  return same ? null : { key, recorded, recomputed };
}

function isBranch(value: Json | undefined): value is readonly Json[] | { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null;
}
