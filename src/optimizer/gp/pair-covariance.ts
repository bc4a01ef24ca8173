import { dot } from '../../numeric/dot.ts';
import { expOfNonPositive } from '../../numeric/exp.ts';
import type { Kernel, KernelShape } from './kernel.ts';

/** Prior variance of the constant mean, in units of standardised variance. It is integrated out. */
export const MEAN_VARIANCE = 1;

/** Smallest diagonal term, relative to the signal variance: keeps the factorisation of smooth kernels alive. */
export const RELATIVE_NUGGET = 1e-11;

const SQRT5 = Math.sqrt(5);

/** Data of one fit; nothing here depends on the hyperparameters. */
export interface LikelihoodData {
  readonly rows: number;
  readonly width: number;
  /** From `pairDifferences`. */
  readonly differences: Float64Array;
  /** Standardised losses, length n. */
  readonly targets: Float64Array;
  /** Known variance of each target; NaN where the noise is inferred. */
  readonly variances: Float64Array;
  /** Inferred noise of each target relative to σ², length n. */
  readonly noiseScale: Float64Array;
  readonly shape: KernelShape;
}

/** Work arrays of one fit: allocated once, overwritten by each evaluation. */
export interface LikelihoodScratch {
  readonly covariance: Float64Array;
  readonly inverseTransposed: Float64Array;
  readonly inverse: Float64Array;
  /** By pair: κ, and dκ/d(r²); for the additive kernel Π z and Σ z. */
  readonly profile: Float64Array;
  readonly slope: Float64Array;
  /** By feature and pair: z_j of the additive kernel. */
  readonly terms: Float64Array;
  readonly weight: Float64Array;
  readonly residual: Float64Array;
}

export function likelihoodScratch({ rows, width, shape }: LikelihoodData): LikelihoodScratch {
  const pairs = (rows * (rows - 1)) / 2;
  return {
    covariance: new Float64Array(rows * rows),
    inverseTransposed: new Float64Array(rows * rows),
    inverse: new Float64Array(rows * rows),
    profile: new Float64Array(pairs),
    slope: new Float64Array(pairs),
    terms: new Float64Array(shape === 'additive' ? width * pairs : 0),
    weight: new Float64Array(shape === 'additive' ? pairs : 0),
    residual: new Float64Array(rows),
  };
}

/** Lower triangle of s² κ + m² without the diagonal; keeps κ and its slope by pair. */
export function fillRadial(kernel: Kernel, data: LikelihoodData, scratch: LikelihoodScratch): void {
  const { rows, width, differences, shape } = data;
  const { profile, slope, covariance } = scratch;
  const pairs = profile.length;
  profile.fill(0);
  for (let j = 0; j < width; j++) {
    const w = kernel.weights[j]!;
    const offset = j * pairs;
    for (let k = 0; k < pairs; k++) profile[k]! += w * differences[offset + k]!;
  }
  if (shape === 'matern52') {
    for (let k = 0; k < pairs; k++) {
      const r2 = profile[k]!;
      const a = SQRT5 * Math.sqrt(r2);
      const decay = expOfNonPositive(-a);
      profile[k] = (1 + a + (5 / 3) * r2) * decay;
      slope[k] = (-5 / 6) * (1 + a) * decay;
    }
  } else {
    for (let k = 0; k < pairs; k++) {
      const value = expOfNonPositive(-0.5 * profile[k]!);
      profile[k] = value;
      slope[k] = -0.5 * value;
    }
  }
  let k = 0;
  for (let a = 0; a < rows; a++)
    for (let b = 0; b < a; b++) covariance[a * rows + b] = kernel.signal * profile[k++]! + MEAN_VARIANCE;
}

