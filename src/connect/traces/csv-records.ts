import { InputError } from '../../base/errors.ts';
import { readCsv } from '../../document/csv.ts';
import { type Line, LineSplitter } from './line-records.ts';

export interface TableRecord {
  readonly line: number;
  /** Null where quotes do not fit together. */
  readonly fields: readonly string[] | null;
}

/** Lines that one quoted field may span: a quote that never ends must not swallow the file. */
const MOST_LINES = 1000;

/** Records of comma-separated text that comes piece by piece; quoted fields may hold commas and line ends. */
export class TableRecords {
  readonly #file: string;
  readonly #splitter = new LineSplitter();
  /** Lines of a record whose quotes are still open. */
  #open: Line[] = [];

  constructor(file: string) {
    this.#file = file;
  }

  *push(text: string): Generator<TableRecord> {
    for (const line of this.#splitter.push(text)) yield* this.#take(line);
  }

  *end(): Generator<TableRecord> {
    for (const line of this.#splitter.end()) yield* this.#take(line);
    const [first] = this.#open;
    if (first !== undefined) yield { line: first.line, fields: null };
  }

  *#take(line: Line): Generator<TableRecord> {
    if (this.#open.length === 0 && !line.text.includes('"')) {
      if (line.text.trim() !== '') yield { line: line.line, fields: line.text.split(',') };
      return;
    }
    this.#open.push(line);
    const text = this.#open.map((part) => part.text).join('\n');
    const first = this.#open[0]!.line;
    if (isOpen(text) && this.#open.length < MOST_LINES) return;
    this.#open = [];
    yield { line: first, fields: this.#fields(text) };
  }

  #fields(text: string): readonly string[] | null {
    try {
      return readCsv(text, this.#file).next().value?.fields ?? null;
    } catch (error) {
      if (error instanceof InputError) return null;
      throw error;
    }
  }
}

/** An odd number of quotes. */
function isOpen(text: string): boolean {
  let open = false;
  for (let at = text.indexOf('"'); at >= 0; at = text.indexOf('"', at + 1)) open = !open;
  return open;
}
