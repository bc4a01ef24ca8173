import { InputError } from '../base/errors.ts';
import { type Json, textHash } from '../base/json.ts';
import { entryText, JOURNAL_FORMAT, type JournalEntry, parseEntry } from './journal.ts';

/** Where the lines of a journal stand: their format, and the checksum of all of them. */
export interface Chain {
  /** Null before the first line. */
  readonly format: number | null;
  readonly sum: string;
}

export const EMPTY_CHAIN: Chain = { format: null, sum: '' };

const SUM = /^(.*),"sum":"([0-9a-f]{16})"\}$/s;

/**
 * The line of an entry, without the line end. From format 2 on its last key is `sum`: of SHA-256 over the sum of the line
 * before and the line up to here, the first 16 digits. A sum thus covers every line up to its own.
 */
export function nextLine(chain: Chain, entry: JournalEntry): { readonly text: string; readonly chain: Chain } {
  const format = formatAfter(chain, entry);
  const text = entryText(entry);
  if (format < 2) return { text, chain: { format, sum: '' } };
  const head = text.slice(0, -1);
  const sum = sumOf(chain, head);
  return { text: `${head},"sum":"${sum}"}`, chain: { format, sum } };
}

/** Reads the line that follows `chain`. @throws InputError when it is none, or not the one that was written there */
export function readLine(chain: Chain, line: string): { readonly entry: JournalEntry; readonly chain: Chain } {
  const [, head, sum] = SUM.exec(line) ?? [];
  if (chain.format === JOURNAL_FORMAT && (head === undefined || sumOf(chain, head) !== sum)) throw foreignLine();
  const entry = parseEntry(parseJson(head === undefined ? line : `${head}}`));
  if (chain.format === null && entry.kind !== 'study-started') {
    throw new InputError('the first entry must be study-started', { path: ['kind'] });
  }
  if (chain.format !== null && entry.kind === 'study-started') {
    throw new InputError('a study starts only once', { path: ['kind'] });
  }
  const format = formatAfter(chain, entry);
  if (format < 2 !== (sum === undefined)) throw foreignLine();
  if (sum !== undefined && sumOf(chain, head!) !== sum) throw foreignLine();
  return { entry, chain: { format, sum: sum ?? '' } };
}

function formatAfter(chain: Chain, entry: JournalEntry): number {
  return entry.kind === 'study-started' ? entry.format : (chain.format ?? JOURNAL_FORMAT);
}

function sumOf(chain: Chain, head: string): string {
  return textHash(`${chain.sum}\n${head}`).slice(0, 16);
}

function foreignLine(): InputError {
  return new InputError('does not fit its checksum: changed, moved or foreign, or lines before it are missing', {
    suggestion: 'restore the file; or keep the lines before this one, and `paretune resume` computes the others again',
  });
}

function parseJson(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    throw new InputError(`is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}
