// Linear algebra on row-major matrices of doubles at addresses of the memory. Sums run in the order of src/numeric, so that each
// result has the same bits as there.

/** Address of entry i. */
@inline
export function at(base: usize, i: i32): usize {
  return base + (<usize>i << 3);
}

@inline
export function get(base: usize, i: i32): f64 {
  return load<f64>(at(base, i));
}

@inline
export function set(base: usize, i: i32, value: f64): void {
  store<f64>(at(base, i), value);
}

@inline
export function pair(base: usize, i: i32): v128 {
  return v128.load(at(base, i));
}

@inline
export function setPair(base: usize, i: i32, value: v128): void {
  v128.store(at(base, i), value);
}

@inline
function splatAt(base: usize, i: i32): v128 {
  return v128.load_splat<f64>(at(base, i));
}

/** Entry i of two rows. */
@inline
function gather(first: usize, second: usize, i: i32): v128 {
  return v128.load_lane<f64>(at(second, i), v128.load_zero<f64>(at(first, i)), 1);
}

@inline
function multiplyAdd(sum: v128, x: v128, y: v128): v128 {
  return f64x2.add(sum, f64x2.mul(x, y));
}

/** Inner product with four partial sums. */
export function dot(x: usize, y: usize, length: i32): f64 {
  let a = f64x2.splat(0);
  let b = f64x2.splat(0);
  let k = 0;
  for (; k + 3 < length; k += 4) {
    a = multiplyAdd(a, pair(x, k), pair(y, k));
    b = multiplyAdd(b, pair(x, k + 2), pair(y, k + 2));
  }
  let s0 = f64x2.extract_lane(a, 0);
  for (; k < length; k++) s0 += get(x, k) * get(y, k);
  return s0 + f64x2.extract_lane(a, 1) + (f64x2.extract_lane(b, 0) + f64x2.extract_lane(b, 1));
}

/** Factors A = L Lᵀ in place; reads and writes the lower triangle. @returns false when A is not positive definite */
export function factor(a: usize, n: i32): bool {
  let row = 0;
  for (; row + 3 < n; row += 4) {
    factorFourRows(a, row, n);
    if (!finishRow(a, row, row, n)) return false;
    if (!finishRow(a, row + 1, row, n)) return false;
    factorTwoRows(a, row + 2, row, n);
    if (!finishRow(a, row + 2, row + 2, n)) return false;
    if (!finishRow(a, row + 3, row + 2, n)) return false;
  }
  for (; row < n; row++) {
    const first = row - (row & 1);
    const paired = first + 1 < n;
    if (paired && row === first) factorTwoRows(a, row, 0, n);
    if (!finishRow(a, row, paired ? first : 0, n)) return false;
  }
  return true;
}

/** Columns 0 … i − 1 (i even) of four rows from i on, two columns at a time. */
function factorFourRows(a: usize, i: i32, n: i32): void {
  const r0 = at(a, i * n);
  const r1 = at(r0, n);
  const r2 = at(r1, n);
  const r3 = at(r2, n);
  for (let j = 0; j < i; j += 2) {
    const left = at(a, j * n);
    const right = at(left, n);
    let s0 = f64x2.splat(0);
    let s1 = f64x2.splat(0);
    let s2 = f64x2.splat(0);
    let s3 = f64x2.splat(0);
    for (let k = 0; k < j; k++) {
      const uv = gather(left, right, k);
      s0 = multiplyAdd(s0, splatAt(r0, k), uv);
      s1 = multiplyAdd(s1, splatAt(r1, k), uv);
      s2 = multiplyAdd(s2, splatAt(r2, k), uv);
      s3 = multiplyAdd(s3, splatAt(r3, k), uv);
    }
    const first = get(left, j);
    const cross = get(right, j);
    const second = get(right, j + 1);
    finishBlock(r0, j, s0, first, cross, second);
    finishBlock(r1, j, s1, first, cross, second);
    finishBlock(r2, j, s2, first, cross, second);
    finishBlock(r3, j, s3, first, cross, second);
  }
}

/** Columns from … i − 1 (both even) of rows i and i + 1. */
function factorTwoRows(a: usize, i: i32, from: i32, n: i32): void {
  const top = at(a, i * n);
  const bottom = at(top, n);
  for (let j = from; j < i; j += 2) {
    const left = at(a, j * n);
    const right = at(left, n);
    let s0 = f64x2.splat(0);
    let s1 = f64x2.splat(0);
    for (let k = 0; k < j; k++) {
      const uv = gather(left, right, k);
      s0 = multiplyAdd(s0, splatAt(top, k), uv);
      s1 = multiplyAdd(s1, splatAt(bottom, k), uv);
    }
    const first = get(left, j);
    const cross = get(right, j);
    const second = get(right, j + 1);
    finishBlock(top, j, s0, first, cross, second);
    finishBlock(bottom, j, s1, first, cross, second);
  }
}

