import { InputError } from '../../base/errors.ts';
import { isJsonObject, type Json } from '../../base/json.ts';

/** A prompt with the time it took on the edge. */
export interface PromptRow {
  readonly text: string;
  /** Seconds. */
  readonly seconds: number;
  /** Ready-made vector; null when the prompt is to be encoded. */
  readonly embedding: readonly number[] | null;
}

export type DatasetSource =
  /** Drawn from templates; without a seed, anew for every run seed. */
  | { readonly kind: 'synthetic'; readonly rows: number; readonly seed: number | null }
  | { readonly kind: 'rows'; readonly rows: readonly PromptRow[] };

export interface TraceEntry {
  /** Arrival, seconds. */
  readonly t: number;
  readonly base_time: number;
  readonly text: string;
}

const DEFAULT_ROWS = 2000;

/** Reads `{synthetic: {rows, seed}}` or `{rows: [{text, seconds, embedding?}]}`. @throws InputError below `dataset` */
export function parseDatasetSource(value: Json | undefined): DatasetSource {
  if (value === undefined) return { kind: 'synthetic', rows: DEFAULT_ROWS, seed: null };
  if (!isJsonObject(value)) throw bad(['dataset'], 'must be a map with "synthetic" or "rows"', value);
  const keys = Object.keys(value);
  if (keys.length !== 1 || (keys[0] !== 'synthetic' && keys[0] !== 'rows')) {
    throw bad(['dataset'], 'must have exactly one key, "synthetic" or "rows"', keys);
  }
  return keys[0] === 'rows' ? parseRows(value['rows']!) : parseSynthetic(value['synthetic']!);
}

function parseSynthetic(value: Json): DatasetSource {
  const path = ['dataset', 'synthetic'];
  if (!isJsonObject(value)) throw bad(path, 'must be a map with "rows" and "seed"', value);
  const stray = Object.keys(value).find((key) => key !== 'rows' && key !== 'seed');
  if (stray !== undefined) {
    throw new InputError(`unknown key "${stray}"`, { path: [...path, stray], suggestion: 'known: rows, seed' });
  }
  const rows = value['rows'] ?? DEFAULT_ROWS;
  const seed = value['seed'] ?? null;
  if (!isCount(rows, 1) || rows > 1_000_000) throw bad([...path, 'rows'], 'must be an integer from 1 to 1000000', rows);
  if (seed !== null && !isCount(seed, 0)) throw bad([...path, 'seed'], 'must be an integer ≥ 0', seed);
  return { kind: 'synthetic', rows, seed };
}

function parseRows(value: Json): DatasetSource {
  const path = ['dataset', 'rows'];
  if (!Array.isArray(value) || value.length === 0) throw bad(path, 'must be a list with at least one row', value);
  const rows = value.map((row: Json, index): PromptRow => {
    const at = [...path, index];
    if (!isJsonObject(row)) throw bad(at, 'must be a map with "text" and "seconds"', row);
    const { text, seconds, embedding = null } = row;
    if (typeof text !== 'string') throw bad([...at, 'text'], 'must be a text', text ?? null);
    if (!isTime(seconds)) throw bad([...at, 'seconds'], 'must be a number ≥ 0', seconds ?? null);
    if (embedding !== null && !isVector(embedding))
      throw bad([...at, 'embedding'], 'must be a list of numbers', embedding);
    return { text, seconds, embedding };
  });
  checkEmbeddings(rows, path);
  return { kind: 'rows', rows };
}

/** All rows carry vectors of one length, or none does. @throws InputError naming the first odd row */
export function checkEmbeddings(rows: readonly PromptRow[], path: readonly (string | number)[]): void {
  const first = rows[0]?.embedding?.length ?? null;
  const odd = rows.findIndex(({ embedding }) => (embedding?.length ?? null) !== first);
  if (odd < 0) return;
  const length = rows[odd]!.embedding?.length;
  throw new InputError(
    `embeddings must have one length, but the first row has ${first ?? 'none'} and this one ${length ?? 'none'}`,
    { path: [...path, odd] },
  );
}

/** Reads `[{t, base_time, text?}]` in order of arrival. @throws InputError below `arrival_trace` */
export function parseTrace(value: Json): readonly TraceEntry[] {
  if (!Array.isArray(value)) throw bad(['arrival_trace'], 'must be a list of {t, base_time, text}', value);
  let previous = 0;
  return value.map((entry: Json, index) => {
    const at = ['arrival_trace', index];
    if (!isJsonObject(entry)) throw bad(at, 'must be a map with "t" and "base_time"', entry);
    const { t, base_time, text = '' } = entry;
    if (!isTime(t) || t < previous) throw bad([...at, 't'], `must be a number ≥ ${previous}`, t ?? null);
    if (!isTime(base_time)) throw bad([...at, 'base_time'], 'must be a number ≥ 0', base_time ?? null);
    if (typeof text !== 'string') throw bad([...at, 'text'], 'must be a text', text);
    previous = t;
    return { t, base_time, text };
  });
}

function isCount(value: Json, least: number): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= least;
}

export function isTime(value: Json | undefined): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}

export function isVector(value: Json | undefined): value is readonly number[] {
  return Array.isArray(value) && value.length > 0 && value.every((x) => typeof x === 'number' && Number.isFinite(x));
}

function bad(path: readonly (string | number)[], rule: string, value: Json): InputError {
  const written = JSON.stringify(value);
  return new InputError(`${rule}, got ${written.length > 60 ? `${written.slice(0, 57)}…` : written}`, { path });
}
