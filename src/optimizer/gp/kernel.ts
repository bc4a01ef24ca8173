import { expOfNonPositive } from '../../numeric/exp.ts';

/**
 * Family of covariance functions on features, all with κ(0) = 1 and inverse squared lengthscales w:
 * - `matern52`, `squared-exponential`: s² κ(r²), r² = Σ_j w_j Δ_j²;
 * - `additive`: with z_j = exp(−½ w_j Δ_j²), s₁² mean z_j + s₂² mean z_i z_j + s² Π z_j, which lets single parameters
 *   and pairs speak before all of them together do.
 * A categorical feature has Δ² = 0 or 1.
 * @see Rasmussen & Williams 2006, eq. 4.9 and 4.17; Duvenaud, Nickisch & Rasmussen 2011, "Additive Gaussian processes"
 */
export type KernelShape = 'matern52' | 'squared-exponential' | 'additive';

/** A kernel with its numbers, ready to evaluate. */
export interface Kernel {
  readonly shape: KernelShape;
  /** w_j, length p. */
  readonly weights: Float64Array;
  /** s², variance of the part in which all features act together. */
  readonly signal: number;
  /** s₁² / p and s₂² / (p (p − 1) / 2); zero unless additive. */
  readonly first: number;
  readonly second: number;
}

export const SQRT5 = Math.sqrt(5);

/** Variance of the process at any point, without its mean. */
export function kernelVariance({ shape, weights, signal, first, second }: Kernel): number {
  const p = weights.length;
  return shape === 'additive' ? signal + first * p + second * ((p * (p - 1)) / 2) : signal;
}

/**
 * Covariance of the values at `x` and at each point, without the mean's.
 * @param out - length n
 * @param slopes - length n, dκ/d(r²) of the squared scaled distances r², kept for the gradient: it stays finite at r = 0,
 * where dκ/dr divided by r would be 0/0
 * @param terms - n × (p + 2) work array of the additive kernel, kept for the gradient
 */
export function crossCovariance(
  kernel: Kernel,
  points: FeatureRows,
  x: Readonly<Float64Array>,
  out: Float64Array,
  slopes: Float64Array,
  terms: Float64Array,
): void {
  if (kernel.shape === 'additive') additiveCovariance(kernel, points, x, out, terms);
  else radialCovariance(kernel, points, x, out, slopes);
}

function radialCovariance(
  { shape, weights, signal }: Kernel,
  { rows, width, features, categorical }: FeatureRows,
  x: Readonly<Float64Array>,
  out: Float64Array,
  slopes: Float64Array,
): void {
  for (let a = 0, at = 0; a < rows; a++) {
    let r2 = 0;
    for (let j = 0; j < width; j++, at++) {
      const delta = x[j]! - features[at]!;
      r2 += weights[j]! * (categorical[j] === 1 ? (delta === 0 ? 0 : 1) : delta * delta);
    }
    out[a] = r2;
  }
  if (shape === 'matern52') {
    for (let a = 0; a < rows; a++) {
      const r2 = out[a]!;
      const scaled = SQRT5 * Math.sqrt(r2);
      const decay = expOfNonPositive(-scaled);
      out[a] = signal * ((1 + scaled + (5 / 3) * r2) * decay);
      slopes[a] = (-5 / 6) * (1 + scaled) * decay;
    }
    return;
  }
  for (let a = 0; a < rows; a++) {
    const value = expOfNonPositive(-0.5 * out[a]!);
    out[a] = signal * value;
    slopes[a] = -0.5 * value;
  }
}

function additiveCovariance(
  { weights, signal, first, second }: Kernel,
  { rows, width, features, categorical }: FeatureRows,
  x: Readonly<Float64Array>,
  out: Float64Array,
  terms: Float64Array,
): void {
  for (let a = 0; a < rows; a++) {
    const row = a * width;
    const at = a * (width + 2);
    let sum = 0;
    let squares = 0;
    let product = 1;
    for (let j = 0; j < width; j++) {
      const delta = x[j]! - features[row + j]!;
      const z = expOfNonPositive(-0.5 * weights[j]! * (categorical[j] === 1 ? (delta === 0 ? 0 : 1) : delta * delta));
      terms[at + j] = z;
      sum += z;
      squares += z * z;
      product *= z;
    }
    terms[at + width] = sum;
    terms[at + width + 1] = product;
    out[a] = signal * product + first * sum + second * 0.5 * (sum * sum - squares);
  }
}

