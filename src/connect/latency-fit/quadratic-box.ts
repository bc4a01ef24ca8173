import { Matrix, solve } from 'ml-matrix';

export interface Box {
  readonly low: readonly number[];
  readonly high: readonly number[];
}

/**
 * Least of ½ x′Ax − b′x in a box: what would leave it stays at its side, the furthest first, and the others are solved again.
 * @param curvature - A, positive semidefinite
 * @param slope - b
 */
export function leastInBox(curvature: Matrix, slope: readonly number[], { low, high }: Box): number[] {
  const x = slope.map(() => 0);
  const free = new Set(x.keys());
  while (free.size > 0) {
    const own = [...free];
    const held = [...x.keys()].filter((k) => !free.has(k));
    const right = own.map((k) => slope[k]! - held.reduce((sum, j) => sum + curvature.get(k, j) * x[j]!, 0));
    const block = new Matrix(own.map((a) => own.map((b) => curvature.get(a, b))));
    const solved = solve(block, Matrix.columnVector(right), true);
    let [worst, excess] = [-1, 0];
    for (const [row, k] of own.entries()) {
      x[k] = solved.get(row, 0);
      const width = Math.min(high[k]! - low[k]!, Math.max(1, Math.abs(low[k]!)) * 1e6);
      const beyond = Math.max(low[k]! - x[k]!, x[k]! - high[k]!) / Math.max(width, Number.MIN_VALUE);
      if (beyond > excess) [worst, excess] = [k, beyond];
    }
    if (worst < 0) return x;
    x[worst] = Math.min(high[worst]!, Math.max(low[worst]!, x[worst]!));
    free.delete(worst);
  }
  return x;
}
