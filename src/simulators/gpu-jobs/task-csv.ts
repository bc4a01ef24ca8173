import { InputError, type SourcePosition } from '../../base/errors.ts';
import { findModel } from './model-catalog.ts';
import { parsePhase, type Task } from './task.ts';

const TASK_COLUMNS = ['Task', 'Workload', 'Memory', 'Weight', 'ArrivalTime', 'Phase', 'Tokens'];
const OPTIONAL_COLUMNS = ['DecodeTokens', 'TP', 'PrefixId', 'PrefixTokens'];
const TRACE_COLUMNS = ['timestamp', 'input_tokens', 'output_tokens'];
const TRACE_OPTIONAL = ['ttft', 'e2e', 'model', 'weight'];

interface Table {
  readonly file: string;
  readonly columns: readonly string[];
  readonly rows: readonly { readonly line: number; readonly cells: readonly string[] }[];
}

/**
 * Reads a task table: `Task,Workload,Memory,Weight,ArrivalTime,Phase,Tokens` with optional
 * `DecodeTokens,TP,PrefixId,PrefixTokens`.
 * @param file - name used in messages
 * @throws InputError with file and line
 */
export function parseTaskCsv(text: string, file: string): Task[] {
  const table = readTable(text, file, TASK_COLUMNS, OPTIONAL_COLUMNS);
  const seen = new Set<string>();
  return table.rows.map((row) => {
    const cell = cellReader(table, row);
    const id = cell.text('Task');
    if (id === '') throw cell.fail('Task', 'must not be empty');
    if (seen.has(id)) throw cell.fail('Task', `task id "${id}" is used twice`);
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
  const table = readTable(text, file, TRACE_COLUMNS, TRACE_OPTIONAL);
  let start: number | undefined;
  let previous = Number.NEGATIVE_INFINITY;
  return table.rows.map((row, index): Task => {
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
      id: `R${index + 1}`,
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
  const header = text.replace(/^\uFEFF/, '').split(/\r?\n/, 1)[0] ?? '';
  return header.split(',').some((cell) => cell.replaceAll('"', '').trim() === 'timestamp');
}

function readTable(text: string, file: string, required: readonly string[], optional: readonly string[]): Table {
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  const at = { position: { file, line: 1 } };
  const columns = splitLine(lines[0] ?? '', at.position);
  const missing = required.find((name) => !columns.includes(name));
  if (missing !== undefined) {
    throw new InputError(`column "${missing}" is missing`, { ...at, suggestion: `needed: ${required.join(',')}` });
  }
  const known = [...required, ...optional];
  const stray = columns.find((name, index) => !known.includes(name) || columns.indexOf(name) !== index);
  if (stray !== undefined) {
    throw new InputError(`unknown or repeated column "${stray}"`, { ...at, suggestion: `known: ${known.join(', ')}` });
  }
  const rows = lines
    .map((content, index) => ({ line: index + 1, content }))
    .slice(1)
    .filter(({ content }) => content.trim() !== '')
    .map(({ line, content }) => ({ line, cells: splitLine(content, { file, line }) }));
  const ragged = rows.find(({ cells }) => cells.length !== columns.length);
  if (ragged !== undefined) {
    throw new InputError(`row has ${ragged.cells.length} cells, the header has ${columns.length}`, {
      position: { file, line: ragged.line },
    });
  }
  if (rows.length === 0) throw new InputError('the table has no rows', at);
  return { file, columns, rows };
}

interface NumberRule {
  readonly integer?: boolean;
  readonly fallback?: number;
  readonly min?: number;
}

function cellReader(table: Table, row: Table['rows'][number]) {
  const position = { file: table.file, line: row.line };
  const text = (column: string): string => row.cells[table.columns.indexOf(column)] ?? '';
  const fail = (column: string, rule: string): InputError => new InputError(rule, { position, path: [column] });
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
        throw fail(column, `must be ${kind}${bound}, got ${JSON.stringify(content)}`);
      }
      return value;
    },
    placed<T>(column: string, body: () => T): T {
      try {
        return body();
      } catch (error) {
        throw error instanceof InputError && error.position === undefined
          ? error.at({ prefix: [column], position })
          : error;
      }
    },
  };
}

/** Cells of one line, trimmed; double quotes protect commas. @throws InputError at a stray quote */
function splitLine(line: string, position: SourcePosition): string[] {
  const cells: string[] = [];
  const pattern = /\s*(?:"((?:[^"]|"")*)"|([^,]*))\s*(?:,|$)/gy;
  while (pattern.lastIndex <= line.length) {
    const match = pattern.exec(line);
    if (match === null) break;
    if (match[2]?.includes('"')) {
      throw new InputError('a double quote must open its cell and be closed at the end of it', { position });
    }
    cells.push(match[1] === undefined ? match[2]!.trim() : match[1].replaceAll('""', '"'));
    if (!match[0].endsWith(',')) break;
  }
  return cells;
}
