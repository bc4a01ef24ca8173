import type { Json, JsonObject } from '../../base/json.ts';
import { TableRecords } from './csv-records.ts';
import { hasNoValue } from './table-reader.ts';
import { unreadable } from './token-counts.ts';
import type { ReadContext, RequestReader, TraceRequest } from './trace-request.ts';

/** Makes requests of a record, or counts in the context why it is none. */
export type ReadRecord = (record: JsonObject, line: number) => Iterable<TraceRequest>;

/** Columns whose fields are lists: `[1, 2]`, `1 2`, `1;2`. */
const LISTS = new Set(['hash_ids']);

/** Reads rows of a table as records whose keys are the columns, `Input length` as `input_length`. */
export function tableObjects(context: ReadContext, read: ReadRecord): RequestReader {
  const records = new TableRecords(context.file);
  let keys: readonly string[] | null = null;
  function* take(fields: readonly string[] | null, line: number): Iterable<TraceRequest> {
    if (fields === null) unreadable(context, line, 'quotes that do not fit together');
    else if (keys === null)
      keys = fields.map((name) =>
        name
          .trim()
          .toLowerCase()
          .replace(/[\s.-]+/g, '_'),
      );
    else yield* read(recordOf(keys, fields), line);
  }
  return {
    *push(text) {
      for (const { fields, line } of records.push(text)) yield* take(fields, line);
    },
    *end() {
      for (const { fields, line } of records.end()) yield* take(fields, line);
    },
  };
}

/** Empty fields are left out. */
function recordOf(keys: readonly string[], fields: readonly string[]): JsonObject {
  return Object.fromEntries(
    keys.flatMap((key, place): [string, Json][] => {
      const text = fields[place]?.trim() ?? '';
      return hasNoValue(text) ? [] : [[key, LISTS.has(key) ? (text.match(/[^\s,;|[\]'"]+/g) ?? []) : text]];
    }),
  );
}
