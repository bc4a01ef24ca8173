// Joint draws of a process at several points; see src/optimizer/acquisition/joint-draws.ts.

import { at, dot, factor, get, pair, set } from './algebra';
import { quantile } from './normal';
import { fillPrior, predict, Process } from './prediction';

@unmanaged
class Joint {
  process: usize;
  /** The points, as a process without values; its lower triangle becomes their covariance. */
  points: usize;
  rows: i32;
  /** Doubles between two rows of `solved`. */
  stride: i32;
  means: usize;
  /** By point: L⁻¹ k(x). */
  solved: usize;
  factored: usize;
  /** Uniform numbers of one draw, which become normal, and the draw. */
  uniforms: usize;
  draw: usize;
}

/** Number of bytes behind draws at so many rows from a process of so many points. */
export function jointSize(rows: i32, points: i32): usize {
  return layoutJoint(0, rows, points, 0, 0);
}

/** Lays draws out from `base` on; without one, only counts. @returns the first address behind them */
export function layoutJoint(base: usize, rows: i32, points: i32, process: usize, places: usize): usize {
  const stride = (points + 1) & ~1;
  const means = (base + offsetof<Joint>() + 15) & ~15;
  const solved = at(means, (rows + 1) & ~1);
  const factored = at(solved, rows * stride);
  const uniforms = at(factored, rows * rows);
  const draw = at(uniforms, rows);
  const end = at(draw, rows);
  if (base === 0) return end;
  const joint = changetype<Joint>(base);
  joint.process = process;
  joint.points = places;
  joint.rows = rows;
  joint.stride = stride;
  joint.means = means;
  joint.solved = solved;
  joint.factored = factored;
  joint.uniforms = uniforms;
  joint.draw = draw;
  memory.fill(means, 0, end - means);
  return end;
}

/** Means at the points, and their covariance in the lower triangle of the points. */
export function fillJoint(joint: Joint): f64 {
  const process = changetype<Process>(joint.process);
  const points = changetype<Process>(joint.points);
  const n = process.rows;
  const rows = joint.rows;
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < process.width; j++) set(process.x, j, get(points.features, j * points.stride + i));
    predict(process);
    set(joint.means, i, get(process.means, 0));
    memory.copy(at(joint.solved, i * joint.stride), process.solved, <usize>n << 3);
  }
  fillPrior(points);
  const lower = points.lower;
  for (let i = 0; i < rows; i++) {
    const own = at(joint.solved, i * joint.stride);
    let j = 0;
    for (; j + 1 <= i; j += 2) subtractTwo(own, at(joint.solved, j * joint.stride), joint.stride, n, at(lower, i * rows + j));
    if (j <= i) set(lower, i * rows + j, get(lower, i * rows + j) - dot(own, at(joint.solved, j * joint.stride), n));
  }
  return get(joint.means, 0);
}

/** Two entries less the inner products with two rows, each with the sums of `dot`. */
function subtractTwo(own: usize, other: usize, stride: i32, n: i32, out: usize): void {
  const next = at(other, stride);
  let a0 = f64x2.splat(0);
  let a1 = f64x2.splat(0);
  let b0 = f64x2.splat(0);
  let b1 = f64x2.splat(0);
  let k = 0;
  for (; k + 3 < n; k += 4) {
    const x = pair(own, k);
    const y = pair(own, k + 2);
    a0 = f64x2.add(a0, f64x2.mul(x, pair(other, k)));
    a1 = f64x2.add(a1, f64x2.mul(y, pair(other, k + 2)));
    b0 = f64x2.add(b0, f64x2.mul(x, pair(next, k)));
    b1 = f64x2.add(b1, f64x2.mul(y, pair(next, k + 2)));
  }
  let s = f64x2.extract_lane(a0, 0);
  let t = f64x2.extract_lane(b0, 0);
  for (; k < n; k++) {
    s += get(own, k) * get(other, k);
    t += get(own, k) * get(next, k);
  }
  s = s + f64x2.extract_lane(a0, 1) + (f64x2.extract_lane(a1, 0) + f64x2.extract_lane(a1, 1));
  t = t + f64x2.extract_lane(b0, 1) + (f64x2.extract_lane(b1, 0) + f64x2.extract_lane(b1, 1));
  set(out, 0, get(out, 0) - s);
  set(out, 1, get(out, 1) - t);
}

/** Factors the covariance with so much more on its diagonal, whose entries count as at least 0. @returns false where that fails */
export function factorJoint(joint: Joint, extra: f64): bool {
  const rows = joint.rows;
  const lower = changetype<Process>(joint.points).lower;
  memory.copy(joint.factored, lower, <usize>(rows * rows) << 3);
  for (let i = 0; i < rows; i++) set(joint.factored, i * rows + i, max(get(lower, i * rows + i), 0) + extra);
  return factor(joint.factored, rows);
}

/** Standard normal numbers from uniform ones; next to ½ they are left to src/numeric/normal.ts. */
export function normalize(joint: Joint): f64 {
  for (let i = 0; i < joint.rows; i++) set(joint.uniforms, i, quantile(get(joint.uniforms, i)));
  return 0;
}

/** One draw from normal numbers. */
export function drawJoint(joint: Joint): f64 {
  const rows = joint.rows;
  const normals = joint.uniforms;
  for (let i = 0; i < rows; i++) {
    const row = at(joint.factored, i * rows);
    let sum = get(joint.means, i);
    for (let k = 0; k <= i; k++) sum += get(row, k) * get(normals, k);
    set(joint.draw, i, sum);
  }
  return 0;
}
