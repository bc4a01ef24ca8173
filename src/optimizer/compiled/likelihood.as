// Log likelihood of a Gaussian process and its gradient by pairs of points; see src/optimizer/gp/marginal-likelihood.ts.

import { at, dot, factor, get, inverseFromFactor, invertTransposed, pair, set, setPair, solveLower, solveUpper } from './algebra';
import { exp2, exponential } from './exponential';
import { MEAN_VARIANCE, radialProfile, RELATIVE_NUGGET } from './kernel';
import { log } from './logarithm';

/** One fit. Pairs (a, b), b < a, come in row order; rows of arrays by feature and pair are `stride` long. */
@unmanaged
export class Likelihood {
  rows: i32;
  width: i32;
  shape: i32;
  pairs: i32;
  stride: i32;
  weights: usize;
  /** Squared differences by feature and pair. */
  differences: usize;
  targets: usize;
  /** NaN where the noise is inferred. */
  variances: usize;
  noiseScale: usize;
  /** Logarithms of the hyperparameters, and the gradient of the density with respect to them. */
  theta: usize;
  gradient: usize;
  residual: usize;
  covariance: usize;
  transposed: usize;
  inverse: usize;
  /** By pair: κ and dκ/d(r²); of the additive kernel Π z and Σ z. */
  profile: usize;
  slope: usize;
  weight: usize;
  /** By feature and pair: z of the additive kernel. */
  terms: usize;
  signal: f64;
  first: f64;
  second: f64;
  /** Of the process without its mean. */
  variance: f64;
  /** Where it is inferred. */
  noise: f64;
  /** Expected logarithm of a lengthscale. */
  center: f64;
}

const ADDITIVE: i32 = 2;

/** Number of bytes behind a fit. */
export function likelihoodSize(rows: i32, width: i32, shape: i32): usize {
  return layoutLikelihood(0, rows, width, shape);
}

/** Lays a fit out from `base` on; without one, only counts. @returns the first address behind it */
export function layoutLikelihood(base: usize, rows: i32, width: i32, shape: i32): usize {
  const pairs = (rows * (rows - 1)) / 2;
  const stride = (pairs + 3) & ~3;
  const square = rows * rows + 1;
  const own = shape === ADDITIVE ? stride : 0;
  const weights = (base + offsetof<Likelihood>() + 15) & ~15;
  const differences = at(weights, width + (width & 1));
  const targets = at(differences, width * stride);
  const variances = at(targets, rows);
  const noiseScale = at(variances, rows);
  const theta = at(noiseScale, rows);
  const gradient = at(theta, width + 4);
  const residual = at(gradient, width + 4);
  const covariance = at(residual, rows);
  const transposed = at(covariance, square);
  const inverse = at(transposed, square);
  const profile = at(inverse, square);
  const slope = at(profile, stride);
  const weight = at(slope, stride);
  const terms = at(weight, own);
  const end = at(terms, width * own);
  if (base === 0) return end;
  const fit = changetype<Likelihood>(base);
  fit.rows = rows;
  fit.width = width;
  fit.shape = shape;
  fit.pairs = pairs;
  fit.stride = stride;
  fit.weights = weights;
  fit.differences = differences;
  fit.targets = targets;
  fit.variances = variances;
  fit.noiseScale = noiseScale;
  fit.theta = theta;
  fit.gradient = gradient;
  fit.residual = residual;
  fit.covariance = covariance;
  fit.transposed = transposed;
  fit.inverse = inverse;
  fit.profile = profile;
  fit.slope = slope;
  fit.weight = weight;
  fit.terms = terms;
  memory.fill(weights, 0, end - weights);
  return end;
}

// Prior: log ℓ ~ N(center, 1), log s² ~ N(0.5, 1.5²), log σ² ~ N(log 10⁻⁵, 4²).
const SIGNAL_MEAN: f64 = 0.5;
const SIGNAL_SD: f64 = 1.5;
const NOISE_MEAN: f64 = -11.512925464970229;
const NOISE_SD: f64 = 4;

