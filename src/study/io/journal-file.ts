import { closeSync, existsSync, fsyncSync, ftruncateSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { InputError } from '../../base/errors.ts';
import type { Json } from '../../base/json.ts';
import { applyEntry, EMPTY_STATE, entryText, type JournalEntry, parseEntry } from '../journal.ts';
import { takeLock } from './lock-file.ts';

const JOURNAL_FILE = 'journal.jsonl';
const LOCK_FILE = 'journal.lock';

export interface JournalContent {
  readonly entries: readonly JournalEntry[];
  /** Bytes of complete lines; what lies beyond is a line torn by a crash. */
  readonly completeBytes: number;
  readonly torn: boolean;
}

/**
 * Reads a journal. A last line without line end is what a crash leaves and is dropped; anything else that does not parse
 * or cannot follow is an error.
 * @throws InputError with file and line
 */
export function readJournal(folder: string): JournalContent {
  const file = join(folder, JOURNAL_FILE);
  if (!existsSync(file)) return { entries: [], completeBytes: 0, torn: false };
  const bytes = readFileSync(file);
  const end = bytes.lastIndexOf(0x0a) + 1;
  const text = bytes.toString('utf8', 0, end);
  const lines = text === '' ? [] : text.slice(0, -1).split('\n');
  const entries: JournalEntry[] = [];
  let state = EMPTY_STATE;
  for (const [index, line] of lines.entries()) {
    const entry = parseLine(file, index + 1, line);
    if (index === 0 && entry.kind !== 'study-started') {
      throw new InputError('the first entry must be study-started', { position: { file, line: 1 } });
    }
    try {
      state = applyEntry(state, entry);
    } catch (error) {
      throw error instanceof InputError ? error.at({ position: { file, line: index + 1 } }) : error;
    }
    entries.push(entry);
  }
  return { entries, completeBytes: end, torn: end < bytes.length };
}

function parseLine(file: string, line: number, text: string): JournalEntry {
  const position = { file, line };
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch (error) {
    throw new InputError(`is not JSON: ${error instanceof Error ? error.message : String(error)}`, { position });
  }
  try {
    return parseEntry(value);
  } catch (error) {
    throw error instanceof InputError ? error.at({ position }) : error;
  }
}

/** The one writer of a journal. Each entry is on disk before `append` returns. */
export class JournalFile {
  readonly #descriptor: number;
  readonly #lock: string;

  /**
   * Opens the journal for appending after its last complete line.
   * @throws InputError when another process is writing it
   */
  constructor(folder: string, completeBytes: number) {
    this.#lock = join(folder, LOCK_FILE);
    takeLock(this.#lock, 'journal');
    try {
      this.#descriptor = openSync(join(folder, JOURNAL_FILE), 'a');
      ftruncateSync(this.#descriptor, completeBytes);
    } catch (error) {
      rmSync(this.#lock, { force: true });
      throw error;
    }
  }

  append(entry: JournalEntry): void {
    const bytes = Buffer.from(`${entryText(entry)}\n`);
    for (let offset = 0; offset < bytes.length; ) offset += writeSync(this.#descriptor, bytes, offset);
    fsyncSync(this.#descriptor);
  }

  close(): void {
    closeSync(this.#descriptor);
    rmSync(this.#lock, { force: true });
  }
}
