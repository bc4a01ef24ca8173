import { existsSync } from 'node:fs';
import { InputError } from '../../base/errors.ts';
import { shortText } from '../../base/short-text.ts';
import { mapRows, readCsvTable } from '../../document/csv.ts';
import { readTextFile, writeTextFile } from '../../study/io/text-file.ts';
import { csvTable } from './figures.ts';
import { indexRecord } from './run-index.ts';
import type { SuiteRow } from './suite.ts';

/** A row with the names of the columns: those of an index of runs behind experiment and sweep. */
export function suiteRecord({ experiment, sweep, row }: SuiteRow): Readonly<Record<string, string | number | boolean>> {
  return { experiment, sweep, ...indexRecord(row) };
}

export function writeSuiteIndex(file: string, rows: readonly SuiteRow[]): void {
  writeTextFile(file, csvTable(rows.map(suiteRecord)));
}

/** What pictures of a suite show of one run. */
export interface SuiteFigures {
  readonly experiment: string;
  readonly sweep: string;
  readonly scheduler: string;
  readonly p99TotalMs: number;
  readonly p99DecodeMs: number;
  readonly migrationBytes: number;
  /** With the latencies of the run. */
  readonly summaryPath: string;
}

const TEXTS = ['experiment', 'sweep', 'scheduler', 'summary_path'] as const;
const NUMBERS = ['p99_ms', 'p99_decode_ms', 'kv_migration_bytes'] as const;

/** @throws InputError with line and column */
export function readSuiteIndex(file: string): readonly SuiteFigures[] {
  const table = readCsvTable(readTextFile(file), file, { required: [...TEXTS, ...NUMBERS] });
  const rows = mapRows(table, (row): SuiteFigures => {
    const at = (column: string): number => table.columns.indexOf(column);
    const text = (column: (typeof TEXTS)[number]): string => row.fields[at(column)]!;
    const number = (column: (typeof NUMBERS)[number]): number => {
      const written = row.fields[at(column)]!;
      if (written.trim() !== '' && Number.isFinite(Number(written))) return Number(written);
      const position = table.locate(row, at(column));
      throw new InputError(`${column} must be a number, got ${shortText(written)}`, { position });
    };
    return {
      ...{ experiment: text('experiment'), sweep: text('sweep'), scheduler: text('scheduler') },
      ...{ p99TotalMs: number('p99_ms'), p99DecodeMs: number('p99_decode_ms') },
      ...{ migrationBytes: number('kv_migration_bytes'), summaryPath: text('summary_path') },
    };
  });
  if (rows.length === 0) throw new InputError('the index has no rows', { position: { file } });
  return rows;
}

/** The latencies that a run left behind; null where its summary is gone. @throws InputError when it is no summary */
export function readSamples(file: string): { readonly prefill: Float64Array; readonly decode: Float64Array } | null {
  if (!existsSync(file)) return null;
  const text = readTextFile(file);
  const samples = (summary: Record<string, unknown>, key: string): Float64Array => {
    const values = summary[key];
    if (Array.isArray(values) && values.length > 0 && values.every(Number.isFinite)) return Float64Array.from(values);
    throw new InputError(`${key} must be a list of numbers`, { position: { file } });
  };
  try {
    const summary = JSON.parse(text) as Record<string, unknown>;
    return { prefill: samples(summary, 'prefill_latencies_ms'), decode: samples(summary, 'decode_latencies_ms') };
  } catch (error) {
    if (error instanceof SyntaxError) throw new InputError('is not valid JSON', { position: { file } });
    throw error;
  }
}