/** Number of hyperparameters. */
@inline
function countOf(fit: Likelihood): i32 {
  return fit.width + (fit.shape === ADDITIVE ? 4 : 2);
}

/** Distance of hyperparameter k behind the lengthscales from its expectation, in deviations. */
@inline
function priorDistance(fit: Likelihood, k: i32): f64 {
  const isNoise = k === fit.width + 1;
  return (get(fit.theta, k) - (isNoise ? NOISE_MEAN : SIGNAL_MEAN)) / (isNoise ? NOISE_SD : SIGNAL_SD);
}

/** −log N(y | 0, K) − log p(θ) up to a constant; +Infinity where K is not positive definite. */
export function negativeLogPosterior(fit: Likelihood): f64 {
  const width = fit.width;
  const p = <f64>width;
  const additive = fit.shape === ADDITIVE;
  const theta = fit.theta;
  for (let j = 0; j < width; j++) set(fit.weights, j, exponential(get(theta, j)));
  fit.signal = exponential(get(theta, width));
  fit.noise = exponential(get(theta, width + 1));
  fit.first = additive ? exponential(get(theta, width + 2)) / p : 0;
  fit.second = additive ? exponential(get(theta, width + 3)) / ((p * (p - 1)) / 2) : 0;
  fit.variance = additive ? fit.signal + fit.first * p + fit.second * ((p * (p - 1)) / 2) : fit.signal;
  const deviance = halfDeviance(fit);
  if (isNaN(deviance)) return Infinity;
  let logPrior: f64 = 0;
  for (let j = 0; j < width; j++) {
    const z = -0.5 * get(theta, j) - fit.center;
    logPrior -= 0.5 * z * z;
  }
  for (let k = width; k < countOf(fit); k++) {
    const z = priorDistance(fit, k);
    logPrior -= 0.5 * z * z;
  }
  return deviance - logPrior;
}

/** Writes the gradient where `negativeLogPosterior` was finite. */
export function posteriorGradient(fit: Likelihood): f64 {
  const width = fit.width;
  const gradient = fit.gradient;
  for (let j = 0; j < width; j++) set(gradient, j, -(0.5 * (-0.5 * get(fit.theta, j) - fit.center)));
  for (let k = width; k < countOf(fit); k++)
    set(gradient, k, priorDistance(fit, k) / (k === width + 1 ? NOISE_SD : SIGNAL_SD));
  return addGradient(fit);
}

/** ½ (yᵀ K⁻¹ y + log det K); NaN where K is not positive definite. Leaves the factor of K in its place. */
function halfDeviance(fit: Likelihood): f64 {
  const rows = fit.rows;
  const covariance = fit.covariance;
  const residual = fit.residual;
  if (fit.shape === ADDITIVE) fillAdditive(fit);
  else fillRadial(fit);
  const variance = fit.variance;
  const noise = fit.noise;
  for (let a = 0; a < rows; a++) {
    const known = get(fit.variances, a);
    const own = isNaN(known) ? noise * get(fit.noiseScale, a) : known;
    set(covariance, a * rows + a, variance * (1 + RELATIVE_NUGGET) + MEAN_VARIANCE + own);
  }
  if (!factor(covariance, rows)) return NaN;
  solveLower(covariance, rows, fit.targets, residual);
  let logs: f64 = 0;
  for (let a = 0; a < rows; a++) logs += log(get(covariance, a * rows + a));
  return 0.5 * (dot(residual, residual, rows) + 2 * logs);
}

// Fields are read before the loops: the compiler has to read them again after every store.

