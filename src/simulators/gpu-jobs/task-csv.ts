import { z } from 'zod';
import { InputError } from '../../base/errors.ts';
import { shortText } from '../../base/short-text.ts';
import { type CsvRecord, type CsvTable, mapRows, readCsv, readCsvTable } from '../../document/csv.ts';
import { parseWith } from '../../document/schema.ts';
import { readBy } from '../../document/schema-parts.ts';
import { findModel } from './model-catalog.ts';
import { parsePhase, type Task } from './task.ts';

const atLeastZero = z.coerce.number().min(0);
const count = z.coerce.number().int().min(0);
const model = z.string().transform(readBy((name) => findModel(name)));

const TASK_COLUMNS = {
  Task: z.string(),
  Workload: model,
  Memory: atLeastZero,
  Weight: atLeastZero,
  ArrivalTime: atLeastZero,
  Phase: z.string().transform(readBy((phase) => parsePhase(phase))),
  Tokens: count,
};
const TASK_OPTIONAL = {
  DecodeTokens: count.optional(),
  TP: z.coerce.number().int().min(1).optional(),
  PrefixId: z.string().optional(),
  PrefixTokens: count.optional(),
};

const taskRow = z.object({ ...TASK_COLUMNS, ...TASK_OPTIONAL }).transform(
  readBy((row): Task => {
    const prefill = row.Phase === 'prefill';
    const decodeTokens = row.DecodeTokens ?? 0;
    if (!prefill && decodeTokens > 0) {
      throw new InputError('must be 0 or empty in a DECODE row', { path: ['DecodeTokens'] });
    }
    return {
      id: row.Task,
      model: row.Workload.name,
      memoryGB: row.Memory,
      weight: row.Weight,
      arrival: row.ArrivalTime,
      prefillTokens: prefill ? row.Tokens : 0,
      decodeTokens: prefill ? decodeTokens : row.Tokens,
      tp: row.TP ?? row.Workload.recommendedTp,
      prefix: row.PrefixId ?? null,
      prefixTokens: row.PrefixTokens ?? 0,
    };
  }),
);

const TRACE_COLUMNS = { timestamp: z.coerce.number(), input_tokens: count, output_tokens: count };
const TRACE_OPTIONAL = {
  ttft: atLeastZero.optional(),
  e2e: atLeastZero.optional(),
  model: model.optional(),
  weight: atLeastZero.optional(),
};

const traceRow = z.object({ ...TRACE_COLUMNS, ...TRACE_OPTIONAL });

/**
 * Reads a task table: `Task,Workload,Memory,Weight,ArrivalTime,Phase,Tokens` with optional
 * `DecodeTokens,TP,PrefixId,PrefixTokens`.
 * @param file - name used in messages
 * @throws InputError with file, line and column
 */
export function parseTaskCsv(text: string, file: string): Task[] {
  const table = openTable(text, file, TASK_COLUMNS, TASK_OPTIONAL);
  const seen = new Set<string>();
  return someRows(table, file, (row) => {
    const task = readRow(table, row, taskRow);
    if (seen.has(task.id)) throw wrongCell(table, row, 'Task', `task id ${shortText(task.id)} is used twice`);
    seen.add(task.id);
    return task;
  });
}

/**
 * Reads a request log with `timestamp,input_tokens,output_tokens` (seconds; the first row becomes time 0) and optional
 * `ttft,e2e` (measured, seconds), `model`, `weight`.
 * @param model - of rows that name none
 * @param speed - 2 replays twice as fast
 */
export function parseTraceCsv(
  text: string,
  file: string,
  { model: name, speed }: { readonly model: string; readonly speed: number },
): Task[] {
  const usual = findModel(name);
  const table = openTable(text, file, TRACE_COLUMNS, TRACE_OPTIONAL);
  let start: number | undefined;
  let previous = Number.NEGATIVE_INFINITY;
  let index = 0;
  return someRows(table, file, (record): Task => {
    const row = readRow(table, record, traceRow);
    const { timestamp } = row;
    if (timestamp < previous) {
      throw wrongCell(table, record, 'timestamp', `must not decrease, got ${timestamp} after ${previous}`);
    }
    previous = timestamp;
    start ??= timestamp;
    const served = row.model ?? usual;
    return {
      id: `R${++index}`,
      model: served.name,
      memoryGB: served.parametersBillions,
      weight: row.weight ?? 1,
      arrival: (timestamp - start) / speed,
      prefillTokens: row.input_tokens,
      decodeTokens: row.output_tokens,
      tp: served.recommendedTp,
      prefix: null,
      prefixTokens: 0,
      ...(row.ttft === undefined ? {} : { recordedTtft: row.ttft }),
      ...(row.e2e === undefined ? {} : { recordedE2e: row.e2e }),
    };
  });
}

/** True when the header is that of a request log: all of its columns, and no others. */
export function isTraceCsv(text: string): boolean {
  const names = headerOf(text);
  const known = [...Object.keys(TRACE_COLUMNS), ...Object.keys(TRACE_OPTIONAL)];
  return names.includes('timestamp') && names.every((name) => known.includes(name) || !isColumnOfTraces(name));
}

/** True when the header has a column of task tables. */
export function isTaskCsv(text: string): boolean {
  return headerOf(text).some((name) => Object.hasOwn(TASK_COLUMNS, name));
}

/** Public traces and logs have other names for times and tokens. */
function isColumnOfTraces(name: string): boolean {
  return /token|length|time|arrival/i.test(name);
}

function headerOf(text: string): readonly string[] {
  if (/^\ufeff?\s*[{[]/.test(text)) return [];
  const header = readCsv(text, '').next();
  return header.done === true ? [] : header.value.fields.map((name) => name.trim());
}

function openTable(text: string, file: string, required: object, optional: object): CsvTable {
  return readCsvTable(text, file, { required: Object.keys(required), optional: Object.keys(optional) });
}

function someRows(table: CsvTable, file: string, read: (row: CsvRecord) => Task): Task[] {
  const rows = mapRows(table, read);
  if (rows.length === 0) throw new InputError('the table has no rows', { position: { file, line: 1, column: 1 } });
  return rows;
}

/** Cells by column, empty ones left out. People write tables by hand, so white space around a cell does not count. */
function readRow<T>(table: CsvTable, row: CsvRecord, schema: z.ZodType<T>): T {
  const cells: Record<string, string> = {};
  for (const [column, name] of table.columns.entries()) {
    const cell = row.fields[column]!.trim();
    if (cell !== '') cells[name] = cell;
  }
  try {
    return parseWith(schema, cells);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw error.placedBy(([name]) => table.locate(row, table.columns.indexOf(String(name))));
  }
}

function wrongCell(table: CsvTable, row: CsvRecord, column: string, rule: string): InputError {
  return new InputError(rule, { position: table.locate(row, table.columns.indexOf(column)), path: [column] });
}
