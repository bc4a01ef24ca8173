import type { EngineResult } from '../engine-result.ts';

/** Mean token gap of a request ("time per output token"), µs; 0 without output. */
export function tokenGapUs(result: EngineResult, row: number): number {
  if (result.completed[row] !== 1) return 0;
  const planned = result.table.outputTokens[row]!;
  if (planned === 0) return 0;
  const divisor = result.lengthCapped[row] === 1 ? result.itlCount[row]! : planned;
  return result.itlSumUs[row]! / Math.max(divisor - 1, 1);
}

/** Rows by a text label, labels sorted. @param label - undefined leaves a row out */
export function rowsBy(
  result: EngineResult,
  label: (row: number) => string | undefined,
): readonly (readonly [string, readonly number[]])[] {
  const groups = new Map<string, number[]>();
  for (let row = 0; row < result.table.length; row++) {
    const name = label(row);
    if (name === undefined) continue;
    const rows = groups.get(name);
    if (rows === undefined) groups.set(name, [row]);
    else rows.push(row);
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

/** SLO class as sections name it: requests without one are `default`. */
export function classOf(result: EngineResult, row: number): string {
  return result.table.names.sloClasses[result.table.sloClass[row]!] || 'default';
}
