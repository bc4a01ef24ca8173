import { InputError } from '../base/errors.ts';
import type { Json } from '../base/json.ts';
import { shortText } from '../base/short-text.ts';
import { parseWith } from '../document/schema.ts';
import type { ParameterValues } from '../optimizer/space/parameter.ts';
import { entrySchema } from './record-schema.ts';
import type { Trial, TrialOrigin, TrialOutcome } from './trial.ts';

export type JournalEntry =
  | {
      readonly kind: 'study-started';
      readonly format: number;
      readonly plan: string;
      readonly name: string;
      readonly tool: string;
      /** Major version of Node: another engine may compute other last bits. */
      readonly node: number;
    }
  | {
      readonly kind: 'trial-proposed';
      readonly trial: number;
      readonly origin: TrialOrigin;
      /** How many trials had finished when it was proposed. */
      readonly seen: number;
      /** Trials in flight when it was proposed; present exactly where the study's schedule is eager. */
      readonly pending?: readonly number[];
      readonly values: ParameterValues;
    }
  | { readonly kind: 'trial-finished'; readonly trial: number; readonly outcome: TrialOutcome }
  | { readonly kind: 'trial-validated'; readonly trial: number; readonly outcome: TrialOutcome }
  | { readonly kind: 'study-ended'; readonly reason: string };

/** Written today; since 2 each line carries a checksum of itself and all lines before it. */
export const JOURNAL_FORMAT = 2;

const FORMATS: readonly number[] = [1, JOURNAL_FORMAT];

export interface StudyState {
  readonly trials: readonly Trial[];
  readonly ended: string | null;
}

export const EMPTY_STATE: StudyState = { trials: [], ended: null };

/** State after one more entry. @throws InputError when the entry cannot follow */
export function applyEntry(state: StudyState, entry: JournalEntry): StudyState {
  if (state.ended !== null) throw new InputError('nothing can follow the end of the study', { path: ['kind'] });
  switch (entry.kind) {
    case 'study-started':
      return state;
    case 'trial-proposed':
      return propose(state, entry);
    case 'trial-finished':
      return finish(state, entry.trial, entry.outcome);
    case 'trial-validated':
      return validate(state, entry.trial, entry.outcome);
    case 'study-ended':
      return { ...state, ended: entry.reason };
    default:
      return entry satisfies never;
  }
}

export function replay(entries: readonly JournalEntry[]): StudyState {
  return entries.reduce(applyEntry, EMPTY_STATE);
}

type Proposed = Extract<JournalEntry, { kind: 'trial-proposed' }>;

function propose(state: StudyState, entry: Proposed): StudyState {
  if (entry.trial !== state.trials.length) {
    throw new InputError(`trials must be proposed in order, expected ${state.trials.length}, got ${entry.trial}`, {
      path: ['trial'],
    });
  }
  const trial: Trial = {
    number: entry.trial,
    origin: entry.origin,
    seen: entry.seen,
    ...(entry.pending === undefined ? {} : { pending: entry.pending }),
    values: entry.values,
    outcome: null,
    validation: null,
  };
  return { ...state, trials: [...state.trials, trial] };
}

function finish(state: StudyState, number: number, outcome: TrialOutcome): StudyState {
  const trial = state.trials[number];
  if (trial === undefined || trial.outcome !== null) {
    throw new InputError(`trial ${number} ${trial === undefined ? 'was never proposed' : 'has already finished'}`, {
      path: ['trial'],
    });
  }
  return { ...state, trials: state.trials.with(number, { ...trial, outcome }) };
}

function validate(state: StudyState, number: number, outcome: TrialOutcome): StudyState {
  const trial = state.trials[number];
  if (trial?.outcome == null || trial.validation !== null) {
    throw new InputError(
      `trial ${number} ${trial?.outcome == null ? 'has not finished' : 'has already been validated'}`,
      {
        path: ['trial'],
      },
    );
  }
  return { ...state, trials: state.trials.with(number, { ...trial, validation: outcome }) };
}

/** An entry as JSON; a line of the journal adds its checksum (`journal-chain.ts`). */
export function entryText(entry: JournalEntry): string {
  return JSON.stringify(entry);
}

/** @throws InputError when the value is no journal entry */
export function parseEntry(value: Json): JournalEntry {
  parseWith(entrySchema, value);
  const entry = value as unknown as JournalEntry;
  if (entry.kind === 'study-started' && !FORMATS.includes(entry.format)) {
    throw new InputError(`must be ${FORMATS.join(' or ')}, got ${shortText(entry.format)}`, {
      path: ['format'],
      suggestion: 'this journal was written by another version of paretune',
    });
  }
  return entry;
}