@inline
function finishBlock(row: usize, j: i32, sums: v128, first: f64, cross: f64, second: f64): void {
  const x = (get(row, j) - f64x2.extract_lane(sums, 0)) / first;
  set(row, j, x);
  set(row, j + 1, (get(row, j + 1) - f64x2.extract_lane(sums, 1) - x * cross) / second);
}

/** Completes a row whose columns before `from` are done. */
function finishRow(a: usize, i: i32, from: i32, n: i32): bool {
  const row = at(a, i * n);
  for (let j = from; j < i; j++) {
    const other = at(a, j * n);
    set(row, j, (get(row, j) - dot(row, other, j)) / get(other, j));
  }
  const pivot = get(row, i) - dot(row, row, i);
  // Written so that NaN fails too.
  if (!(pivot > 0) || pivot === Infinity) return false;
  set(row, i, Math.sqrt(pivot));
  return true;
}

/** Solves L x = b; `out` may be `b`. Four rows at a time, each with the four partial sums of `dot`. */
export function solveLower(lower: usize, n: i32, b: usize, out: usize): void {
  let i = 0;
  for (; i + 3 < n; i += 4) solveFourRows(lower, i, n, b, out);
  for (; i < n; i++) {
    const row = at(lower, i * n);
    set(out, i, (get(b, i) - dot(row, out, i)) / get(row, i));
  }
}

function solveFourRows(lower: usize, i: i32, n: i32, b: usize, out: usize): void {
  const r0 = at(lower, i * n);
  const r1 = at(r0, n);
  const r2 = at(r1, n);
  const r3 = at(r2, n);
  let a0 = f64x2.splat(0);
  let a1 = f64x2.splat(0);
  let a2 = f64x2.splat(0);
  let a3 = f64x2.splat(0);
  let b0 = f64x2.splat(0);
  let b1 = f64x2.splat(0);
  let b2 = f64x2.splat(0);
  let b3 = f64x2.splat(0);
  for (let k = 0; k < i; k += 4) {
    const x = pair(out, k);
    const y = pair(out, k + 2);
    a0 = multiplyAdd(a0, pair(r0, k), x);
    b0 = multiplyAdd(b0, pair(r0, k + 2), y);
    a1 = multiplyAdd(a1, pair(r1, k), x);
    b1 = multiplyAdd(b1, pair(r1, k + 2), y);
    a2 = multiplyAdd(a2, pair(r2, k), x);
    b2 = multiplyAdd(b2, pair(r2, k + 2), y);
    a3 = multiplyAdd(a3, pair(r3, k), x);
    b3 = multiplyAdd(b3, pair(r3, k + 2), y);
  }
  const x0 = (get(b, i) - total(f64x2.extract_lane(a0, 0), a0, b0)) / get(r0, i);
  set(out, i, x0);
  const t1 = f64x2.extract_lane(a1, 0) + get(r1, i) * x0;
  const x1 = (get(b, i + 1) - total(t1, a1, b1)) / get(r1, i + 1);
  set(out, i + 1, x1);
  const t2 = f64x2.extract_lane(a2, 0) + get(r2, i) * x0 + get(r2, i + 1) * x1;
  const x2 = (get(b, i + 2) - total(t2, a2, b2)) / get(r2, i + 2);
  set(out, i + 2, x2);
  const t3 = f64x2.extract_lane(a3, 0) + get(r3, i) * x0 + get(r3, i + 1) * x1 + get(r3, i + 2) * x2;
  set(out, i + 3, (get(b, i + 3) - total(t3, a3, b3)) / get(r3, i + 3));
}

/** Sum of four partial sums, of which the first may have grown. */
@inline
function total(s0: f64, a: v128, b: v128): f64 {
  return s0 + f64x2.extract_lane(a, 1) + (f64x2.extract_lane(b, 0) + f64x2.extract_lane(b, 1));
}

/** Solves Lᵀ x = b in place, four rows at a time. */
export function solveUpper(lower: usize, n: i32, x: usize): void {
  let i = n - 1;
  for (; i > 2; i -= 4) {
    const r0 = at(lower, i * n);
    const r1 = r0 - (<usize>n << 3);
    const r2 = r1 - (<usize>n << 3);
    const r3 = r2 - (<usize>n << 3);
    const x0 = get(x, i) / get(r0, i);
    const x1 = (get(x, i - 1) - get(r0, i - 1) * x0) / get(r1, i - 1);
    const x2 = (get(x, i - 2) - get(r0, i - 2) * x0 - get(r1, i - 2) * x1) / get(r2, i - 2);
    const x3 = (get(x, i - 3) - get(r0, i - 3) * x0 - get(r1, i - 3) * x1 - get(r2, i - 3) * x2) / get(r3, i - 3);
    set(x, i, x0);
    set(x, i - 1, x1);
    set(x, i - 2, x2);
    set(x, i - 3, x3);
    let j = 0;
    for (; j + 1 < i - 3; j += 2) {
      let y = f64x2.sub(pair(x, j), f64x2.mul(pair(r0, j), f64x2.splat(x0)));
      y = f64x2.sub(y, f64x2.mul(pair(r1, j), f64x2.splat(x1)));
      y = f64x2.sub(y, f64x2.mul(pair(r2, j), f64x2.splat(x2)));
      setPair(x, j, f64x2.sub(y, f64x2.mul(pair(r3, j), f64x2.splat(x3))));
    }
    if (j < i - 3)
      set(x, j, get(x, j) - get(r0, j) * x0 - get(r1, j) * x1 - get(r2, j) * x2 - get(r3, j) * x3);
  }
  for (; i >= 0; i--) {
    const row = at(lower, i * n);
    const known = get(x, i) / get(row, i);
    set(x, i, known);
    for (let j = 0; j < i; j++) set(x, j, get(x, j) - get(row, j) * known);
  }
}

