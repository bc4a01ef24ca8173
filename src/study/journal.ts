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

/**
 * What a journal has come to so far. An entry costs the same however many there were before it: the trials of a state
 * that was asked for earlier grow with it.
 */
export class StudyProgress {
  readonly #trials: Trial[] = [];
  /** Numbers of the trials without an outcome, in order. */
  readonly #open = new Set<number>();
  #ended: string | null = null;

  /** @throws InputError when one of the entries cannot follow */
  constructor(entries: readonly JournalEntry[] = []) {
    for (const entry of entries) this.add(entry);
  }

  get state(): StudyState {
    return { trials: this.#trials, ended: this.#ended };
  }

  /** Trials without an outcome. */
  get open(): readonly Trial[] {
    return [...this.#open].map((number) => this.#trials[number]!);
  }

  /** @throws InputError when the entry cannot follow; nothing has changed then */
  add(entry: JournalEntry): void {
    if (this.#ended !== null) throw new InputError('nothing can follow the end of the study', { path: ['kind'] });
    switch (entry.kind) {
      case 'study-started':
        return;
      case 'trial-proposed':
        this.#trials.push(proposed(entry, this.#trials.length));
        this.#open.add(entry.trial);
        return;
      case 'trial-finished':
        this.#trials[entry.trial] = finished(this.#trials[entry.trial], entry);
        this.#open.delete(entry.trial);
        return;
      case 'trial-validated':
        this.#trials[entry.trial] = validated(this.#trials[entry.trial], entry);
        return;
      case 'study-ended':
        this.#ended = entry.reason;
        return;
      default:
        entry satisfies never;
    }
  }
}

export function finishedCount({ trials }: Pick<StudyState, 'trials'>): number {
  return trials.filter(({ outcome }) => outcome !== null).length;
}

export function replay(entries: readonly JournalEntry[]): StudyState {
  return new StudyProgress(entries).state;
}

type EntryOf<K extends JournalEntry['kind']> = Extract<JournalEntry, { kind: K }>;

/** @param next - the number that a trial must have now */
function proposed(entry: EntryOf<'trial-proposed'>, next: number): Trial {
  if (entry.trial !== next) {
    throw new InputError(`trials must be proposed in order, expected ${next}, got ${entry.trial}`, { path: ['trial'] });
  }
  return {
    number: entry.trial,
    origin: entry.origin,
    seen: entry.seen,
    ...(entry.pending === undefined ? {} : { pending: entry.pending }),
    values: entry.values,
    outcome: null,
    validation: null,
  };
}

function finished(trial: Trial | undefined, { trial: number, outcome }: EntryOf<'trial-finished'>): Trial {
  if (trial?.outcome === null) return { ...trial, outcome };
  throw new InputError(`trial ${number} ${trial === undefined ? 'was never proposed' : 'has already finished'}`, {
    path: ['trial'],
  });
}

function validated(trial: Trial | undefined, { trial: number, outcome }: EntryOf<'trial-validated'>): Trial {
  if (trial !== undefined && trial.outcome !== null && trial.validation === null) {
    return { ...trial, validation: outcome };
  }
  throw new InputError(
    `trial ${number} ${trial?.outcome == null ? 'has not finished' : 'has already been validated'}`,
    { path: ['trial'] },
  );
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
