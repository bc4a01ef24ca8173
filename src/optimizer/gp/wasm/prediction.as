// A Gaussian process conditioned on values at points, and what it predicts; see src/optimizer/gp/posterior.ts.

import { at, dot, factor, get, pair, set, setPair, solveLower, solveUpper } from './algebra';
import { exp2 } from './exponential';
import { MEAN_VARIANCE, radialProfile } from './kernel';

/** One process. Rows of arrays by feature and point are `stride` long. */
@unmanaged
export class Process {
  rows: i32;
  width: i32;
  shape: i32;
  /** Vectors of values. */
  members: i32;
  stride: i32;
  weights: usize;
  /** By feature, 1 where equal or not is all that counts. */
  categorical: usize;
  /** By feature and point. */
  features: usize;
  noise: usize;
  lower: usize;
  /** By member and point; the values before they are solved for. */
  alphas: usize;
  /** Where to predict, and what is predicted there. */
  x: usize;
  means: usize;
  toMeans: usize;
  gradient: usize;
  covariance: usize;
  /** dκ/d(r²); of the additive kernel Σ z. */
  slopes: usize;
  products: usize;
  /** By feature and point: z of the additive kernel. */
  terms: usize;
  solved: usize;
  signal: f64;
  first: f64;
  second: f64;
  priorVariance: f64;
}

const ADDITIVE: i32 = 2;

/** Number of bytes behind a process. */
export function processSize(rows: i32, width: i32, shape: i32, members: i32): usize {
  return layoutProcess(0, rows, width, shape, members);
}

/** Lays a process out from `base` on; without one, only counts. @returns the first address behind it */
export function layoutProcess(base: usize, rows: i32, width: i32, shape: i32, members: i32): usize {
  const stride = (rows + 1) & ~1;
  const even = (width + 1) & ~1;
  const additive = shape === ADDITIVE ? stride : 0;
  const weights = (base + offsetof<Process>() + 15) & ~15;
  const categorical = at(weights, even);
  const features = at(categorical, even);
  const noise = at(features, width * stride);
  const lower = at(noise, stride);
  const alphas = at(lower, (rows * rows + 3) & ~1);
  const x = at(alphas, members * stride);
  const means = at(x, even);
  const toMeans = at(means, members);
  const gradient = at(toMeans, members);
  const covariance = at(gradient, even);
  const slopes = at(covariance, stride);
  const products = at(slopes, stride);
  const terms = at(products, additive);
  const solved = at(terms, width * additive);
  const end = at(solved, stride);
  if (base === 0) return end;
  const process = changetype<Process>(base);
  process.rows = rows;
  process.width = width;
  process.shape = shape;
  process.members = members;
  process.stride = stride;
  process.weights = weights;
  process.categorical = categorical;
  process.features = features;
  process.noise = noise;
  process.lower = lower;
  process.alphas = alphas;
  process.x = x;
  process.means = means;
  process.toMeans = toMeans;
  process.gradient = gradient;
  process.covariance = covariance;
  process.slopes = slopes;
  process.products = products;
  process.terms = terms;
  process.solved = solved;
  memory.fill(weights, 0, end - weights);
  return end;
}

export function setKernel(process: Process, signal: f64, first: f64, second: f64, priorVariance: f64): void {
  process.signal = signal;
  process.first = first;
  process.second = second;
  process.priorVariance = priorVariance;
}

/** Prior covariance of the points, mean included, into the lower triangle. */
export function fillPrior(process: Process): void {
  const rows = process.rows;
  const width = process.width;
  for (let a = 0; a < rows; a++) {
    for (let j = 0; j < width; j++) set(process.x, j, get(process.features, j * process.stride + a));
    crossCovariance(process, a + 1);
    memory.copy(at(process.lower, a * rows), process.covariance, <usize>(a + 1) << 3);
  }
}

/** Factors the prior covariance with noise and so much more on the diagonal. @returns false where that fails */
export function condition(process: Process, extra: f64): bool {
  fillPrior(process);
  const rows = process.rows;
  for (let i = 0; i < rows; i++)
    set(process.lower, i * rows + i, get(process.lower, i * rows + i) + (get(process.noise, i) + extra));
  if (!factor(process.lower, rows)) return false;
  for (let s = 0; s < process.members; s++) {
    const alpha = at(process.alphas, s * process.stride);
    solveLower(process.lower, rows, alpha, alpha);
    solveUpper(process.lower, rows, alpha);
  }
  return true;
}

/** Covariances, mean included, of the value at x and at the first `rows` points. */
function crossCovariance(process: Process, rows: i32): void {
  if (process.shape === ADDITIVE) additiveCovariance(process, rows);
  else radialCovariance(process, rows);
}

/** Squared differences of feature j at x and at points a and a + 1; 0 or 1 for a category. */
@inline
function squaredDifference(process: Process, j: i32, a: i32): v128 {
  const delta = f64x2.sub(f64x2.splat(get(process.x, j)), pair(process.features, j * process.stride + a));
  if (get(process.categorical, j) === 1)
    return v128.and(f64x2.ne(delta, f64x2.splat(0)), f64x2.splat(1));
  return f64x2.mul(delta, delta);
}

