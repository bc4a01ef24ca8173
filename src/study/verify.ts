import { InputError } from '../base/errors.ts';
import { canonicalText, type Json } from '../base/json.ts';
import { shortText } from '../base/short-text.ts';
import { PROPOSALS_SINCE } from '../optimizer/sampler/registry.ts';
import type { JournalEntry } from './journal.ts';
import { runStudy } from './run-study.ts';
import type { StudyRun } from './study-run.ts';

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
 * @param run - with the first entry as the plan recorded it
 * @param onProgress - called after each entry
 * @returns the first difference, or null
 */
export async function verifyJournal(
  run: Omit<StudyRun, 'entries' | 'isTimeUp' | 'breathe' | 'recorded'>,
  recorded: readonly JournalEntry[],
  onProgress: (progress: VerifyProgress) => void,
): Promise<Difference | null> {
  let line = 0;
  // What the clock decided is taken from the record: it went on where another proposal follows.
  const isTimeUp = (): boolean => line < recorded.length && recorded[line]!.kind !== 'trial-proposed';
  for await (const entry of runStudy({ ...run, entries: [], isTimeUp, recorded: () => recorded[line] })) {
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

/** @throws InputError where the version that recorded the run proposes other points than this one */
export function requireSameProposals(sampler: string, tool: string): void {
  const since = PROPOSALS_SINCE[sampler]!;
  if (!isOlder(tool, since)) return;
  throw new InputError(
    `paretune ${tool} recorded this run, and sampler ${shortText(sampler)} proposes other points since ${since}`,
    {
      suggestion: `verify it with paretune ${tool}, or its outcomes alone with --outcomes`,
    },
  );
}

/** Order of versions; what follows a hyphen does not count. */
function isOlder(version: string, than: string): boolean {
  const parts = (text: string) => text.split('-')[0]!.split('.').map(Number);
  const [a, b] = [parts(version), parts(than)];
  const index = a.findIndex((part, i) => part !== b[i]);
  return index >= 0 && a[index]! < b[index]!;
}

/** Whether a journal covers a whole study. */
export function isComplete(entries: readonly JournalEntry[]): boolean {
  return entries.at(-1)?.kind === 'study-ended';
}

type Found = Omit<Difference, 'line'>;

/** Where two values part first; null where they are equal, to the bit. */
export function firstDifference(recorded: Json | undefined, recomputed: Json | undefined, key: string): Found | null {
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
