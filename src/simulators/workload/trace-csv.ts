import { InputError } from '../../base/errors.ts';
import { shortText } from '../../base/short-text.ts';
import { type CsvRecord, type CsvTable, csvLine, mapRows, readCsvTable } from '../../document/csv.ts';
import type { TraceRow } from './trace-row.ts';

type Kind = 'text' | 'count' | 'integer' | 'flag' | 'ratio';

interface Column {
  readonly name: string;
  readonly key: keyof TraceRow;
  readonly kind: Kind;
  /** Written only if some row has a value; may be missing when read. */
  readonly optional?: true;
}

/** In file order. */
const COLUMNS: readonly Column[] = [
  { name: 'request_id', key: 'requestId', kind: 'integer' },
  { name: 'client_id', key: 'clientId', kind: 'text' },
  { name: 'tenant_id', key: 'tenantId', kind: 'text' },
  { name: 'slo_class', key: 'sloClass', kind: 'text' },
  { name: 'vllm_priority', key: 'vllmPriority', kind: 'integer', optional: true },
  { name: 'session_id', key: 'sessionId', kind: 'text' },
  { name: 'round_index', key: 'roundIndex', kind: 'integer' },
  { name: 'prefix_group', key: 'prefixGroup', kind: 'text' },
  { name: 'prefix_length', key: 'prefixLength', kind: 'count' },
  { name: 'streaming', key: 'streaming', kind: 'flag' },
  { name: 'input_tokens', key: 'inputTokens', kind: 'count' },
  { name: 'output_tokens', key: 'outputTokens', kind: 'count' },
  { name: 'text_tokens', key: 'textTokens', kind: 'count' },
  { name: 'image_tokens', key: 'imageTokens', kind: 'count' },
  { name: 'audio_tokens', key: 'audioTokens', kind: 'count' },
  { name: 'video_tokens', key: 'videoTokens', kind: 'count' },
  { name: 'reason_ratio', key: 'reasonRatio', kind: 'ratio' },
  { name: 'model', key: 'model', kind: 'text' },
  { name: 'deadline_us', key: 'deadlineUs', kind: 'count' },
  { name: 'slo_target_us', key: 'sloTargetUs', kind: 'count', optional: true },
  { name: 'server_input_tokens', key: 'serverInputTokens', kind: 'count' },
  { name: 'arrival_time_us', key: 'arrivalTimeUs', kind: 'integer' },
  { name: 'send_time_us', key: 'sendTimeUs', kind: 'integer' },
  { name: 'first_chunk_time_us', key: 'firstChunkTimeUs', kind: 'integer' },
  { name: 'last_chunk_time_us', key: 'lastChunkTimeUs', kind: 'integer' },
  { name: 'num_chunks', key: 'numChunks', kind: 'count' },
  { name: 'status', key: 'status', kind: 'text' },
  { name: 'error_message', key: 'errorMessage', kind: 'text' },
  { name: 'finish_reason', key: 'finishReason', kind: 'text' },
  { name: 'x_request_id', key: 'xRequestId', kind: 'text', optional: true },
  { name: 'adapter', key: 'adapter', kind: 'text', optional: true },
  { name: 'think_time_us', key: 'thinkTimeUs', kind: 'count', optional: true },
  { name: 'repeated_tokens', key: 'repeatedTokens', kind: 'count', optional: true },
  { name: 'hash_block_tokens', key: 'hashBlockTokens', kind: 'count', optional: true },
  { name: 'hash_ids', key: 'hashIds', kind: 'text', optional: true },
];

/** Fields that a row lacks where its file lacks the column. */
const MAY_BE_ABSENT: readonly (keyof TraceRow)[] = ['vllmPriority', 'repeatedTokens', 'hashBlockTokens', 'hashIds'];

/**
 * Requests as TraceV2 CSV text. A file with a `slo_target_us` column is misread by the reference implementation
 * (it shifts text columns); this reader finds columns by name.
 */
export function writeTraceCsv(rows: readonly TraceRow[]): string {
  const writer = traceCsvWriter((key) => rows.some((row) => hasValue(row, key)));
  return `${[writer.header, ...rows.map(writer.line)].join('\n')}\n`;
}

/** Writes a trace row by row. Lines have no end. */
export interface TraceCsvWriter {
  readonly header: string;
  line(row: TraceRow): string;
}

/** @param isUsed - whether some row will have a value in an optional column */
export function traceCsvWriter(isUsed: (key: keyof TraceRow) => boolean): TraceCsvWriter {
  return csvWriter(COLUMNS.filter(({ optional, key }) => optional === undefined || isUsed(key)));
}

function csvWriter(columns: readonly Column[]): TraceCsvWriter {
  const fields: string[] = columns.map(() => '');
  return {
    header: csvLine(columns.map(({ name }) => name)),
    line: (row) => {
      for (let i = 0; i < columns.length; i++) {
        const { key, kind } = columns[i]!;
        fields[i] = kind === 'text' ? textField(row[key]) : format(row[key]);
      }
      return fields.join(',');
    },
  };
}

/** Most are empty. */
function textField(value: TraceRow[keyof TraceRow]): string {
  return value === undefined || value === '' ? '' : csvLine([String(value)]);
}

