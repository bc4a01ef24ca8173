import type { EngineResult } from '../engine-result.ts';

/** Mean token gap of a request ("time per output token"), µs; 0 without output. */
export function tokenGapUs(result: EngineResult, row: number): number {
  if (result.completed[row] !== 1) return 0;
  const planned = result.table.outputTokens[row]!;
  if (planned === 0) return 0;
  const divisor = result.lengthCapped[row] === 1 ? result.itlCount[row]! : planned;
  return result.itlSumUs[row]! / Math.max(divisor - 1, 1);
}

/**
 * Rows by a text label, labels sorted.
 * @param code - a small number that stands for the label; negative leaves a row out
 * @param label - asked once for each code
 */
export function rowsBy(
  result: EngineResult,
  code: (row: number) => number,
  label: (code: number) => string,
): readonly (readonly [string, readonly number[]])[] {
  const groups = new Map<string, number[]>();
  const byCode: (number[] | undefined)[] = [];
  for (let row = 0; row < result.table.length; row++) {
    const number = code(row);
    if (number < 0) continue;
    let rows = byCode[number];
    if (rows === undefined) {
      const name = label(number);
      rows = groups.get(name) ?? [];
      groups.set(name, rows);
      byCode[number] = rows;
    }
    rows.push(row);
  }
  return [...groups].sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Rows by SLO class, ascending. */
export function rowsByClass(result: EngineResult): ReadonlyMap<string, readonly number[]> {
  const { table } = result;
  const rows = new Map<string, number[]>();
  const byIndex = table.names.sloClasses.map((name) => {
    const label = name || 'default';
    const known = rows.get(label) ?? [];
    rows.set(label, known);
    return known;
  });
  for (let row = 0; row < table.length; row++) byIndex[table.sloClass[row]!]!.push(row);
  return rows;
}

/** SLO class as sections name it, by its number: requests without one are `default`. */
export function className(result: EngineResult, sloClass: number): string {
  return result.table.names.sloClasses[sloClass] || 'default';
}
