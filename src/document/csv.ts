import { InputError, inputErrors, nearestName, type SourcePosition } from '../base/errors.ts';
import { nameList, shortText } from '../base/short-text.ts';

/** Fields of one record, the line on which it starts, counted from 1, and its offset in the text. */
export interface CsvRecord {
  readonly line: number;
  readonly start: number;
  readonly fields: readonly string[];
}

/** A table whose columns have names. */
export interface CsvTable {
  readonly columns: readonly string[];
  /** Records below the header, once, read as they are asked for; `mapRows` also sees to their width. */
  readonly records: Iterable<CsvRecord>;
  /** Where a field was written. */
  locate(row: CsvRecord, column: number): SourcePosition;
}

/** Which columns a table has. */
export interface CsvColumns {
  readonly required: readonly string[];
  /** Further known columns; if given, all others are refused, else they are ignored. */
  readonly optional?: readonly string[];
}

/**
 * Reads a table. White space around column names does not count.
 * @param file - name used in messages
 * @throws InputError with line and column for what `readCsv` refuses in the header, for missing, repeated and, where
 *   the columns are closed, unknown columns
 */
export function readCsvTable(text: string, file: string, known: CsvColumns): CsvTable {
  const records = readCsv(text, file);
  const header = records.next();
  if (header.done === true) throw new InputError('the file is empty', { position: { file, line: 1, column: 1 } });
  const locate = (row: CsvRecord, column: number): SourcePosition => fieldPosition(text, file, row, column);
  const columns = header.value.fields.map((name) => name.trim());
  checkColumns(columns, known, (column) => locate(header.value, column));
  return { columns, records, locate };
}

/** Rows with problems after which no further ones are looked for. */
const MOST_PROBLEMS = 1000;

/**
 * What `read` makes of each row.
 * @throws InputError with the first problem of every row: too long, too short, refused by `read` or by `readCsv`
 */
export function mapRows<T>(table: CsvTable, read: (row: CsvRecord) => T): T[] {
  const results: T[] = [];
  const problems: InputError[] = [];
  try {
    for (const row of table.records) {
      try {
        checkWidth(table, row);
        results.push(read(row));
      } catch (error) {
        if (!(error instanceof InputError)) throw error;
        if (problems.push(error) === MOST_PROBLEMS) break;
      }
    }
  } catch (error) {
    // A quote out of place: what follows it cannot be told apart.
    if (!(error instanceof InputError)) throw error;
    problems.push(error);
  }
  if (problems.length > 0) throw inputErrors(problems);
  return results;
}

function checkWidth({ columns, locate }: CsvTable, row: CsvRecord): void {
  const { length } = row.fields;
  if (length === columns.length) return;
  throw new InputError(`the row has ${length} fields, the header has ${columns.length}`, {
    position: locate(row, Math.min(length - 1, columns.length)),
  });
}

function checkColumns(
  columns: readonly string[],
  { required, optional }: CsvColumns,
  locate: (column: number) => SourcePosition,
): void {
  const missing = required.find((name) => !columns.includes(name));
  if (missing !== undefined) {
    throw new InputError(`the column ${shortText(missing)} is missing`, {
      position: locate(0),
      suggestion: `needed: ${nameList(required)}`,
    });
  }
  for (const [index, name] of columns.entries()) {
    if (columns.indexOf(name) !== index) {
      throw new InputError(`the column ${shortText(name)} is given twice`, {
        position: locate(index),
        suggestion: 'remove one',
      });
    }
    if (optional === undefined || required.includes(name) || optional.includes(name)) continue;
    const all = [...required, ...optional];
    const near = nearestName(name, all);
    throw new InputError(`unknown column ${shortText(name)}`, {
      position: locate(index),
      suggestion: `${near === undefined ? '' : `did you mean ${shortText(near)}? `}known: ${nameList(all)}`,
    });
  }
}

/**
 * Records of comma-separated text (RFC 4180: quotes around fields with commas, quotes or line breaks; white space around
 * the quotes does not count). A byte-order mark and blank lines are skipped.
 * @throws InputError with line and column for a double quote within an unquoted field, text after a quoted field, and a
 *   quoted field that does not end
 */
