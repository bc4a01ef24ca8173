import { InputError } from '../base/errors.ts';
import type { Json } from '../base/json.ts';
import { shortText } from '../base/short-text.ts';
import type { ParameterValues } from '../optimizer/space/parameter.ts';
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
      readonly values: ParameterValues;
    }
  | { readonly kind: 'trial-finished'; readonly trial: number; readonly outcome: TrialOutcome }
  | { readonly kind: 'trial-validated'; readonly trial: number; readonly outcome: TrialOutcome }
  | { readonly kind: 'study-ended'; readonly reason: string };

export const JOURNAL_FORMAT = 1;

export interface StudyState {
  readonly trials: readonly Trial[];
  readonly ended: string | null;
}

export const EMPTY_STATE: StudyState = { trials: [], ended: null };

/** State after one more entry. @throws InputError when the entry cannot follow */
export function applyEntry(state: StudyState, entry: JournalEntry): StudyState {
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
  if (trial?.outcome == null) throw new InputError(`trial ${number} has not finished`, { path: ['trial'] });
  return { ...state, trials: state.trials.with(number, { ...trial, validation: outcome }) };
}

/** Text of one journal line, without the line end. */
export function entryText(entry: JournalEntry): string {
  return JSON.stringify(entry);
}

const KINDS: readonly string[] = [
  'study-started',
  'trial-proposed',
  'trial-finished',
  'trial-validated',
  'study-ended',
];

/** @throws InputError when the value is no journal entry */
export function parseEntry(value: Json): JournalEntry {
  const entry = value as {
    kind?: unknown;
    trial?: unknown;
    format?: unknown;
    values?: unknown;
    outcome?: { kind?: unknown };
  };
  if (typeof value !== 'object' || value === null || !KINDS.includes(String(entry.kind))) {
    throw new InputError(`must be one of ${KINDS.join(', ')}, got ${shortText(entry?.kind)}`, { path: ['kind'] });
  }
  const needsTrial = entry.kind !== 'study-started' && entry.kind !== 'study-ended';
  if (needsTrial && !(Number.isInteger(entry.trial) && (entry.trial as number) >= 0)) {
    throw new InputError(`must be an integer ≥ 0, got ${shortText(entry.trial)}`, { path: ['trial'] });
  }
  if (entry.kind === 'study-started' && entry.format !== JOURNAL_FORMAT) {
    throw new InputError(`must be ${JOURNAL_FORMAT}, got ${shortText(entry.format)}`, {
      path: ['format'],
      suggestion: 'this journal was written by another version of paretune',
    });
  }
  if (entry.kind === 'trial-proposed' && (typeof entry.values !== 'object' || entry.values === null)) {
    throw new InputError('must be a map of parameter values', { path: ['values'] });
  }
  if ((entry.kind === 'trial-finished' || entry.kind === 'trial-validated') && !isOutcome(entry.outcome)) {
    throw new InputError('must be an outcome: observed, infeasible, failed or stopped', { path: ['outcome'] });
  }
  return value as unknown as JournalEntry;
}

function isOutcome(outcome: unknown): boolean {
  const { kind, replicates } = (outcome ?? {}) as { kind?: unknown; replicates?: unknown };
  if (kind === 'infeasible' || kind === 'failed') return true;
  return (kind === 'observed' || kind === 'stopped') && Array.isArray(replicates);
}