/** A priority of 0 is one. */
function hasValue(row: TraceRow, key: keyof TraceRow): boolean {
  return key === 'vllmPriority' ? row.vllmPriority !== undefined : Boolean(row[key]);
}

function format(value: TraceRow[keyof TraceRow]): string {
  if (value === undefined || value === 0) return '0';
  const text = String(value);
  return typeof value === 'number' && text.includes('e-') ? withoutExponent(text) : text;
}

/** `1.5e-7` as `0.00000015`. */
function withoutExponent(text: string): string {
  const [mantissa = '', exponent] = text.split('e-');
  return `0.${'0'.repeat(Number(exponent) - 1)}${mantissa.replace('.', '')}`;
}

/** What a simulation has no use for: it measures itself. */
const MEASURED: readonly (keyof TraceRow)[] = [
  'vllmPriority',
  'firstChunkTimeUs',
  'lastChunkTimeUs',
  'numChunks',
  'status',
  'errorMessage',
  'finishReason',
  'xRequestId',
];

/** Of each request what a simulation needs, in columns that say something. */
export function simulatedTraceCsv(rows: readonly TraceRow[]): string {
  const columns = COLUMNS.filter(
    ({ key }) => key === 'requestId' || (!MEASURED.includes(key) && rows.some((row) => hasValue(row, key))),
  );
  const writer = csvWriter(columns);
  return `${[writer.header, ...rows.map(writer.line)].join('\n')}\n`;
}

/** Columns of other programs are allowed and not read. */
const REQUIRED = COLUMNS.filter(({ optional }) => optional === undefined).map(({ name }) => name);

/**
 * @param file - name used in messages
 * @throws InputError with line and column for what the table refuses, unreadable or negative values, and deadlines
 *   before the arrival
 */
export function readTraceCsv(text: string, file: string): TraceRow[] {
  return readTraceRows(text, file, { partial: false });
}

/** @param partial - whether any column may be missing, which then is empty */
export function readTraceRows(text: string, file: string, { partial }: { readonly partial: boolean }): TraceRow[] {
  const table = readCsvTable(text, file, { required: partial ? [] : REQUIRED });
  const places = COLUMNS.map((column) => table.columns.indexOf(column.name));
  return mapRows(table, (record) => readRow(table, record, places));
}

function readRow(table: CsvTable, record: CsvRecord, places: readonly number[]): TraceRow {
  const fieldOf = (index: number): string | undefined =>
    places[index]! < 0 ? undefined : record.fields[places[index]!];
  try {
    return fieldsToRow(fieldOf);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    const column = COLUMNS.findIndex(({ name }) => name === error.path[0]);
    throw new InputError(`${error.path[0]} ${error.message}`, { position: table.locate(record, places[column]!) });
  }
}

/** Names of all columns, in file order. */
export const TRACE_COLUMNS: readonly string[] = COLUMNS.map(({ name }) => name);

/** A row from its fields by column; missing ones are empty. @throws InputError whose path is the column */
export function parseTraceFields(fields: Readonly<Record<string, string>>): TraceRow {
  return fieldsToRow((index) => fields[COLUMNS[index]!.name]);
}

/** @throws InputError whose path is the column */
function fieldsToRow(fieldOf: (index: number) => string | undefined): TraceRow {
  const row: Record<string, TraceRow[keyof TraceRow]> = {};
  for (let i = 0; i < COLUMNS.length; i++) {
    const column = COLUMNS[i]!;
    const field = fieldOf(i);
    if (field === undefined) {
      if (!MAY_BE_ABSENT.includes(column.key)) row[column.key] = EMPTY[column.kind];
      continue;
    }
    const value = parseField(field, column.kind);
    if (value === null) {
      throw new InputError(`${RULES[column.kind]}, got ${shortText(field)}`, { path: [column.name] });
    }
    row[column.key] = value;
  }
  const result = row as unknown as TraceRow;
  if (result.deadlineUs > 0 && result.arrivalTimeUs > 0 && result.deadlineUs < result.arrivalTimeUs) {
    throw new InputError(`must not lie before the arrival ${result.arrivalTimeUs}, got ${result.deadlineUs}`, {
      path: ['deadline_us'],
    });
  }
  return result;
}

const EMPTY: Readonly<Record<Kind, string | number | boolean>> = {
  text: '',
  flag: false,
  ratio: 0,
  integer: 0,
  count: 0,
};

const RULES: Readonly<Record<Kind, string>> = {
  text: 'is text',
  flag: 'must be true or false',
  ratio: 'must be within 0 … 1',
  integer: 'must be an integer',
  count: 'must be an integer ≥ 0',
};

/** Null where the field breaks the rule of its kind. */
function parseField(field: string, kind: Kind): string | number | boolean | null {
  if (kind === 'text') return field;
  if (kind === 'flag') return field === 'true' ? true : field === 'false' ? false : null;
  const value = Number(field);
  if (kind === 'ratio') return field.trim() !== '' && value >= 0 && value <= 1 ? value : null;
  if (!/^[+-]?\d+$/.test(field) || !Number.isSafeInteger(value)) return null;
  return kind === 'count' && value < 0 ? null : value;
}
