import { stdoutColours as pc } from '../terminal/colours.ts';

/** A table for the terminal. @param leftColumns - so many columns are aligned left, the others right */
export function textTable(head: readonly string[], body: readonly (readonly string[])[], leftColumns: number): string {
  const widths = head.map((title, i) => Math.max(title.length, ...body.map((row) => row[i]!.length)));
  const pad = (row: readonly string[]): string[] =>
    row.map((cell, i) => (i < leftColumns ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)));
  const lines = [pad(head).map((cell) => pc.bold(cell)), ...body.map(pad)];
  return lines.map((cells) => `${cells.join('  ').trimEnd()}\n`).join('');
}
