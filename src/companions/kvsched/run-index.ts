import { statSync } from 'node:fs';
import { join } from 'node:path';
import { InputError } from '../../base/errors.ts';
import { shortText } from '../../base/short-text.ts';
import { csvLine, mapRows, readCsvTable } from '../../document/csv.ts';
import { SUMMARY_KEYS, type Summary } from '../../simulators/kvsched/summary.ts';
import { readTextFile, writeTextFile } from '../../study/io/text-file.ts';

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
function labelOf(row: Pick<IndexRow, 'scheduler' | 'prefetch' | 'overlap'>): string {
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
    return csvLine(COLUMNS.map((column) => record[column]!));
  });
  writeTextFile(file, `${[COLUMNS.join(','), ...lines].join('\n')}\n`);
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
  const table = readCsvTable(readTextFile(file), file, { required: COMPARED_COLUMNS });
  const places = COMPARED_COLUMNS.map((column) => table.columns.indexOf(column));
  const rows = mapRows(table, (row): ComparedRow => {
    const number = (index: number): number => {
      const text = row.fields[places[index]!]!;
      const value = text.trim() === '' ? Number.NaN : Number(text);
      if (Number.isFinite(value)) return value;
      throw new InputError(`${COMPARED_COLUMNS[index]} must be a number, got ${shortText(text)}`, {
        position: table.locate(row, places[index]!),
      });
    };
    const [scenario, label] = [row.fields[places[0]!]!, row.fields[places[1]!]!];
    return { scenario, label, p99TotalMs: number(2), p99DecodeMs: number(3), migrationBytes: number(4) };
  });
  if (rows.length === 0) throw new InputError('the index has no rows', { position });
  return rows;
}

const COMPARED_COLUMNS = ['scenario', 'label', 'p99_ms', 'p99_decode_ms', 'kv_migration_bytes'];

/** Letters, digits, `_`, `-` and inner dots: a scenario's name as a part of a path. */
export function pathPart(name: string): string {
  return name.replace(/[^A-Za-z0-9_.-]/g, '_').replace(/^\.+/, '_');
}
