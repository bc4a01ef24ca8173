import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fromCSV } from 'arquero';
import { InputError } from '../../base/errors.ts';
import { shortText } from '../../base/short-text.ts';
import { SUMMARY_KEYS, type Summary } from '../../simulators/kvsched/summary.ts';

/** One run of a batch. */
export interface IndexRow {
  readonly summary: Summary;
  readonly scenario: string;
  readonly scheduler: string;
  readonly seed: number;
  readonly ticks: number;
  readonly prefetch: boolean;
  readonly overlap: boolean;
  readonly strictNetwork: boolean;
  readonly summaryPath: string;
}

const COLUMNS = [
  ...SUMMARY_KEYS,
  'scenario',
  'scheduler',
  'seed',
  'ticks',
  'prefetch',
  'overlap',
  'strict_network',
  'label',
  'summary_path',
];

/** `kv_heuristic|pf1|ov0`: what figures compare. */
export function labelOf(row: Pick<IndexRow, 'scheduler' | 'prefetch' | 'overlap'>): string {
  return `${row.scheduler}|pf${Number(row.prefetch)}|ov${Number(row.overlap)}`;
}

/** The row with the column names of the file. */
export function indexRecord(row: IndexRow): Readonly<Record<string, string | number | boolean>> {
  return {
    ...row.summary,
    scenario: row.scenario,
    scheduler: row.scheduler,
    seed: row.seed,
    ticks: row.ticks,
    prefetch: row.prefetch,
    overlap: row.overlap,
    strict_network: row.strictNetwork,
    label: labelOf(row),
    summary_path: row.summaryPath,
  };
}

export function writeIndex(file: string, rows: readonly IndexRow[]): void {
  const lines = rows.map((row) => {
    const record = indexRecord(row);
    return COLUMNS.map((column) => csvField(record[column]!)).join(',');
  });
  writeText(file, `${[COLUMNS.join(','), ...lines].join('\n')}\n`);
}

/** A row as `compare-modes` needs it. */
export interface ComparedRow {
  readonly scenario: string;
  readonly label: string;
  readonly p99TotalMs: number;
  readonly p99DecodeMs: number;
  readonly migrationBytes: number;
}

/** @param place - an index file, or the folder of one. @throws InputError */
export function readIndex(place: string): readonly ComparedRow[] {
  const file = statSync(place, { throwIfNoEntry: false })?.isDirectory() ? join(place, 'index.csv') : place;
  const position = { file };
  if (statSync(file, { throwIfNoEntry: false }) === undefined) {
    throw new InputError('index not found', { position, suggestion: 'write it with `paretune kvsched batch --index`' });
  }
  const rows = fromCSV(readFileSync(file, 'utf8'), { autoType: false }).objects() as Record<string, string>[];
  if (rows.length === 0) throw new InputError('the index has no rows', { position });
  return rows.map((row, index) => {
    const text = (column: string): string => {
      const value = row[column];
      if (value === undefined)
        throw new InputError(`column ${shortText(column)} is missing`, { position: { file, line: 1 } });
      return value;
    };
    const number = (column: string): number => {
      const value = text(column).trim() === '' ? Number.NaN : Number(text(column));
      if (Number.isFinite(value)) return value;
      const line = index + 2;
      throw new InputError(`${column} must be a number, got ${shortText(text(column))}`, { position: { file, line } });
    };
    return {
      scenario: text('scenario'),
      label: text('label'),
      p99TotalMs: number('p99_ms'),
      p99DecodeMs: number('p99_decode_ms'),
      migrationBytes: number('kv_migration_bytes'),
    };
  });
}

export function csvField(value: string | number | boolean): string {
  const text = String(value);
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Writes a file and the folders above it. @throws InputError when the place cannot be written */
export function writeText(file: string, content: string | Uint8Array): void {
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  } catch (error) {
    throw new InputError(`cannot be written (${(error as NodeJS.ErrnoException).code})`, { position: { file } });
  }
}

/** Letters, digits, `_`, `-` and inner dots: a scenario's name as a part of a path. */
export function pathPart(name: string): string {
  return name.replace(/[^A-Za-z0-9_.-]/g, '_').replace(/^\.+/, '_');
}
