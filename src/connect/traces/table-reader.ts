import { type TableRecord, TableRecords } from './csv-records.ts';
import { unreadable } from './token-counts.ts';
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
  return rowReader(context, (header) => {
    const places = columnPlaces(header, aliases);
    const read = open((column) => places.has(column));
    return (fields, line) => {
      const request = read({
        line,
        text: (column) => {
          const text = fields[places.get(column) ?? -1]?.trim() ?? '';
          return hasNoValue(text) ? '' : text;
        },
      });
      return request === null ? [] : [request];
    };
  });
}

/**
 * Reads a table row by row.
 * @param open - called with the header; says what a row gives
 */
export function rowReader(
  context: ReadContext,
  open: (header: readonly string[]) => (fields: readonly string[], line: number) => Iterable<TraceRequest>,
): RequestReader {
  const records = new TableRecords(context.file);
  let read: ReturnType<typeof open> | null = null;
  function* take({ fields, line }: TableRecord): Iterable<TraceRequest> {
    if (read === null) read = open(fields ?? []);
    else if (fields === null) unreadable(context, line, 'quotes that do not fit together');
    else yield* read(fields, line);
  }
  return {
    *push(text) {
      for (const record of records.push(text)) yield* take(record);
    },
    *end() {
      for (const record of records.end()) yield* take(record);
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
