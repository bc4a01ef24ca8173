import { CholeskyDecomposition, inverse, Matrix } from 'ml-matrix';
import { describe, expect, it } from 'vitest';
import { stream } from '../../src/base/random.ts';
import { choleskyFactor, choleskySolve, inverseFromFactor, invertLowerTransposed } from '../../src/numeric/cholesky.ts';
import { dot } from '../../src/numeric/dot.ts';
import { solveLower, solveUpper } from '../../src/numeric/triangular-solve.ts';

/** Random positive definite matrix, flat and as an ml-matrix. */
function positiveDefinite(n: number, seed: number): { readonly flat: Float64Array; readonly matrix: Matrix } {
  const rng = stream(seed, 'matrix');
  const root = Matrix.zeros(n, n).apply(function fill(this: Matrix, i, j) {
    this.set(i, j, rng.normal());
  });
  const matrix = root.mmul(root.transpose()).add(Matrix.eye(n).mul(0.5));
  return { flat: Float64Array.from(matrix.to1DArray()), matrix };
}

function lowerOf(flat: Float64Array, n: number): Float64Array {
  const result = choleskyFactor(flat, n);
  if (result.kind !== 'factored') throw new Error(`row ${result.row}`);
  return result.lower;
}

describe('Cholesky kernels', () => {
  for (const n of [1, 2, 3, 4, 5, 8, 17, 32]) {
    it(`agree with ml-matrix for n = ${n}`, () => {
      const { flat, matrix } = positiveDefinite(n, n);
      const lower = lowerOf(flat, n);
      const oracle = new CholeskyDecomposition(matrix).lowerTriangularMatrix;
      const b = Float64Array.from({ length: n }, (_, i) => Math.sin(i + 1));
      const x = choleskySolve(lower, n, b);
      const inverseOracle = inverse(matrix);
      const byKernel = inverseFromFactor(invertLowerTransposed(lower, n), n);
      for (let i = 0; i < n; i++) {
        for (let j = 0; j <= i; j++) expect(lower[i * n + j]).toBeCloseTo(oracle.get(i, j), 9);
        for (let j = 0; j < n; j++) expect(byKernel[i * n + j]).toBeCloseTo(inverseOracle.get(i, j), 7);
        expect(dot(flat, i * n, x, 0, n)).toBeCloseTo(b[i]!, 8);
      }
      const y = solveLower(lower, n, b);
      expect([...solveUpper(lower, n, y)]).toEqual([...x]);
    });
  }

  it('solve in blocks with the bits of one row at a time, in place too', () => {
    for (let n = 1; n <= 14; n++) {
      const lower = lowerOf(positiveDefinite(n, 40 + n).flat, n);
      const b = Float64Array.from({ length: n }, (_, i) => Math.cos(3 * i + n));
      const down = new Float64Array(n);
      for (let i = 0; i < n; i++) down[i] = (b[i]! - dot(lower, i * n, down, 0, i)) / lower[i * n + i]!;
      const up = b.slice();
      for (let i = n - 1; i >= 0; i--) {
        up[i]! /= lower[i * n + i]!;
        for (let j = 0; j < i; j++) up[j]! -= lower[i * n + j]! * up[i]!;
      }
      expect([...solveLower(lower, n, b)]).toEqual([...down]);
      expect([...solveUpper(lower, n, b)]).toEqual([...up]);
      const [first, second] = [b.slice(), b.slice()];
      expect([...solveLower(lower, n, first, first)]).toEqual([...down]);
      expect([...solveUpper(lower, n, second, second)]).toEqual([...up]);
    }
  });

  it('name the row at which a matrix stops being positive definite', () => {
    expect(choleskyFactor(Float64Array.from([1, 2, 2, 1]), 2)).toEqual({ kind: 'not-positive-definite', row: 1 });
    expect(choleskyFactor(Float64Array.from([4, 0, 0, 0, Number.NaN, 0, 0, 0, 1]), 3)).toEqual({
      kind: 'not-positive-definite',
      row: 1,
    });
    expect(choleskyFactor(Float64Array.from([-1]), 1)).toEqual({ kind: 'not-positive-definite', row: 0 });
  });
});