/** The same for the additive kernel; keeps z_j, Σ z and Π z by pair. */
export function fillAdditive(kernel: Kernel, data: LikelihoodData, scratch: LikelihoodScratch): void {
  const { rows, width, differences } = data;
  const { profile, slope, terms, weight, covariance } = scratch;
  const pairs = profile.length;
  profile.fill(1);
  slope.fill(0);
  weight.fill(0);
  for (let j = 0; j < width; j++) {
    const w = -0.5 * kernel.weights[j]!;
    const offset = j * pairs;
    for (let k = 0; k < pairs; k++) {
      const z = expOfNonPositive(w * differences[offset + k]!);
      terms[offset + k] = z;
      profile[k]! *= z;
      slope[k]! += z;
      weight[k]! += z * z;
    }
  }
  let k = 0;
  for (let a = 0; a < rows; a++)
    for (let b = 0; b < a; b++, k++) {
      const pairSum = 0.5 * (slope[k]! * slope[k]! - weight[k]!);
      weight[k] = pairSum;
      covariance[a * rows + b] =
        kernel.signal * profile[k]! + kernel.first * slope[k]! + kernel.second * pairSum + MEAN_VARIANCE;
    }
}

export function addDiagonal(
  variance: number,
  noise: number,
  { rows, variances, noiseScale }: LikelihoodData,
  covariance: Float64Array,
): void {
  for (let a = 0; a < rows; a++) {
    const known = variances[a]!;
    const own = Number.isNaN(known) ? noise * noiseScale[a]! : known;
    covariance[a * rows + a] = variance * (1 + RELATIVE_NUGGET) + MEAN_VARIANCE + own;
  }
}

/** Adds ½ Σ_ab (K⁻¹ − ααᵀ)_ab ∂K_ab for the lengthscales and the signal variance. */
export function addRadialGradient(
  kernel: Kernel,
  gradient: Float64Array,
  data: LikelihoodData,
  scratch: LikelihoodScratch,
): void {
  const { rows, width, differences } = data;
  const { profile, slope, inverse, residual } = scratch;
  const pairs = profile.length;
  let signalSum = 0;
  let k = 0;
  for (let a = 0; a < rows; a++) {
    const row = a * rows;
    const alpha = residual[a]!;
    for (let b = 0; b < a; b++) {
      // Both triangles at once: the factor ½ cancels.
      const weight = inverse[row + b]! - alpha * residual[b]!;
      signalSum += weight * profile[k]!;
      slope[k]! *= weight;
      k++;
    }
    signalSum += 0.5 * (1 + RELATIVE_NUGGET) * (inverse[row + a]! - alpha * alpha);
  }
  gradient[width]! += kernel.signal * signalSum;
  for (let j = 0; j < width; j++)
    gradient[j]! += kernel.signal * kernel.weights[j]! * dot(slope, 0, differences, j * pairs, pairs);
}

export function addAdditiveGradient(
  kernel: Kernel,
  gradient: Float64Array,
  data: LikelihoodData,
  scratch: LikelihoodScratch,
): void {
  const { rows, width, differences } = data;
  const { profile, slope, terms, weight, inverse, residual } = scratch;
  const pairs = profile.length;
  let whole = 0;
  let first = 0;
  let second = 0;
  let trace = 0;
  let k = 0;
  for (let a = 0; a < rows; a++) {
    const row = a * rows;
    const alpha = residual[a]!;
    for (let b = 0; b < a; b++, k++) {
      const pull = inverse[row + b]! - alpha * residual[b]!;
      whole += pull * profile[k]!;
      first += pull * slope[k]!;
      second += pull * weight[k]!;
      weight[k] = pull;
    }
    trace += 0.5 * (1 + RELATIVE_NUGGET) * (inverse[row + a]! - alpha * alpha);
  }
  gradient[width]! += kernel.signal * (whole + trace);
  gradient[width + 2]! += kernel.first * (first + trace * width);
  gradient[width + 3]! += kernel.second * (second + (trace * width * (width - 1)) / 2);
  for (let j = 0; j < width; j++) {
    const offset = j * pairs;
    let sum = 0;
    for (k = 0; k < pairs; k++) {
      const z = terms[offset + k]!;
      const inner = z * (kernel.first + kernel.second * (slope[k]! - z)) + kernel.signal * profile[k]!;
      sum += weight[k]! * inner * differences[offset + k]!;
    }
    gradient[j]! -= 0.5 * kernel.weights[j]! * sum;
  }
}