function fillRadial(fit: Likelihood): void {
  const rows = fit.rows;
  const shape = fit.shape;
  const stride = fit.stride;
  const column = <usize>stride << 3;
  const differences = fit.differences;
  const weights = fit.weights;
  const end = at(weights, fit.width);
  const profile = fit.profile;
  const slope = fit.slope;
  for (let k = 0; k < stride; k += 4) {
    let r2 = f64x2.splat(0);
    let s2 = f64x2.splat(0);
    let square = at(differences, k);
    for (let weight = weights; weight < end; weight += 8) {
      const own = v128.load_splat<f64>(weight);
      r2 = f64x2.add(r2, f64x2.mul(own, v128.load(square)));
      s2 = f64x2.add(s2, f64x2.mul(own, v128.load(square, 16)));
      square += column;
    }
    setPair(profile, k, radialProfile(shape, r2, at(slope, k)));
    setPair(profile, k + 2, radialProfile(shape, s2, at(slope, k + 2)));
  }
  const signal = f64x2.splat(fit.signal);
  const covariance = fit.covariance;
  let k = 0;
  for (let a = 0; a < rows; a++) {
    const row = at(covariance, a * rows);
    let b = 0;
    for (; b + 1 < a; b += 2, k += 2)
      setPair(row, b, f64x2.add(f64x2.mul(signal, pair(profile, k)), f64x2.splat(MEAN_VARIANCE)));
    if (b < a) set(row, b, fit.signal * get(profile, k++) + MEAN_VARIANCE);
  }
}

function fillAdditive(fit: Likelihood): void {
  const rows = fit.rows;
  const stride = fit.stride;
  const column = <usize>stride << 3;
  const differences = fit.differences;
  const toTerms = fit.terms - differences;
  const weights = fit.weights;
  const end = at(weights, fit.width);
  const profile = fit.profile;
  const slope = fit.slope;
  const pairSum = fit.weight;
  for (let k = 0; k < stride; k += 4) {
    let product = f64x2.splat(1);
    let sum = f64x2.splat(0);
    let squares = f64x2.splat(0);
    let product2 = f64x2.splat(1);
    let sum2 = f64x2.splat(0);
    let squares2 = f64x2.splat(0);
    let square = at(differences, k);
    for (let weight = weights; weight < end; weight += 8) {
      const halfWeight = f64x2.splat(-0.5 * load<f64>(weight));
      const z = exp2(f64x2.mul(halfWeight, v128.load(square)));
      const y = exp2(f64x2.mul(halfWeight, v128.load(square, 16)));
      v128.store(square + toTerms, z);
      v128.store(square + toTerms, y, 16);
      product = f64x2.mul(product, z);
      sum = f64x2.add(sum, z);
      squares = f64x2.add(squares, f64x2.mul(z, z));
      product2 = f64x2.mul(product2, y);
      sum2 = f64x2.add(sum2, y);
      squares2 = f64x2.add(squares2, f64x2.mul(y, y));
      square += column;
    }
    setPair(profile, k, product);
    setPair(slope, k, sum);
    setPair(pairSum, k, f64x2.mul(f64x2.splat(0.5), f64x2.sub(f64x2.mul(sum, sum), squares)));
    setPair(profile, k + 2, product2);
    setPair(slope, k + 2, sum2);
    setPair(pairSum, k + 2, f64x2.mul(f64x2.splat(0.5), f64x2.sub(f64x2.mul(sum2, sum2), squares2)));
  }
  const signal = fit.signal;
  const first = fit.first;
  const second = fit.second;
  const covariance = fit.covariance;
  let k = 0;
  for (let a = 0; a < rows; a++) {
    const row = at(covariance, a * rows);
    for (let b = 0; b < a; b++, k++)
      set(row, b, signal * get(profile, k) + first * get(slope, k) + second * get(pairSum, k) + MEAN_VARIANCE);
  }
}

/** Adds ½ Σ_ab (K⁻¹ − ααᵀ)_ab ∂K_ab to the gradient, right after `halfDeviance`, whose arrays it overwrites. */
function addGradient(fit: Likelihood): f64 {
  const rows = fit.rows;
  solveUpper(fit.covariance, rows, fit.residual);
  invertTransposed(fit.covariance, rows, fit.transposed);
  inverseFromFactor(fit.transposed, rows, fit.inverse);
  if (fit.shape === ADDITIVE) addAdditive(fit);
  else addRadial(fit);
  let sum = get(fit.gradient, fit.width + 1);
  for (let i = 0; i < rows; i++) {
    if (!isNaN(get(fit.variances, i))) continue;
    const share = fit.noise * get(fit.noiseScale, i);
    const own = get(fit.residual, i);
    sum += 0.5 * share * (get(fit.inverse, i * rows + i) - own * own);
  }
  set(fit.gradient, fit.width + 1, sum);
  return sum;
}

