import { TableRecords } from './csv-records.ts';
import type { ReadContext, RequestReader, TraceRequest } from './trace-request.ts';

/** Makes a request of a row, or counts in `context` why it is none. */
export type ReadRow = (row: TableRow) => TraceRequest | null;

export interface TableRow {
  readonly line: number;
  /** The field of a column without white space around it; empty where the table lacks the column. */
  text(column: string): string;
}

/** Whether a field says that there is nothing: empty, or the words of programs that write tables. */
export function hasNoValue(text: string): boolean {
  return text === '' || /^(?:nan|null|none|n\/a|<na>)$/i.test(text);
}

/** The name of a column without case, spaces and signs. */
export function plainName(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '');
}

/**
 * Reads a table whose columns are found by name, in any order, others among them.
 * @param aliases - plain names by which each column goes
 * @param open - called with the header
 */
export function tableReader(
  context: ReadContext,
  aliases: Readonly<Record<string, readonly string[]>>,
  open: (has: (column: string) => boolean) => ReadRow,
): RequestReader {
  const records = new TableRecords(context.file);
  let places: ReadonlyMap<string, number> | null = null;
  let read: ReadRow = () => null;
  const take = (fields: readonly string[] | null, line: number): TraceRequest | null => {
    if (places === null) {
      places = columnPlaces(fields ?? [], aliases);
      const known = places;
      read = open((column) => known.has(column));
      return null;
    }
    if (fields === null) {
      context.dropped.add('unreadable row', line, 'quotes that do not fit together');
      return null;
    }
    const known = places;
    return read({
      line,
      text: (column) => {
        const text = fields[known.get(column) ?? -1]?.trim() ?? '';
        return hasNoValue(text) ? '' : text;
      },
    });
  };
  return {
    *push(text) {
      for (const { fields, line } of records.push(text)) {
        const request = take(fields, line);
        if (request !== null) yield request;
      }
    },
    *end() {
      for (const { fields, line } of records.end()) {
        const request = take(fields, line);
        if (request !== null) yield request;
      }
    },
  };
}

function columnPlaces(
  header: readonly string[],
  aliases: Readonly<Record<string, readonly string[]>>,
): ReadonlyMap<string, number> {
  const names = header.map(plainName);
  const places = new Map<string, number>();
  for (const [column, known] of Object.entries(aliases)) {
    const place = names.findIndex((name) => known.includes(name));
    if (place >= 0) places.set(column, place);
  }
  return places;
}
