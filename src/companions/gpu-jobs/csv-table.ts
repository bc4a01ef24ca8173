import type { Json } from '../../base/json.ts';
import { csvLine } from '../../document/csv.ts';

/** A header and one line for each row; what a row lacks stays empty. */
export function csvTable(rows: readonly Readonly<Record<string, Json>>[], columns: readonly string[]): string {
  const cell = (value: Json | undefined): string =>
    value === null || value === undefined || Number.isNaN(value) ? '' : String(value);
  const lines = [columns, ...rows.map((row) => columns.map((name) => cell(row[name])))].map(csvLine);
  return `${lines.join('\n')}\n`;
}
