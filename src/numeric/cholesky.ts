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
  for (let i = 0; i < n; i++) if (!factorRow(a, i, n, out)) return { kind: 'not-positive-definite', row: i };
  return { kind: 'factored', lower: out };
}

function factorRow(a: Readonly<Float64Array>, i: number, n: number, out: Float64Array): boolean {
  const row = i * n;
  for (let j = 0; j < i; j++) {
    const other = j * n;
    out[row + j] = (a[row + j]! - dot(out, row, out, other, j)) / out[other + j]!;
  }
  const pivot = a[row + i]! - dot(out, row, out, row, i);
  // Written so that NaN fails too.
  if (!(pivot > 0) || pivot === Number.POSITIVE_INFINITY) return false;
  out[row + i] = Math.sqrt(pivot);
  return true;
}

/**
 * Factor of the matrix grown by rows below: the first `known` rows of L are copied, the rest computed,
 * at n² / 2 multiply-adds for each new row.
 * @param lower - factor of the leading known × known block, row-major
 * @param a - the whole matrix, row-major n × n
 */
export function choleskyExtend(
  lower: Readonly<Float64Array>,
  known: number,
  a: Readonly<Float64Array>,
  n: number,
): CholeskyResult {
  const out = new Float64Array(n * n);
  for (let i = 0; i < known; i++) {
    for (let j = 0; j <= i; j++) out[i * n + j] = lower[i * known + j]!;
  }
  for (let i = known; i < n; i++) if (!factorRow(a, i, n, out)) return { kind: 'not-positive-definite', row: i };
  return { kind: 'factored', lower: out };
}

/** Solves L x = b. @param out - may be `b` itself */
export function solveLower(
  lower: Readonly<Float64Array>,
  n: number,
  b: Readonly<Float64Array>,
  out: Float64Array = new Float64Array(n),
): Float64Array {
  for (let i = 0; i < n; i++) {
    const row = i * n;
    out[i] = (b[i]! - dot(lower, row, out, 0, i)) / lower[row + i]!;
  }
  return out;
}

/** Solves Lᵀ x = b. @param out - may be `b` itself */
export function solveUpper(
  lower: Readonly<Float64Array>,
  n: number,
  b: Readonly<Float64Array>,
  out: Float64Array = new Float64Array(n),
): Float64Array {
  if (out !== b) out.set(b);
  for (let i = n - 1; i >= 0; i--) {
    const row = i * n;
    const x = out[i]! / lower[row + i]!;
    out[i] = x;
    for (let j = 0; j < i; j++) out[j]! -= lower[row + j]! * x;
  }
  return out;
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
  for (let j = 0; j < n; j++) {
    const column = j * n;
    for (let i = 0; i < j; i++) out[column + i] = 0;
    out[column + j] = 1 / lower[column + j]!;
    for (let i = j + 1; i < n; i++) {
      const row = i * n;
      out[column + i] = -dot(lower, row + j, out, column + j, i - j) / lower[row + i]!;
    }
  }
  return out;
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
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      const value = dot(inverseTransposed, i * n + i, inverseTransposed, j * n + i, n - i);
      out[i * n + j] = value;
      out[j * n + i] = value;
    }
  }
  return out;
}

/** log det(L Lᵀ). */
export function logDeterminant(lower: Readonly<Float64Array>, n: number): number {
  let sum = 0;
  for (let i = 0; i < n; i++) sum += Math.log(lower[i * n + i]!);
  return 2 * sum;
}

/** Inner product of `length` entries that start at `i` and `j`. Four partial sums hide the latency of the adder. */
export function dot(
  x: Readonly<Float64Array>,
  i: number,
  y: Readonly<Float64Array>,
  j: number,
  length: number,
): number {
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  let k = 0;
  for (; k + 3 < length; k += 4) {
    s0 += x[i + k]! * y[j + k]!;
    s1 += x[i + k + 1]! * y[j + k + 1]!;
    s2 += x[i + k + 2]! * y[j + k + 2]!;
    s3 += x[i + k + 3]! * y[j + k + 3]!;
  }
  for (; k < length; k++) s0 += x[i + k]! * y[j + k]!;
  return s0 + s1 + (s2 + s3);
}
