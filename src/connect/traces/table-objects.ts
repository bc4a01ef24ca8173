import type { Json, JsonObject } from '../../base/json.ts';
import { hasNoValue, rowReader } from './table-reader.ts';
import type { ReadContext, RequestReader, TraceRequest } from './trace-request.ts';

/** Makes requests of a record, or counts in the context why it is none. */
export type ReadRecord = (record: JsonObject, line: number) => Iterable<TraceRequest>;

/** Columns whose fields are lists: `[1, 2]`, `1 2`, `1;2`. */
const LISTS = new Set(['hash_ids']);

/** Reads rows of a table as records whose keys are the columns, `Input length` as `input_length`. */
export function tableObjects(context: ReadContext, read: ReadRecord): RequestReader {
  return rowReader(context, (header) => {
    const keys = header.map((name) =>
      name
        .trim()
        .toLowerCase()
        .replace(/[\s.-]+/g, '_'),
    );
    return (fields, line) => read(recordOf(keys, fields), line);
  });
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
