import { dot } from './dot.ts';
import { solveLower, solveUpper } from './triangular-solve.ts';

/** Lower factor of a symmetric positive definite matrix, row-major n × n; the upper triangle is unspecified. */
export type CholeskyResult =
  | { readonly kind: 'factored'; readonly lower: Float64Array }
  | { readonly kind: 'not-positive-definite'; readonly row: number };

/**
 * Factors A = L Lᵀ in n³/6 multiply-adds, row by row, so that all inner products run over contiguous memory.
 * @param a - row-major n × n, only the lower triangle is read
 * @param out - receives L; may be `a` itself
 * @see Golub & Van Loan 2013, "Matrix Computations", section 4.2
 */
export function choleskyFactor(
  a: Readonly<Float64Array>,
  n: number,
  out: Float64Array = new Float64Array(n * n),
): CholeskyResult {
  // One place finishes the rows of pairs and a last one without a partner: odd sizes run the code that even ones made hot.
  for (let row = 0; row < n; row++) {
    const first = row - (row & 1);
    const paired = first + 1 < n;
    if (paired && row === first) factorRowPair(a, first, n, out);
    if (!finishRow(a, row, paired ? first : 0, n, out)) return { kind: 'not-positive-definite', row };
  }
  return { kind: 'factored', lower: out };
}

/**
 * Columns 0 … i − 1 (i even) of rows i and i + 1, in 2 × 2 blocks: four products for four loads, where single inner
 * products need two loads each.
 */
function factorRowPair(a: Readonly<Float64Array>, i: number, n: number, out: Float64Array): void {
  const top = i * n;
  const bottom = top + n;
  for (let j = 0; j < i; j += 2) {
    const left = j * n;
    const right = left + n;
    let s00 = 0;
    let s01 = 0;
    let s10 = 0;
    let s11 = 0;
    for (let k = 0; k < j; k++) {
      const x = out[top + k]!;
      const y = out[bottom + k]!;
      const u = out[left + k]!;
      const v = out[right + k]!;
      s00 += x * u;
      s01 += x * v;
      s10 += y * u;
      s11 += y * v;
    }
    const first = out[left + j]!;
    const cross = out[right + j]!;
    const second = out[right + j + 1]!;
    const x = (a[top + j]! - s00) / first;
    const y = (a[bottom + j]! - s10) / first;
    out[top + j] = x;
    out[bottom + j] = y;
    out[top + j + 1] = (a[top + j + 1]! - s01 - x * cross) / second;
    out[bottom + j + 1] = (a[bottom + j + 1]! - s11 - y * cross) / second;
  }
}

/** Completes a row whose columns before `from` are done. */
function finishRow(a: Readonly<Float64Array>, i: number, from: number, n: number, out: Float64Array): boolean {
  const row = i * n;
  for (let j = from; j < i; j++) {
    const other = j * n;
    out[row + j] = (a[row + j]! - dot(out, row, out, other, j)) / out[other + j]!;
  }
  const pivot = a[row + i]! - dot(out, row, out, row, i);
  // Written so that NaN fails too.
  if (!(pivot > 0) || pivot === Number.POSITIVE_INFINITY) return false;
  out[row + i] = Math.sqrt(pivot);
  return true;
}

/** Solves L Lᵀ x = b. */
export function choleskySolve(lower: Readonly<Float64Array>, n: number, b: Readonly<Float64Array>): Float64Array {
  const x = solveLower(lower, n, b);
  return solveUpper(lower, n, x, x);
}

/**
 * Transposed inverse of L: row j holds column j of L⁻¹, zero left of the diagonal.
 * @param out - row-major n × n
 */
export function invertLowerTransposed(
  lower: Readonly<Float64Array>,
  n: number,
  out: Float64Array = new Float64Array(n * n),
): Float64Array {
  out.fill(0);
  let j = 0;
  for (; j + 1 < n; j += 2) invertColumnPair(lower, j, n, out);
  if (j < n) out[j * n + j] = 1 / lower[j * n + j]!;
  return out;
}

/** Columns j and j + 1 of L⁻¹ by forward substitution, two rows of L at a time. */
function invertColumnPair(lower: Readonly<Float64Array>, j: number, n: number, out: Float64Array): void {
  const one = j * n;
  const two = one + n;
  out[one + j] = 1 / lower[one + j]!;
  out[two + j + 1] = 1 / lower[two + j + 1]!;
  out[one + j + 1] = (-lower[two + j]! * out[one + j]!) / lower[two + j + 1]!;
  let i = j + 2;
  for (; i + 1 < n; i += 2) {
    const top = i * n;
    const bottom = top + n;
    let s00 = 0;
    let s01 = 0;
    let s10 = 0;
    let s11 = 0;
    for (let k = j; k < i; k++) {
      const x = lower[top + k]!;
      const y = lower[bottom + k]!;
      const u = out[one + k]!;
      const v = out[two + k]!;
      s00 += x * u;
      s01 += x * v;
      s10 += y * u;
      s11 += y * v;
    }
    const first = lower[top + i]!;
    const cross = lower[bottom + i]!;
    const second = lower[bottom + i + 1]!;
    const u = -s00 / first;
    const v = -s01 / first;
    out[one + i] = u;
    out[two + i] = v;
    out[one + i + 1] = -(s10 + cross * u) / second;
    out[two + i + 1] = -(s11 + cross * v) / second;
  }
  for (; i < n; i++) {
    const row = i * n;
    out[one + i] = -dot(lower, row + j, out, one + j, i - j) / lower[row + i]!;
    out[two + i] = -dot(lower, row + j, out, two + j, i - j) / lower[row + i]!;
  }
}

/**
 * Inverse of L Lᵀ from `invertLowerTransposed`, both triangles.
 * @param out - row-major n × n
 */
export function inverseFromFactor(
  inverseTransposed: Readonly<Float64Array>,
  n: number,
  out: Float64Array = new Float64Array(n * n),
): Float64Array {
  let i = 0;
  for (; i + 1 < n; i += 2) {
    const top = i * n;
    const bottom = top + n;
    for (let j = 0; j <= i; j += 2) {
      const left = j * n;
      const right = left + n;
      let s00 = 0;
      let s01 = 0;
      let s10 = 0;
      let s11 = 0;
      // Entries left of the diagonal are zero, so all four sums may start at k = i.
      for (let k = i; k < n; k++) {
        const x = inverseTransposed[top + k]!;
        const y = inverseTransposed[bottom + k]!;
        const u = inverseTransposed[left + k]!;
        const v = inverseTransposed[right + k]!;
        s00 += x * u;
        s01 += x * v;
        s10 += y * u;
        s11 += y * v;
      }
      out[top + j] = s00;
      out[top + j + 1] = s01;
      out[bottom + j] = s10;
      out[bottom + j + 1] = s11;
    }
  }
  if (i < n)
    for (let j = 0; j <= i; j++) out[i * n + j] = inverseTransposed[i * n + i]! * inverseTransposed[j * n + i]!;
  for (let row = 0; row < n; row++) for (let j = row + 1; j < n; j++) out[row * n + j] = out[j * n + row]!;
  return out;
}