/** Length of `terms` that `crossCovariance` needs for this kernel. */
export function termCount({ shape }: Kernel, { rows, width }: FeatureRows): number {
  return shape === 'additive' ? rows * (width + 2) : 0;
}

/**
 * Adds Σ_a pull_a ∂k(x, x_a)/∂x to `gradient`, right after `crossCovariance` at the same x; categories get nothing.
 */
export function addCrossGradient(
  kernel: Kernel,
  points: FeatureRows,
  x: Readonly<Float64Array>,
  pull: Readonly<Float64Array>,
  slopes: Readonly<Float64Array>,
  terms: Readonly<Float64Array>,
  gradient: Float64Array,
): void {
  if (kernel.shape === 'additive') addAdditivePull(kernel, points, x, pull, terms, gradient);
  else addRadialPull(kernel, points, x, pull, slopes, gradient);
}

function addRadialPull(
  { weights, signal }: Kernel,
  { rows, width, features, categorical }: FeatureRows,
  x: Readonly<Float64Array>,
  pull: Readonly<Float64Array>,
  slopes: Readonly<Float64Array>,
  gradient: Float64Array,
): void {
  for (let a = 0, at = 0; a < rows; a++) {
    const force = 2 * signal * pull[a]! * slopes[a]!;
    for (let j = 0; j < width; j++, at++)
      if (categorical[j] === 0) gradient[j]! += force * weights[j]! * (x[j]! - features[at]!);
  }
}

function addAdditivePull(
  { weights, signal, first, second }: Kernel,
  { rows, width, features, categorical }: FeatureRows,
  x: Readonly<Float64Array>,
  pull: Readonly<Float64Array>,
  terms: Readonly<Float64Array>,
  gradient: Float64Array,
): void {
  for (let a = 0; a < rows; a++) {
    const row = a * width;
    const at = a * (width + 2);
    const sum = terms[at + width]!;
    const whole = signal * terms[at + width + 1]!;
    for (let j = 0; j < width; j++) {
      if (categorical[j] === 1) continue;
      const z = terms[at + j]!;
      const force = z * (first + second * (sum - z)) + whole;
      gradient[j]! -= pull[a]! * force * weights[j]! * (x[j]! - features[row + j]!);
    }
  }
}

/** Points as the kernel sees them. */
export interface FeatureRows {
  readonly rows: number;
  /** Number of features p. */
  readonly width: number;
  /** Row-major rows × p. */
  readonly features: Float64Array;
  /** Length p; 1 where equal or not equal is all that counts. */
  readonly categorical: Uint8Array;
}

/** Packs rows of equal width. */
export function featureRows(rows: readonly Float64Array[], categorical: Uint8Array): FeatureRows {
  const width = categorical.length;
  const features = new Float64Array(rows.length * width);
  rows.forEach((row, i) => {
    features.set(row, i * width);
  });
  return { rows: rows.length, width, features, categorical };
}

/**
 * Squared differences by feature: entry (j, pair) with pairs (a, b), b < a, in row order.
 * They do not depend on the hyperparameters, so a fit computes them once.
 * @returns width × n(n−1)/2, row-major
 */
export function pairDifferences({ rows, width, features, categorical }: FeatureRows): Float64Array {
  const pairs = (rows * (rows - 1)) / 2;
  const out = new Float64Array(width * pairs);
  for (let j = 0; j < width; j++) {
    let at = j * pairs;
    const isCategory = categorical[j] === 1;
    for (let a = 1; a < rows; a++) {
      const x = features[a * width + j]!;
      for (let b = 0; b < a; b++) {
        const delta = x - features[b * width + j]!;
        out[at++] = isCategory ? (delta === 0 ? 0 : 1) : delta * delta;
      }
    }
  }
  return out;
}
