import { InputError } from '../../../base/errors.ts';
import { isJsonObject, type Json } from '../../../base/json.ts';
import { shortText } from '../../../base/short-text.ts';
import { readCsv } from '../../../document/csv.ts';

/** The two files of a chunk: one client's traffic over time. */
export interface ChunkFiles {
  readonly traceFile: string;
  readonly trace: string;
  readonly datasetFile: string;
  readonly dataset: string;
}

/** Traffic of a chunk from `startS` on. */
export interface TraceWindow {
  readonly startS: number;
  /** Requests/s. */
  readonly rate: number;
  readonly cv: number;
  readonly pattern: 'gamma' | 'weibull' | '';
  readonly shape: number;
  readonly scaleS: number;
}

/** Probability by value, ascending. */
export type Histogram = readonly (readonly [value: number, probability: number])[];

export interface DatasetWindow {
  readonly startS: number;
  readonly input: Histogram;
  readonly output: Histogram;
}

export interface Chunk {
  readonly rows: readonly TraceWindow[];
  /** Ascending. */
  readonly windows: readonly DatasetWindow[];
  /** By share of the answer that is reasoning; of the first window that has one, by its key as text. */
  readonly reasonRatio: Histogram | null;
  /** Whether any window has a share of reasoning, be it empty. */
  readonly isReasoning: boolean;
  /** Rows that are none. */
  readonly skipped: number;
  /** Rows whose pattern is not known. */
  readonly strange: number;
}

/** @throws InputError for rows of unequal width and datasets that cannot be read */
export function readChunk({ traceFile, trace, datasetFile, dataset }: ChunkFiles): Chunk {
  return { ...readTrace(trace, traceFile), ...readDataset(dataset, datasetFile) };
}

/** A header is a row whose start is no number. */
function readTrace(text: string, file: string): Pick<Chunk, 'rows' | 'skipped' | 'strange'> {
  const rows: TraceWindow[] = [];
  let [width, skipped, strange, isFirst] = [0, 0, 0, true];
  for (const { line, fields } of readCsv(text, file)) {
    width ||= fields.length;
    if (fields.length !== width) {
      throw new InputError(`the row has ${fields.length} fields, the first one has ${width}`, {
        position: { file, line },
      });
    }
    const row = readRow(fields);
    if (row !== null) rows.push(row);
    else if (!isFirst || fields.length < 4) skipped++;
    if (row?.pattern === '' && fields[3]!.trim() !== '') strange++;
    isFirst = false;
  }
  return { rows, skipped, strange };
}

/** Without a known pattern, or with one of shape and scale alone, neither counts. */
function readRow(fields: readonly string[]): TraceWindow | null {
  const [startS, rate, cv] = fields.slice(0, 3).map(numberOf);
  if (fields.length < 4 || startS === undefined || rate === undefined || cv === undefined) return null;
  const written = fields[3]!.trim().toLowerCase();
  const pattern = written === 'gamma' || written === 'weibull' ? written : '';
  const [shape, scaleS] = [numberOf(fields[4]) ?? 0, numberOf(fields[5]) ?? 0];
  const isFitted = shape > 0 && scaleS > 0;
  return { startS, rate, cv, pattern, shape: isFitted ? shape : 0, scaleS: isFitted ? scaleS : 0 };
}

function numberOf(field: string | undefined): number | undefined {
  if (field === undefined || field.trim() === '') return undefined;
  const value = Number(field);
  return Number.isFinite(value) ? value : undefined;
}

function readDataset(text: string, file: string): Pick<Chunk, 'windows' | 'reasonRatio' | 'isReasoning'> {
  const fail = (rule: string, path: readonly string[] = []) => new InputError(rule, { position: { file }, path });
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch (error) {
    throw fail(`is not valid JSON: ${error instanceof Error ? error.message : error}`);
  }
  if (!isJsonObject(value)) throw fail('must be a map from start times to token counts');
  const windows: DatasetWindow[] = [];
  let [reasonRatio, isReasoning]: [Histogram | null, boolean] = [null, false];
  for (const [key, item] of Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) {
    const startS = numberOf(key);
    if (startS === undefined) throw fail('must be a start time in seconds', [key]);
    if (!isJsonObject(item)) throw fail(`must be a map, got ${shortText(item)}`, [key]);
    const histogram = (name: string): Histogram => {
      const entries = readHistogram(item[name] ?? '');
      if (entries === null) throw fail('must be text such as "{100: 0.5, 200: 0.5}"', [key, name]);
      return entries;
    };
    const [input, output, reason] = [histogram('input_tokens'), histogram('output_tokens'), histogram('reason_ratio')];
    isReasoning ||= Object.hasOwn(item, 'reason_ratio');
    if (reason.length > 0) reasonRatio ??= reason;
    if (input.length > 0 && output.length > 0) windows.push({ startS, input, output });
  }
  windows.sort((a, b) => a.startS - b.startS);
  return { windows, reasonRatio, isReasoning };
}

/** A dictionary as Python prints it; null where it is none. */
function readHistogram(value: Json): Histogram | null {
  if (typeof value !== 'string') return null;
  const text = value.trim();
  if (text === '') return [];
  if (!text.startsWith('{') || !text.endsWith('}')) return null;
  const entries: [number, number][] = [];
  const parts = text
    .slice(1, -1)
    .split(',')
    .map((part) => part.trim());
  if (parts.at(-1) === '') parts.pop();
  for (const part of parts) {
    const [key, weight, ...rest] = part.split(':');
    const [at, probability] = [numberOf(key?.replaceAll(/['"]/g, '')), numberOf(weight)];
    if (at === undefined || probability === undefined || rest.length > 0) return null;
    entries.push([at, probability]);
  }
  return entries.sort(([a], [b]) => a - b);
}
