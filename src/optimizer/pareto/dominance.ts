/**
 * Indices of the non-dominated rows, ascending; of equal rows the first is kept.
 * O(n log n) for one and two objectives, O(n · front) after sorting for more.
 * @param losses - n rows of m losses; rows with a NaN are never on the front
 */
export function nonDominatedIndices(losses: readonly ArrayLike<number>[]): number[] {
  const order: number[] = [];
  for (let i = 0; i < losses.length; i++) if (!hasNan(losses[i]!)) order.push(i);
  order.sort((a, b) => compareLexicographic(losses[a]!, losses[b]!) || a - b);
  const width = losses[0]?.length ?? 0;
  const front = width <= 2 ? sweep(losses, order, width) : scan(losses, order);
  return front.sort((a, b) => a - b);
}

/** Rows in lexicographic order: a row is on the front iff its last loss beats all before it. */
function sweep(losses: readonly ArrayLike<number>[], order: readonly number[], width: number): number[] {
  const front: number[] = [];
  let best = Number.POSITIVE_INFINITY;
  for (const i of order) {
    const last = losses[i]![width - 1]!;
    if (last < best || front.length === 0) {
      front.push(i);
      best = last;
    }
  }
  return front;
}

/** In lexicographic order a row can only be dominated by one before it. */
function scan(losses: readonly ArrayLike<number>[], order: readonly number[]): number[] {
  const front: number[] = [];
  for (const i of order) {
    const row = losses[i]!;
    if (!front.some((j) => weaklyDominates(losses[j]!, row))) front.push(i);
  }
  return front;
}

function weaklyDominates(a: ArrayLike<number>, b: ArrayLike<number>): boolean {
  for (let j = 0; j < a.length; j++) if (a[j]! > b[j]!) return false;
  return true;
}

function compareLexicographic(a: ArrayLike<number>, b: ArrayLike<number>): number {
  for (let j = 0; j < a.length; j++) if (a[j]! !== b[j]!) return a[j]! < b[j]! ? -1 : 1;
  return 0;
}

function hasNan(row: ArrayLike<number>): boolean {
  for (let j = 0; j < row.length; j++) if (Number.isNaN(row[j]!)) return true;
  return false;
}

/**
 * Rows that stay on the front when a little of one loss may be traded for much of another: dominance of
 * f_j + α Σ_{k≠j} f_k. A row that is better in one loss by a hair and far worse in another is no end of a front.
 * @param trade - α, for losses of about equal range
 * @see Ikeda, Kita & Kobayashi 2001, "Failure of Pareto-based MOEAs: does non-dominated really mean near to optimal?"
 */
export function tradedIndices(losses: readonly ArrayLike<number>[], trade: number): number[] {
  return nonDominatedIndices(
    losses.map((row) => {
      const sum = Array.from(row).reduce((total, value) => total + value, 0);
      return Float64Array.from(row, (value) => (1 - trade) * value + trade * sum);
    }),
  );
}
