import { dot } from './dot.ts';

/** Solves L x = b, two rows at a time with the sums of `dot`. @param out - may be `b` itself */
export function solveLower(
  lower: Readonly<Float64Array>,
  n: number,
  b: Readonly<Float64Array>,
  out: Float64Array = new Float64Array(n),
): Float64Array {
  let i = 0;
  for (; i + 3 < n; i += 4) {
    solveRowPair(lower, i, i, n, b, out);
    solveRowPair(lower, i + 2, i, n, b, out);
  }
  for (; i < n; i++) {
    const row = i * n;
    out[i] = (b[i]! - dot(lower, row, out, 0, i)) / lower[row + i]!;
  }
  return out;
}

/** Rows i and i + 1, their first `full` entries (a multiple of four) in four partial sums. */
function solveRowPair(
  lower: Readonly<Float64Array>,
  i: number,
  full: number,
  n: number,
  b: Readonly<Float64Array>,
  out: Float64Array,
): void {
  const top = i * n;
  const bottom = top + n;
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  let t0 = 0;
  let t1 = 0;
  let t2 = 0;
  let t3 = 0;
  let k = 0;
  for (; k < full; k += 4) {
    const x0 = out[k]!;
    const x1 = out[k + 1]!;
    const x2 = out[k + 2]!;
    const x3 = out[k + 3]!;
    s0 += lower[top + k]! * x0;
    s1 += lower[top + k + 1]! * x1;
    s2 += lower[top + k + 2]! * x2;
    s3 += lower[top + k + 3]! * x3;
    t0 += lower[bottom + k]! * x0;
    t1 += lower[bottom + k + 1]! * x1;
    t2 += lower[bottom + k + 2]! * x2;
    t3 += lower[bottom + k + 3]! * x3;
  }
  for (; k < i; k++) {
    s0 += lower[top + k]! * out[k]!;
    t0 += lower[bottom + k]! * out[k]!;
  }
  const x = (b[i]! - (s0 + s1 + (s2 + s3))) / lower[top + i]!;
  out[i] = x;
  t0 += lower[bottom + i]! * x;
  out[i + 1] = (b[i + 1]! - (t0 + t1 + (t2 + t3))) / lower[bottom + i + 1]!;
}

/** Solves Lᵀ x = b, four rows at a time. @param out - may be `b` itself */
export function solveUpper(
  lower: Readonly<Float64Array>,
  n: number,
  b: Readonly<Float64Array>,
  out: Float64Array = new Float64Array(n),
): Float64Array {
  if (out !== b) out.set(b);
  let i = n - 1;
  for (; i > 2; i -= 4) {
    const r0 = i * n;
    const r1 = r0 - n;
    const r2 = r1 - n;
    const r3 = r2 - n;
    const x0 = out[i]! / lower[r0 + i]!;
    const x1 = (out[i - 1]! - lower[r0 + i - 1]! * x0) / lower[r1 + i - 1]!;
    const x2 = (out[i - 2]! - lower[r0 + i - 2]! * x0 - lower[r1 + i - 2]! * x1) / lower[r2 + i - 2]!;
    const x3 =
      (out[i - 3]! - lower[r0 + i - 3]! * x0 - lower[r1 + i - 3]! * x1 - lower[r2 + i - 3]! * x2) / lower[r3 + i - 3]!;
    out[i] = x0;
    out[i - 1] = x1;
    out[i - 2] = x2;
    out[i - 3] = x3;
    for (let j = 0; j < i - 3; j++)
      out[j] = out[j]! - lower[r0 + j]! * x0 - lower[r1 + j]! * x1 - lower[r2 + j]! * x2 - lower[r3 + j]! * x3;
  }
  for (; i >= 0; i--) {
    const row = i * n;
    const x = out[i]! / lower[row + i]!;
    out[i] = x;
    for (let j = 0; j < i; j++) out[j]! -= lower[row + j]! * x;
  }
  return out;
}