/** Row j of `out` becomes column j of L⁻¹ from the diagonal on; what lies left of it must be zero and stays so. */
export function invertTransposed(lower: usize, n: i32, out: usize): void {
  let j = 0;
  for (; j + 1 < n; j += 2) invertTwoColumns(lower, j, n, out);
  if (j < n) set(out, j * n + j, 1 / get(lower, j * n + j));
}

function invertTwoColumns(lower: usize, j: i32, n: i32, out: usize): void {
  const one = at(out, j * n);
  const two = at(one, n);
  const diagonal = at(lower, j * n);
  const below = at(diagonal, n);
  set(one, j, 1 / get(diagonal, j));
  set(two, j + 1, 1 / get(below, j + 1));
  set(one, j + 1, (-get(below, j) * get(one, j)) / get(below, j + 1));
  let i = j + 2;
  for (; i + 1 < n; i += 2) {
    const top = at(lower, i * n);
    const bottom = at(top, n);
    let s0 = f64x2.splat(0);
    let s1 = f64x2.splat(0);
    for (let k = j; k < i; k++) {
      const uv = gather(one, two, k);
      s0 = multiplyAdd(s0, splatAt(top, k), uv);
      s1 = multiplyAdd(s1, splatAt(bottom, k), uv);
    }
    const first = get(top, i);
    const cross = get(bottom, i);
    const second = get(bottom, i + 1);
    const u = -f64x2.extract_lane(s0, 0) / first;
    const v = -f64x2.extract_lane(s0, 1) / first;
    set(one, i, u);
    set(two, i, v);
    set(one, i + 1, -(f64x2.extract_lane(s1, 0) + cross * u) / second);
    set(two, i + 1, -(f64x2.extract_lane(s1, 1) + cross * v) / second);
  }
  for (; i < n; i++) {
    const row = at(lower, i * n);
    set(one, i, -dot(at(row, j), at(one, j), i - j) / get(row, i));
    set(two, i, -dot(at(row, j), at(two, j), i - j) / get(row, i));
  }
}

/** Lower triangle of (L Lᵀ)⁻¹ from the transposed inverse of L. */
export function inverseFromFactor(transposed: usize, n: i32, out: usize): void {
  let i = 0;
  for (; i + 3 < n; i += 4) {
    for (let j = 0; j <= i; j += 2) inverseBlock(transposed, i, j, n, out, true);
    inverseBlock(transposed, i + 2, i + 2, n, out, false);
  }
  for (; i + 1 < n; i += 2) for (let j = 0; j <= i; j += 2) inverseBlock(transposed, i, j, n, out, false);
  if (i < n)
    for (let j = 0; j <= i; j++)
      set(out, i * n + j, get(transposed, i * n + i) * get(transposed, j * n + i));
}

/** Rows i and i + 1, or four from i on, of columns j and j + 1. Entries left of a diagonal are zero, so all sums start at i. */
@inline
function inverseBlock(transposed: usize, i: i32, j: i32, n: i32, out: usize, four: bool): void {
  const r0 = at(transposed, i * n);
  const r1 = at(r0, n);
  const r2 = four ? at(r1, n) : r1;
  const r3 = four ? at(r2, n) : r1;
  const left = at(transposed, j * n);
  const right = at(left, n);
  let s0 = f64x2.splat(0);
  let s1 = f64x2.splat(0);
  let s2 = f64x2.splat(0);
  let s3 = f64x2.splat(0);
  for (let k = i; k < n; k++) {
    const uv = gather(left, right, k);
    s0 = multiplyAdd(s0, splatAt(r0, k), uv);
    s1 = multiplyAdd(s1, splatAt(r1, k), uv);
    if (four) {
      s2 = multiplyAdd(s2, splatAt(r2, k), uv);
      s3 = multiplyAdd(s3, splatAt(r3, k), uv);
    }
  }
  const first = at(out, i * n);
  setPair(first, j, s0);
  setPair(at(first, n), j, s1);
  if (four) {
    setPair(at(first, 2 * n), j, s2);
    setPair(at(first, 3 * n), j, s3);
  }
}
