import { stdoutColours as pc } from './colours.ts';

const USUAL_WIDTH = 80;
const GAP = 2;

/** Columns of the terminal; 80 where the output is no terminal. */
export function terminalWidth(): number {
  return process.stdout.columns ?? USUAL_WIDTH;
}

/** Columns padded to their widest cell: the first aligned left, the others right. */
function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = columnWidths(rows);
  return rows.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
      .join(' '.repeat(GAP))
      .trimEnd(),
  );
}

/**
 * A table that fits into `width`: columns that have no room go on below, behind the first column again.
 * @param rows - the head first
 */
export function fitted(rows: readonly (readonly string[])[], width = terminalWidth()): string[] {
  const widths = columnWidths(rows);
  const blocks: number[][] = [[]];
  let used = widths[0] ?? 0;
  for (let column = 1; column < widths.length; column++) {
    const own = widths[column]! + GAP;
    if (used + own > width && blocks.at(-1)!.length > 0) {
      blocks.push([]);
      used = widths[0]!;
    }
    blocks.at(-1)!.push(column);
    used += own;
  }
  return blocks.flatMap((columns, index) => [
    ...(index === 0 ? [] : ['']),
    ...aligned(rows.map((row) => [row[0] ?? '', ...columns.map((column) => row[column] ?? '')])),
  ]);
}

/** Text in lines of at most `width`, broken between words; further lines are indented. */
export function wrapped(text: string, width = terminalWidth(), indent = '  '): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (longer.length <= width || line === '') line = longer;
    else {
      lines.push(line.trimEnd());
      line = `${indent}${word}`;
    }
  }
  return [...lines, line.trimEnd()];
}

function columnWidths(rows: readonly (readonly string[])[]): number[] {
  return (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
}

/** A table with a bold head. @param leftColumns - so many columns are aligned left, the others right */
export function textTable(head: readonly string[], body: readonly (readonly string[])[], leftColumns: number): string {
  const widths = head.map((title, i) => Math.max(title.length, ...body.map((row) => row[i]!.length)));
  const pad = (row: readonly string[]): string[] =>
    row.map((cell, i) => (i < leftColumns ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)));
  const lines = [pad(head).map((cell) => pc.bold(cell)), ...body.map(pad)];
  return lines.map((cells) => `${cells.join('  ').trimEnd()}\n`).join('');
}
