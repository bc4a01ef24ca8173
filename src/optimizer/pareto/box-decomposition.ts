import { nonDominatedIndices } from './dominance.ts';

/**
 * Disjoint axis-parallel boxes that fill the region which no front point dominates, below the reference.
 * `lower` may be −Infinity.
 */
export interface BoxDecomposition {
  readonly boxes: number;
  readonly width: number;
  /** Row-major boxes × m. */
  readonly lower: Float64Array;
  readonly upper: Float64Array;
}

interface Box {
  readonly lower: readonly number[];
  readonly upper: readonly number[];
}

/**
 * Exact for any number of objectives. One objective gives one interval, two a staircase of columns; beyond that, the
 * last objective is cut at the front's values, each slice is decomposed one dimension lower, and a box that continues
 * through several slices is kept whole.
 * @param losses - rows of length m; those not strictly below the reference are ignored
 */
export function decomposeNonDominated(
  losses: readonly ArrayLike<number>[],
  reference: ArrayLike<number>,
): BoxDecomposition {
  const width = reference.length;
  const inside = losses.filter((row) => Array.from(row).every((value, j) => value < reference[j]!));
  const front = nonDominatedIndices(inside).map((i) => Array.from(inside[i]!));
  const boxes = decompose(front, Array.from(reference));
  const lower = new Float64Array(boxes.length * width);
  const upper = new Float64Array(boxes.length * width);
  boxes.forEach((box, b) => {
    lower.set(box.lower, b * width);
    upper.set(box.upper, b * width);
  });
  return { boxes: boxes.length, width, lower, upper };
}

function decompose(front: readonly number[][], reference: readonly number[]): Box[] {
  const width = reference.length;
  if (width === 1) {
    const best = front.reduce((low, row) => Math.min(low, row[0]!), reference[0]!);
    return [{ lower: [Number.NEGATIVE_INFINITY], upper: [best] }];
  }
  if (width === 2) return staircase(front, reference);
  return slices(front, reference);
}

function staircase(front: readonly number[][], reference: readonly number[]): Box[] {
  const sorted = nonDominatedIndices(front).map((i) => front[i]!);
  sorted.sort((a, b) => a[0]! - b[0]!);
  const boxes: Box[] = [];
  let left = Number.NEGATIVE_INFINITY;
  let ceiling = reference[1]!;
  for (const row of sorted) {
    boxes.push({ lower: [left, Number.NEGATIVE_INFINITY], upper: [row[0]!, ceiling] });
    left = row[0]!;
    ceiling = row[1]!;
  }
  boxes.push({ lower: [left, Number.NEGATIVE_INFINITY], upper: [reference[0]!, ceiling] });
  return boxes;
}

function slices(front: readonly number[][], reference: readonly number[]): Box[] {
  const last = reference.length - 1;
  const sorted = [...front].sort((a, b) => a[last]! - b[last]!);
  const levels = [...new Set(sorted.map((row) => row[last]!))];
  const finished: Box[] = [];
  let open = new Map<string, { readonly section: Box; readonly from: number }>();
  const sections = [Number.NEGATIVE_INFINITY, ...levels];
  for (const level of sections) {
    const below = sorted.filter((row) => row[last]! <= level).map((row) => row.slice(0, last));
    const kept = nonDominatedIndices(below).map((i) => below[i]!);
    const next = new Map<string, { readonly section: Box; readonly from: number }>();
    for (const section of decompose(kept, reference.slice(0, last))) {
      const key = `${section.lower.join()}|${section.upper.join()}`;
      const before = open.get(key);
      next.set(key, before ?? { section, from: level });
      if (before !== undefined) open.delete(key);
    }
    for (const { section, from } of open.values()) finished.push(close(section, from, level));
    open = next;
  }
  for (const { section, from } of open.values()) finished.push(close(section, from, reference[last]!));
  return finished;
}

function close({ lower, upper }: Box, from: number, to: number): Box {
  return { lower: [...lower, from], upper: [...upper, to] };
}