@inline
function add(base: usize, i: i32, value: f64): void {
  set(base, i, get(base, i) + value);
}

function addRadial(fit: Likelihood): void {
  const rows = fit.rows;
  const width = fit.width;
  const slope = fit.slope;
  const profile = fit.profile;
  const inverse = fit.inverse;
  const residual = fit.residual;
  let sum: f64 = 0;
  let k = 0;
  for (let a = 0; a < rows; a++) {
    const row = at(inverse, a * rows);
    const alpha = get(residual, a);
    for (let b = 0; b < a; b++, k++) {
      // Both triangles at once: the factor ½ cancels.
      const pull = get(row, b) - alpha * get(residual, b);
      sum += pull * get(profile, k);
      set(slope, k, get(slope, k) * pull);
    }
    sum += 0.5 * (1 + RELATIVE_NUGGET) * (get(row, a) - alpha * alpha);
  }
  add(fit.gradient, width, fit.signal * sum);
  for (let j = 0; j < width; j++) {
    const share = dot(slope, at(fit.differences, j * fit.stride), fit.pairs);
    add(fit.gradient, j, fit.signal * get(fit.weights, j) * share);
  }
}

function addAdditive(fit: Likelihood): void {
  const rows = fit.rows;
  const width = fit.width;
  const slope = fit.slope;
  const profile = fit.profile;
  const weight = fit.weight;
  const inverse = fit.inverse;
  const residual = fit.residual;
  let whole: f64 = 0;
  let first: f64 = 0;
  let second: f64 = 0;
  let trace: f64 = 0;
  let k = 0;
  for (let a = 0; a < rows; a++) {
    const row = at(inverse, a * rows);
    const alpha = get(residual, a);
    for (let b = 0; b < a; b++, k++) {
      const pull = get(row, b) - alpha * get(residual, b);
      whole += pull * get(profile, k);
      first += pull * get(slope, k);
      second += pull * get(weight, k);
      set(weight, k, pull);
    }
    trace += 0.5 * (1 + RELATIVE_NUGGET) * (get(row, a) - alpha * alpha);
  }
  const p = <f64>width;
  add(fit.gradient, width, fit.signal * (whole + trace));
  add(fit.gradient, width + 2, fit.first * (first + trace * p));
  add(fit.gradient, width + 3, fit.second * (second + (trace * p * (p - 1)) / 2));
  for (let j = 0; j < width; j++) add(fit.gradient, j, -(0.5 * get(fit.weights, j) * pullOf(fit, j)));
}

/** Σ over pairs of the pull of a pair on the lengthscale of one feature. */
function pullOf(fit: Likelihood, j: i32): f64 {
  const pairs = fit.pairs;
  const terms = at(fit.terms, j * fit.stride);
  const differences = at(fit.differences, j * fit.stride);
  const profile = fit.profile;
  const sums = fit.slope;
  const pulls = fit.weight;
  const signal = f64x2.splat(fit.signal);
  const first = f64x2.splat(fit.first);
  const second = f64x2.splat(fit.second);
  let sum: f64 = 0;
  for (let k = 0; k < pairs; k += 2) {
    const z = pair(terms, k);
    const alone = f64x2.mul(z, f64x2.add(first, f64x2.mul(second, f64x2.sub(pair(sums, k), z))));
    const inner = f64x2.add(alone, f64x2.mul(signal, pair(profile, k)));
    const both = f64x2.mul(f64x2.mul(pair(pulls, k), inner), pair(differences, k));
    sum += f64x2.extract_lane(both, 0);
    if (k + 1 < pairs) sum += f64x2.extract_lane(both, 1);
  }
  return sum;
}
