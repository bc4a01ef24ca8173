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
  /** Weight of the variance in a gradient. */
  toVariance: f64;
}

const ADDITIVE: i32 = 2;

/** Number of bytes behind a process. */
export function processSize(rows: i32, width: i32, shape: i32, members: i32): usize {
  return layoutProcess(0, rows, width, shape, members);
}

/** Lays a process out from `base` on; without one, only counts. @returns the first address behind it */
export function layoutProcess(base: usize, rows: i32, width: i32, shape: i32, members: i32): usize {
  const stride = (rows + 3) & ~3;
  const even = (width + 1) & ~1;
  const additive = shape === ADDITIVE ? stride : 0;
  const weights = (base + offsetof<Process>() + 15) & ~15;
  const categorical = at(weights, even);
  const features = at(categorical, even);
  const noise = at(features, width * stride);
  const lower = at(noise, stride);
  const alphas = at(lower, (rows * rows + 5) & ~3);
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
  // The factor is written before it is read.
  memory.fill(weights, 0, lower - weights);
  memory.fill(alphas, 0, end - alphas);
  return end;
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

/** Squares of differences, or 0 and 1 for a category. */
@inline
function squared(delta: v128, isCategory: bool): v128 {
  return isCategory ? v128.and(f64x2.ne(delta, f64x2.splat(0)), f64x2.splat(1)) : f64x2.mul(delta, delta);
}

// Fields are read before the loops: the compiler has to read them again after every store.

/** Four points at a time: what is the same for all is loaded once, and two exponentials run side by side. */
function radialCovariance(process: Process, rows: i32): void {
  const shape = process.shape;
  const column = <usize>process.stride << 3;
  const x = process.x;
  const end = at(x, process.width);
  const toWeights = process.weights - x;
  const toCategorical = process.categorical - x;
  const signal = f64x2.splat(process.signal);
  const mean = f64x2.splat(MEAN_VARIANCE);
  const covariance = process.covariance;
  const slopes = process.slopes;
  const features = process.features;
  for (let a = 0; a < rows; a += 4) {
    let r2 = f64x2.splat(0);
    let s2 = f64x2.splat(0);
    let feature = at(features, a);
    for (let xj = x; xj < end; xj += 8) {
      const value = v128.load_splat<f64>(xj);
      const weight = v128.load_splat<f64>(xj + toWeights);
      const isCategory = load<f64>(xj + toCategorical) === 1;
      r2 = f64x2.add(r2, f64x2.mul(weight, squared(f64x2.sub(value, v128.load(feature)), isCategory)));
      s2 = f64x2.add(s2, f64x2.mul(weight, squared(f64x2.sub(value, v128.load(feature, 16)), isCategory)));
      feature += column;
    }
    const first = f64x2.mul(signal, radialProfile(shape, r2, at(slopes, a)));
    const second = f64x2.mul(signal, radialProfile(shape, s2, at(slopes, a + 2)));
    setPair(covariance, a, f64x2.add(first, mean));
    setPair(covariance, a + 2, f64x2.add(second, mean));
  }
}

function additiveCovariance(process: Process, rows: i32): void {
  const column = <usize>process.stride << 3;
  const x = process.x;
  const end = at(x, process.width);
  const toWeights = process.weights - x;
  const toCategorical = process.categorical - x;
  const features = process.features;
  const toTerms = process.terms - features;
  for (let a = 0; a < rows; a += 4) {
    let sum = f64x2.splat(0);
    let squares = f64x2.splat(0);
    let product = f64x2.splat(1);
    let sum2 = f64x2.splat(0);
    let squares2 = f64x2.splat(0);
    let product2 = f64x2.splat(1);
    let feature = at(features, a);
    for (let xj = x; xj < end; xj += 8) {
      const value = v128.load_splat<f64>(xj);
      const halfWeight = f64x2.splat(-0.5 * load<f64>(xj + toWeights));
      const isCategory = load<f64>(xj + toCategorical) === 1;
      const z = exp2(f64x2.mul(halfWeight, squared(f64x2.sub(value, v128.load(feature)), isCategory)));
      const y = exp2(f64x2.mul(halfWeight, squared(f64x2.sub(value, v128.load(feature, 16)), isCategory)));
      v128.store(feature + toTerms, z);
      v128.store(feature + toTerms, y, 16);
      sum = f64x2.add(sum, z);
      squares = f64x2.add(squares, f64x2.mul(z, z));
      product = f64x2.mul(product, z);
      sum2 = f64x2.add(sum2, y);
      squares2 = f64x2.add(squares2, f64x2.mul(y, y));
      product2 = f64x2.mul(product2, y);
      feature += column;
    }
    finishAdditive(process, a, sum, squares, product);
    finishAdditive(process, a + 2, sum2, squares2, product2);
  }
}

@inline
function finishAdditive(process: Process, a: i32, sum: v128, squares: v128, product: v128): void {
  setPair(process.slopes, a, sum);
  setPair(process.products, a, product);
  const pairs = f64x2.mul(f64x2.splat(process.second * 0.5), f64x2.sub(f64x2.mul(sum, sum), squares));
  const whole = f64x2.mul(f64x2.splat(process.signal), product);
  const value = f64x2.add(f64x2.add(whole, f64x2.mul(f64x2.splat(process.first), sum)), pairs);
  setPair(process.covariance, a, f64x2.add(value, f64x2.splat(MEAN_VARIANCE)));
}

/** Means of all members at x. @returns the first */
export function predictMeans(process: Process): f64 {
  const rows = process.rows;
  crossCovariance(process, rows);
  for (let s = 0; s < process.members; s++)
    set(process.means, s, dot(process.covariance, at(process.alphas, s * process.stride), rows));
  return get(process.means, 0);
}

/** The same, and the variance; leaves L⁻¹ k(x). */
export function predict(process: Process): f64 {
  const rows = process.rows;
  predictMeans(process);
  solveLower(process.lower, rows, process.covariance, process.solved);
  const prior = process.priorVariance;
  return max(prior - dot(process.solved, process.solved, rows), 1e-14 * prior);
}

/** Adds the gradient of Σ_s a_s mean_s(x) + b variance(x), right after a prediction at x; categories get nothing. @returns b */
export function addMomentGradient(process: Process): f64 {
  const toVariance = process.toVariance;
  const rows = process.rows;
  const solved = process.solved;
  if (toVariance === 0) memory.fill(solved, 0, <usize>rows << 3);
  else solveUpper(process.lower, rows, solved);
  const byVariance = f64x2.splat(-2 * toVariance);
  const column = <usize>process.stride << 3;
  const toMeans = process.toMeans;
  const end = at(toMeans, process.members);
  const alphas = process.alphas;
  for (let a = 0; a < rows; a += 2) {
    let pull = f64x2.mul(byVariance, pair(solved, a));
    let alpha = at(alphas, a);
    for (let share = toMeans; share < end; share += 8) {
      pull = f64x2.add(pull, f64x2.mul(v128.load_splat<f64>(share), v128.load(alpha)));
      alpha += column;
    }
    setPair(solved, a, pull);
  }
  if (process.shape !== ADDITIVE) {
    const twice = f64x2.splat(2 * process.signal);
    const slopes = process.slopes;
    for (let a = 0; a < rows; a += 2)
      setPair(solved, a, f64x2.mul(f64x2.mul(twice, pair(solved, a)), pair(slopes, a)));
  }
  for (let j = 0; j < process.width; j++) if (get(process.categorical, j) === 0) addPull(process, j);
  return toVariance;
}

/** Adds what all points give to the gradient of feature j, one after the other. */
function addPull(process: Process, j: i32): void {
  if (process.shape === ADDITIVE) addAdditivePull(process, j);
  else addRadialPull(process, j);
}

function addRadialPull(process: Process, j: i32): void {
  const rows = process.rows;
  const x = f64x2.splat(get(process.x, j));
  const weight = f64x2.splat(get(process.weights, j));
  const column = at(process.features, j * process.stride);
  const forces = process.solved;
  let sum = get(process.gradient, j);
  for (let a = 0; a < rows; a += 2) {
    const both = f64x2.mul(f64x2.mul(pair(forces, a), weight), f64x2.sub(x, pair(column, a)));
    sum += f64x2.extract_lane(both, 0);
    if (a + 1 < rows) sum += f64x2.extract_lane(both, 1);
  }
  set(process.gradient, j, sum);
}

function addAdditivePull(process: Process, j: i32): void {
  const rows = process.rows;
  const x = f64x2.splat(get(process.x, j));
  const weight = f64x2.splat(get(process.weights, j));
  const signal = f64x2.splat(process.signal);
  const first = f64x2.splat(process.first);
  const second = f64x2.splat(process.second);
  const column = at(process.features, j * process.stride);
  const terms = at(process.terms, j * process.stride);
  const sums = process.slopes;
  const products = process.products;
  const pulls = process.solved;
  let sum = get(process.gradient, j);
  for (let a = 0; a < rows; a += 2) {
    const z = pair(terms, a);
    const alone = f64x2.mul(z, f64x2.add(first, f64x2.mul(second, f64x2.sub(pair(sums, a), z))));
    const force = f64x2.mul(pair(pulls, a), f64x2.add(alone, f64x2.mul(signal, pair(products, a))));
    const both = f64x2.mul(f64x2.mul(force, weight), f64x2.sub(x, pair(column, a)));
    sum -= f64x2.extract_lane(both, 0);
    if (a + 1 < rows) sum -= f64x2.extract_lane(both, 1);
  }
  set(process.gradient, j, sum);
}