export function* readCsv(text: string, file: string): Generator<CsvRecord, void> {
  let at = text.charCodeAt(0) === BYTE_ORDER_MARK ? 1 : 0;
  let line = 1;
  while (at < text.length) {
    const lineEnd = text.indexOf('\n', at);
    const end = lineEnd < 0 ? text.length : lineEnd;
    const plain = text.slice(at, end > at && text[end - 1] === '\r' ? end - 1 : end);
    if (!plain.includes('"')) {
      if (plain.trim() !== '') yield { line, start: at, fields: plain.split(',') };
      at = end + 1;
      line++;
      continue;
    }
    const { fields, ends, lines } = readQuoted(text, at, { file, line });
    yield { line, start: at, fields };
    at = ends.at(-1)! + 1;
    line += lines;
  }
}

const BYTE_ORDER_MARK = 0xfeff;

interface Place {
  readonly file: string;
  readonly line: number;
}

interface QuotedRecord {
  readonly fields: readonly string[];
  /** Offset of the comma or line break after each field. */
  readonly ends: readonly number[];
  readonly lines: number;
}

function readQuoted(text: string, start: number, { file, line }: Place): QuotedRecord {
  const fields: string[] = [];
  const ends: number[] = [];
  const refuse = (rule: string, offset: number): InputError =>
    new InputError(rule, { position: positionIn(text, { file, line, start }, offset), suggestion: QUOTE_RULE });
  let lines = 1;
  for (let at = start; ; at = ends.at(-1)! + 1) {
    const open = skipSpace(text, at);
    let end: number;
    if (text[open] === '"') {
      const close = closingQuote(text, open);
      if (close < 0) throw refuse('a quoted field does not end', open);
      const inner = text.slice(open + 1, close);
      fields.push(inner.replaceAll('""', '"'));
      for (let k = inner.indexOf('\n'); k >= 0; k = inner.indexOf('\n', k + 1)) lines++;
      end = skipSpace(text, close + 1);
      if (end < text.length && text[end] !== ',' && text[end] !== '\n') throw refuse('text after a quoted field', end);
    } else {
      end = at;
      while (end < text.length && text[end] !== ',' && text[end] !== '\n' && text[end] !== '"') end++;
      if (text[end] === '"') throw refuse('a double quote within a field', end);
      const bare = text[end] !== ',' && end > at && text[end - 1] === '\r' ? end - 1 : end;
      fields.push(text.slice(at, bare));
    }
    ends.push(end);
    if (text[end] !== ',') return { fields, ends, lines };
  }
}

const QUOTE_RULE = 'quotes stand around the whole field, and a quote inside is written twice';

function skipSpace(text: string, from: number): number {
  let at = from;
  while (text[at] === ' ' || text[at] === '\t' || text[at] === '\r') at++;
  return at;
}

/** Offset of the quote that ends the field opened at `open`, or −1. */
function closingQuote(text: string, open: number): number {
  let at = text.indexOf('"', open + 1);
  while (at >= 0 && text[at + 1] === '"') at = text.indexOf('"', at + 2);
  return at;
}

function fieldPosition(text: string, file: string, row: CsvRecord, column: number): SourcePosition {
  const { line, start } = row;
  if (column === 0) return { file, line, column: 1 };
  const { ends } = readQuoted(text, start, { file, line });
  return positionIn(text, { file, line, start }, ends[Math.min(column, ends.length) - 1]! + 1);
}

/** Position of an offset within the record that starts at `start`. */
function positionIn(text: string, from: Place & { readonly start: number }, offset: number): SourcePosition {
  let { line, start } = from;
  for (let k = text.indexOf('\n', start); k >= 0 && k < offset; k = text.indexOf('\n', start)) {
    line++;
    start = k + 1;
  }
  return { file: from.file, line, column: offset - start + 1 };
}

/** One record as a line without its end. */
export function csvLine(fields: readonly (string | number | boolean)[]): string {
  if (fields.length === 1 && fields[0] === '') return '""';
  return fields.map(csvField).join(',');
}

function csvField(field: string | number | boolean): string | number | boolean {
  return typeof field === 'string' && /[",\r\n]|^\s/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
}