function radialCovariance(process: Process, rows: i32): void {
  const width = process.width;
  const signal = f64x2.splat(process.signal);
  for (let a = 0; a < rows; a += 2) {
    let r2 = f64x2.splat(0);
    for (let j = 0; j < width; j++)
      r2 = f64x2.add(r2, f64x2.mul(f64x2.splat(get(process.weights, j)), squaredDifference(process, j, a)));
    radialProfile(process.shape, r2, at(process.covariance, a), at(process.slopes, a));
    const value = f64x2.mul(signal, pair(process.covariance, a));
    setPair(process.covariance, a, f64x2.add(value, f64x2.splat(MEAN_VARIANCE)));
  }
}

function additiveCovariance(process: Process, rows: i32): void {
  const width = process.width;
  const halfSecond = f64x2.splat(process.second * 0.5);
  for (let a = 0; a < rows; a += 2) {
    let sum = f64x2.splat(0);
    let squares = f64x2.splat(0);
    let product = f64x2.splat(1);
    for (let j = 0; j < width; j++) {
      const w = f64x2.splat(-0.5 * get(process.weights, j));
      const z = exp2(f64x2.mul(w, squaredDifference(process, j, a)));
      setPair(process.terms, j * process.stride + a, z);
      sum = f64x2.add(sum, z);
      squares = f64x2.add(squares, f64x2.mul(z, z));
      product = f64x2.mul(product, z);
    }
    setPair(process.slopes, a, sum);
    setPair(process.products, a, product);
    const whole = f64x2.mul(f64x2.splat(process.signal), product);
    const alone = f64x2.mul(f64x2.splat(process.first), sum);
    const pairs = f64x2.mul(halfSecond, f64x2.sub(f64x2.mul(sum, sum), squares));
    const value = f64x2.add(f64x2.add(whole, alone), pairs);
    setPair(process.covariance, a, f64x2.add(value, f64x2.splat(MEAN_VARIANCE)));
  }
}

/** Means of all members at x. */
export function predictMeans(process: Process): void {
  const rows = process.rows;
  crossCovariance(process, rows);
  for (let s = 0; s < process.members; s++)
    set(process.means, s, dot(process.covariance, at(process.alphas, s * process.stride), rows));
}

/** The same, and the variance; leaves L⁻¹ k(x). */
export function predict(process: Process): f64 {
  const rows = process.rows;
  predictMeans(process);
  solveLower(process.lower, rows, process.covariance, process.solved);
  const prior = process.priorVariance;
  return max(prior - dot(process.solved, process.solved, rows), 1e-14 * prior);
}

/** Adds the gradient of Σ_s a_s mean_s(x) + b variance(x), right after a prediction at x; categories get nothing. */
export function addMomentGradient(process: Process, toVariance: f64): void {
  const rows = process.rows;
  const solved = process.solved;
  if (toVariance === 0) memory.fill(solved, 0, <usize>rows << 3);
  else solveUpper(process.lower, rows, solved);
  const byVariance = f64x2.splat(-2 * toVariance);
  for (let a = 0; a < rows; a += 2) {
    let pull = f64x2.mul(byVariance, pair(solved, a));
    for (let s = 0; s < process.members; s++) {
      const alpha = pair(process.alphas, s * process.stride + a);
      pull = f64x2.add(pull, f64x2.mul(f64x2.splat(get(process.toMeans, s)), alpha));
    }
    setPair(solved, a, pull);
  }
  if (process.shape !== ADDITIVE) {
    const twice = f64x2.splat(2 * process.signal);
    for (let a = 0; a < rows; a += 2)
      setPair(solved, a, f64x2.mul(f64x2.mul(twice, pair(solved, a)), pair(process.slopes, a)));
  }
  for (let j = 0; j < process.width; j++) if (get(process.categorical, j) === 0) addPull(process, j);
}

/** Adds what all points give to the gradient of feature j, one after the other. */
function addPull(process: Process, j: i32): void {
  const rows = process.rows;
  let sum = get(process.gradient, j);
  let a = 0;
  for (; a + 1 < rows; a += 2) {
    const both = process.shape === ADDITIVE ? additivePull(process, j, a) : radialPull(process, j, a);
    sum += f64x2.extract_lane(both, 0);
    sum += f64x2.extract_lane(both, 1);
  }
  if (a < rows) {
    const both = process.shape === ADDITIVE ? additivePull(process, j, a) : radialPull(process, j, a);
    sum += f64x2.extract_lane(both, 0);
  }
  set(process.gradient, j, sum);
}

@inline
function radialPull(process: Process, j: i32, a: i32): v128 {
  const delta = f64x2.sub(f64x2.splat(get(process.x, j)), pair(process.features, j * process.stride + a));
  return f64x2.mul(f64x2.mul(pair(process.solved, a), f64x2.splat(get(process.weights, j))), delta);
}

@inline
function additivePull(process: Process, j: i32, a: i32): v128 {
  const delta = f64x2.sub(f64x2.splat(get(process.x, j)), pair(process.features, j * process.stride + a));
  const z = pair(process.terms, j * process.stride + a);
  const others = f64x2.mul(f64x2.splat(process.second), f64x2.sub(pair(process.slopes, a), z));
  const alone = f64x2.mul(z, f64x2.add(f64x2.splat(process.first), others));
  const whole = f64x2.mul(f64x2.splat(process.signal), pair(process.products, a));
  const force = f64x2.mul(pair(process.solved, a), f64x2.add(alone, whole));
  return f64x2.neg(f64x2.mul(f64x2.mul(force, f64x2.splat(get(process.weights, j))), delta));
}
