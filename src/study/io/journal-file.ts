import { isUtf8 } from 'node:buffer';
import { closeSync, existsSync, fstatSync, fsyncSync, ftruncateSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { onDisk } from '../../base/disk-error.ts';
import { InputError } from '../../base/errors.ts';
import { type JournalEntry, replay, StudyProgress, type StudyState } from '../journal.ts';
import { type Chain, EMPTY_CHAIN, nextLine, readLine } from '../journal-chain.ts';
import { openToAppend, writeAll, writeFileAtomically } from './atomic-file.ts';
import { type HeldLock, takeLock } from './lock-file.ts';
import { readBytes } from './text-file.ts';

export const JOURNAL_FILE = 'journal.jsonl';
const LOCK_FILE = 'journal.lock';

export interface JournalContent {
  readonly entries: readonly JournalEntry[];
  /** What they come to. */
  readonly state: StudyState;
  readonly chain: Chain;
  /** Bytes of complete lines; what lies beyond is a line torn by a crash. */
  readonly completeBytes: number;
  readonly torn: boolean;
}

const NOTHING: JournalContent = { entries: [], state: replay([]), chain: EMPTY_CHAIN, completeBytes: 0, torn: false };

/**
 * Reads a journal. A last line without line end is what a crash leaves and is dropped; anything else that does not parse,
 * does not fit its checksum or cannot follow is an error.
 * @throws InputError with file and line
 */
export function readJournal(folder: string): JournalContent {
  const file = join(folder, JOURNAL_FILE);
  if (!existsSync(file)) return NOTHING;
  const bytes = readBytes(file);
  if (bytes.length === 0) throw emptied(file);
  const entries: JournalEntry[] = [];
  let chain = EMPTY_CHAIN;
  const progress = new StudyProgress();
  let start = 0;
  for (let end = bytes.indexOf(0x0a); end >= 0; end = bytes.indexOf(0x0a, start)) {
    try {
      const read = readLine(chain, textOf(bytes.subarray(start, end)));
      progress.add(read.entry);
      chain = read.chain;
      entries.push(read.entry);
    } catch (error) {
      throw error instanceof InputError ? error.at({ position: { file, line: entries.length + 1 } }) : error;
    }
    start = end + 1;
  }
  if (start < bytes.length) requireTorn(chain, bytes.subarray(start), { file, line: entries.length + 1 });
  return { entries, state: progress.state, chain, completeBytes: start, torn: start < bytes.length };
}

function textOf(line: Buffer): string {
  if (!isUtf8(line)) throw new InputError('is not UTF-8 text');
  return line.toString('utf8');
}

/** A torn line is the beginning of one. A whole line with something behind it had its line end changed. */
function requireTorn(chain: Chain, rest: Buffer, position: { file: string; line: number }): void {
  const brace = rest.lastIndexOf('}');
  if (brace < 0 || brace === rest.length - 1) return;
  try {
    readLine(chain, rest.toString('utf8', 0, brace + 1));
  } catch {
    return;
  }
  throw new InputError('does not end with a line end', { position, suggestion: 'remove what follows its last }' });
}

function emptied(file: string): InputError {
  return new InputError('is empty: even a study that has just started has its first line', {
    position: { file, line: 1 },
    suggestion: 'restore the file; without it, `paretune resume` starts the study again',
  });
}

/** The one writer of a journal, from opening on. Each entry is on disk before `append` returns. */
export class JournalFile {
  readonly content: JournalContent;
  readonly #file: string;
  readonly #lock: HeldLock;
  #chain: Chain;
  #descriptor: number | null = null;

  /**
   * Takes the lock, then reads the journal and drops a torn last line.
   * @throws InputError when another process is writing it, or when it is damaged
   */
  constructor(folder: string) {
    this.#file = join(folder, JOURNAL_FILE);
    this.#lock = takeLock(join(folder, LOCK_FILE), 'journal');
    try {
      this.content = readJournal(folder);
      this.#chain = this.content.chain;
      if (existsSync(this.#file)) this.#open(this.content.completeBytes);
    } catch (error) {
      this.#lock.release();
      throw error;
    }
  }

  append(entry: JournalEntry): void {
    const { text, chain } = nextLine(this.#chain, entry);
    const line = `${text}\n`;
    if (this.#descriptor === null) {
      writeFileAtomically(this.#file, line);
      this.#open();
    } else {
      this.#write(this.#descriptor, line);
    }
    this.#chain = chain;
  }

  close(): void {
    if (this.#descriptor !== null) closeSync(this.#descriptor);
    this.#lock.release();
  }

  #open(completeBytes?: number): void {
    onDisk(this.#file, 'written', () => {
      this.#descriptor = openToAppend(this.#file);
      if (completeBytes !== undefined) ftruncateSync(this.#descriptor, completeBytes);
    });
  }

  /** A line that does not get onto the disk as a whole is taken back. */
  #write(descriptor: number, line: string): void {
    onDisk(this.#file, 'written', () => {
      const { size, ino } = fstatSync(descriptor);
      if (statSync(this.#file, { throwIfNoEntry: false })?.ino !== ino) {
        throw new InputError('was removed or replaced while the study was writing it', {
          position: { file: this.#file },
        });
      }
      try {
        writeAll(descriptor, line);
        fsyncSync(descriptor);
      } catch (error) {
        ftruncateSync(descriptor, size);
        throw error;
      }
    });
  }
}
