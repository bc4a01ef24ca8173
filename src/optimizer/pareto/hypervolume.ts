import { nonDominatedIndices } from './dominance.ts';

/**
 * Volume of the region dominated by `losses` and bounded by `reference`, exact for any number of objectives.
 * A sweep for 1 and 2 objectives, exclusive-hypervolume recursion with limit sets for more.
 * @param losses - rows that do not beat the reference in every objective add nothing
 * @see While, Bradstreet & Barone 2012, "A fast way of calculating exact hypervolumes"
 */
export function hypervolume(losses: readonly ArrayLike<number>[], reference: ArrayLike<number>): number {
  const inside = losses.filter((row) => beats(row, reference));
  const front = nonDominatedIndices(inside).map((i) => Float64Array.from(inside[i]!));
  front.sort((a, b) => a[0]! - b[0]!);
  return frontVolume(front, Float64Array.from(reference));
}

/** @param front - mutually non-dominated rows, all strictly better than the reference, first loss ascending */
function frontVolume(front: readonly Float64Array[], reference: Float64Array): number {
  const width = reference.length;
  if (front.length === 0) return 0;
  if (width === 1) return reference[0]! - front[0]![0]!;
  if (width === 2) return staircaseArea(front, reference);
  let volume = 0;
  for (let i = 0; i < front.length; i++) volume += exclusiveVolume(front, i, reference);
  return volume;
}

function staircaseArea(front: readonly Float64Array[], reference: Float64Array): number {
  let area = 0;
  let ceiling = reference[1]!;
  for (const row of front) {
    area += (reference[0]! - row[0]!) * (ceiling - row[1]!);
    ceiling = row[1]!;
  }
  return area;
}

/** Box of row i minus what the rows after it dominate within that box. */
function exclusiveVolume(front: readonly Float64Array[], i: number, reference: Float64Array): number {
  const row = front[i]!;
  let box = 1;
  for (let j = 0; j < row.length; j++) box *= reference[j]! - row[j]!;
  const limited: Float64Array[] = [];
  for (let k = i + 1; k < front.length; k++) limited.push(front[k]!.map((value, j) => Math.max(value, row[j]!)));
  if (limited.length === 0) return box;
  const kept = nonDominatedIndices(limited).map((k) => limited[k]!);
  kept.sort((a, b) => a[0]! - b[0]!);
  return box - frontVolume(kept, reference);
}

function beats(row: ArrayLike<number>, reference: ArrayLike<number>): boolean {
  for (let j = 0; j < reference.length; j++) if (!(row[j]! < reference[j]!)) return false;
  return true;
}
