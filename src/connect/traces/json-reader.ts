import { isJsonObject, type Json, type JsonObject } from '../../base/json.ts';
import { type Choose, type JsonPath, JsonValues } from './json-values.ts';
import { LineSplitter } from './line-records.ts';
import { type ReadRecord, tableObjects } from './table-objects.ts';
import { unreadable } from './token-counts.ts';
import type { ReadContext, RequestReader, TraceRequest } from './trace-request.ts';

/** Reads records that stand one on a line, one after the other, in a list, or as rows of a table. */
export function recordReader(context: ReadContext, read: ReadRecord): RequestReader {
  if (context.shape === 'table') return tableObjects(context, read);
  return context.jsonLines ? lineReader(context, read) : valueReader(context, recordChoice, read);
}

/** The members of a list, or what stands alone. The first step of a path is the number of the top-level value. */
const recordChoice: Choose = (path, kind) => (path.length === 1 && kind === 'list' ? 'enter' : 'take');

function lineReader(context: ReadContext, read: ReadRecord): RequestReader {
  const splitter = new LineSplitter();
  const take = (text: string, line: number): Iterable<TraceRequest> => {
    if (text.trim() === '') return [];
    const record = parsed(text);
    if (isJsonObject(record)) return read(record, line);
    unreadable(context, line, record === undefined ? 'no JSON' : 'no JSON object');
    return [];
  };
  return {
    *push(text) {
      for (const { text: line, line: number } of splitter.push(text)) yield* take(line, number);
    },
    *end() {
      for (const { text: line, line: number } of splitter.end()) yield* take(line, number);
    },
  };
}

/**
 * Reads the objects at chosen places of JSON text.
 * @param choose - what to do at a path; objects that are entered at the top are records of their own members
 */
export function valueReader(
  context: ReadContext,
  choose: Choose,
  read: (record: JsonObject, line: number, path: JsonPath) => Iterable<TraceRequest>,
): RequestReader {
  return jsonReader(context, choose, (value, line, path) => {
    if (isJsonObject(value)) return read(value, line, path);
    unreadable(context, line, 'no JSON object');
    return [];
  });
}

/** Reads any values at chosen places of JSON text. */
export function jsonReader(
  context: ReadContext,
  choose: Choose,
  read: (value: Json | undefined, line: number, path: JsonPath) => Iterable<TraceRequest>,
): RequestReader {
  const values = new JsonValues(choose);
  return {
    *push(text) {
      for (const { value, line, path } of values.push(text)) yield* read(value, line, path);
    },
    *end() {
      const rest = values.end();
      for (let next = rest.next(); ; next = rest.next()) {
        if (next.done === true) {
          if (next.value !== null) context.dropped.add('cut off at the end of the file', next.value);
          return;
        }
        yield* read(next.value.value, next.value.line, next.value.path);
      }
    },
  };
}

function parsed(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}
