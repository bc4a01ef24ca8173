import { InputError } from '../../base/errors.ts';
import { shortText } from '../../base/short-text.ts';
import { type CsvRecord, type CsvTable, mapRows, readCsv, readCsvTable } from '../../document/csv.ts';
import { findModel } from './model-catalog.ts';
import { parsePhase, type Task } from './task.ts';

const TASK_COLUMNS = ['Task', 'Workload', 'Memory', 'Weight', 'ArrivalTime', 'Phase', 'Tokens'];
const OPTIONAL_COLUMNS = ['DecodeTokens', 'TP', 'PrefixId', 'PrefixTokens'];
const TRACE_COLUMNS = ['timestamp', 'input_tokens', 'output_tokens'];
const TRACE_OPTIONAL = ['ttft', 'e2e', 'model', 'weight'];

/**
 * Reads a task table: `Task,Workload,Memory,Weight,ArrivalTime,Phase,Tokens` with optional
 * `DecodeTokens,TP,PrefixId,PrefixTokens`.
 * @param file - name used in messages
 * @throws InputError with file, line and column
 */
export function parseTaskCsv(text: string, file: string): Task[] {
  const table = readCsvTable(text, file, { required: TASK_COLUMNS, optional: OPTIONAL_COLUMNS });
  const seen = new Set<string>();
  return someRows(table, file, (row) => {
    const cell = cellReader(table, row);
    const id = cell.text('Task');
    if (id === '') throw cell.fail('Task', 'must not be empty');
    if (seen.has(id)) throw cell.fail('Task', `task id ${shortText(id)} is used twice`);
    seen.add(id);
    const model = cell.placed('Workload', () => findModel(cell.text('Workload')));
    const phase = cell.placed('Phase', () => parsePhase(cell.text('Phase')));
    const tokens = cell.number('Tokens', { integer: true });
    const decode = cell.number('DecodeTokens', { integer: true, fallback: 0 });
    if (phase === 'decode' && decode > 0) throw cell.fail('DecodeTokens', 'must be 0 or empty in a DECODE row');
    return {
      id,
      model: model.name,
      memoryGB: cell.number('Memory'),
      weight: cell.number('Weight'),
      arrival: cell.number('ArrivalTime'),
      prefillTokens: phase === 'prefill' ? tokens : 0,
      decodeTokens: phase === 'prefill' ? decode : tokens,
      tp: cell.number('TP', { integer: true, fallback: model.recommendedTp, min: 1 }),
      prefix: cell.text('PrefixId') || null,
      prefixTokens: cell.number('PrefixTokens', { integer: true, fallback: 0 }),
    };
  });
}

/**
 * Reads a request log with `timestamp,input_tokens,output_tokens` (seconds; the first row becomes time 0) and optional
 * `ttft,e2e` (measured, seconds), `model`, `weight`.
 * @param speed - 2 replays twice as fast
 */
export function parseTraceCsv(text: string, file: string, options: { readonly model: string; readonly speed: number }) {
  const table = readCsvTable(text, file, { required: TRACE_COLUMNS, optional: TRACE_OPTIONAL });
  let start: number | undefined;
  let previous = Number.NEGATIVE_INFINITY;
  let index = 0;
  return someRows(table, file, (row): Task => {
    const cell = cellReader(table, row);
    const stamp = cell.number('timestamp', { min: Number.NEGATIVE_INFINITY });
    if (stamp < previous) throw cell.fail('timestamp', `must not decrease, got ${stamp} after ${previous}`);
    previous = stamp;
    start ??= stamp;
    const name = cell.text('model') || options.model;
    const model = cell.placed('model', () => findModel(name));
    const recorded = (column: string) => (cell.text(column) === '' ? undefined : cell.number(column));
    const ttft = recorded('ttft');
    const e2e = recorded('e2e');
    return {
      id: `R${++index}`,
      model: model.name,
      memoryGB: model.parametersBillions,
      weight: cell.number('weight', { fallback: 1 }),
      arrival: (stamp - start) / options.speed,
      prefillTokens: cell.number('input_tokens', { integer: true }),
      decodeTokens: cell.number('output_tokens', { integer: true }),
      tp: model.recommendedTp,
      prefix: null,
      prefixTokens: 0,
      ...(ttft === undefined ? {} : { recordedTtft: ttft }),
      ...(e2e === undefined ? {} : { recordedE2e: e2e }),
    };
  });
}

/** True when the header is that of a request log rather than of a task table. */
export function isTraceCsv(text: string): boolean {
  const header = readCsv(text, '').next();
  return header.done !== true && header.value.fields.some((name) => name.trim() === 'timestamp');
}

function someRows(table: CsvTable, file: string, read: (row: CsvRecord) => Task): Task[] {
  const rows = mapRows(table, read);
  if (rows.length === 0) throw new InputError('the table has no rows', { position: { file, line: 1, column: 1 } });
  return rows;
}

interface NumberRule {
  readonly integer?: boolean;
  readonly fallback?: number;
  readonly min?: number;
}

/** Cells of a row by column name; people write tables by hand, so white space around a cell does not count. */
function cellReader(table: CsvTable, row: CsvRecord) {
  const text = (column: string): string => row.fields[table.columns.indexOf(column)]?.trim() ?? '';
  const position = (column: string) => table.locate(row, Math.max(0, table.columns.indexOf(column)));
  const fail = (column: string, rule: string): InputError =>
    new InputError(rule, { position: position(column), path: [column] });
  return {
    text,
    fail,
    number(column: string, rule: NumberRule = {}): number {
      const content = text(column);
      if (content === '' && rule.fallback !== undefined) return rule.fallback;
      const value = content === '' ? Number.NaN : Number(content);
      const min = rule.min ?? 0;
      const integral = rule.integer !== true || Number.isSafeInteger(value);
      if (!Number.isFinite(value) || !integral || value < min) {
        const kind = rule.integer === true ? 'an integer' : 'a number';
        const bound = Number.isFinite(min) ? ` ≥ ${min}` : '';
        throw fail(column, `must be ${kind}${bound}, got ${shortText(content)}`);
      }
      return value;
    },
    placed<T>(column: string, body: () => T): T {
      try {
        return body();
      } catch (error) {
        throw error instanceof InputError && error.position === undefined
          ? error.at({ prefix: [column], position: position(column) })
          : error;
      }
    },
  };
}
