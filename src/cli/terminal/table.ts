import { stdoutColours as pc } from './colours.ts';

/** Columns padded to their widest cell: the first aligned left, the others right. */
export function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  return rows.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
      .join('  '),
  );
}

/** A table with a bold head. @param leftColumns - so many columns are aligned left, the others right */
export function textTable(head: readonly string[], body: readonly (readonly string[])[], leftColumns: number): string {
  const widths = head.map((title, i) => Math.max(title.length, ...body.map((row) => row[i]!.length)));
  const pad = (row: readonly string[]): string[] =>
    row.map((cell, i) => (i < leftColumns ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)));
  const lines = [pad(head).map((cell) => pc.bold(cell)), ...body.map(pad)];
  return lines.map((cells) => `${cells.join('  ').trimEnd()}\n`).join('');
}
