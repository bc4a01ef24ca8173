/**
 * Family of covariance functions on features, all with κ(0) = 1 and inverse squared lengthscales w:
 * - `matern52`, `squared-exponential`: s² κ(r²), r² = Σ_j w_j Δ_j²;
 * - `additive`: with z_j = exp(−½ w_j Δ_j²), s₁² mean z_j + s₂² mean z_i z_j + s² Π z_j, which lets single parameters
 *   and pairs speak before all of them together do.
 * A categorical feature has Δ² = 0 or 1.
 * @see Rasmussen & Williams 2006, eq. 4.9 and 4.17; Duvenaud, Nickisch & Rasmussen 2011, "Additive Gaussian processes"
 */
export type KernelShape = 'matern52' | 'squared-exponential' | 'additive';

/** The shapes as the compiled kernels know them. */
export const SHAPE_NUMBERS = { matern52: 0, 'squared-exponential': 1, additive: 2 } as const;

/** Prior variance of the constant mean, in units of standardised variance. It is integrated out. */
export const MEAN_VARIANCE = 1;

/** Smallest diagonal term, relative to the signal variance: keeps the factorisation of smooth kernels alive. */
export const RELATIVE_NUGGET = 1e-11;

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
