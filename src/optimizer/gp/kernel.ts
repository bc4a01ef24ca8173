/** Radial profile of the kernel: κ(0) = 1. */
export type KernelShape = 'matern52' | 'squared-exponential';

const SQRT5 = Math.sqrt(5);

/**
 * κ as a function of the squared scaled distance r². Written in r² because dκ/d(r²) stays finite at r = 0,
 * where dκ/dr divided by r would be 0/0.
 * @see Rasmussen & Williams 2006, eq. 4.9 and 4.17
 */
export function profile(shape: KernelShape, r2: number): number {
  if (shape === 'squared-exponential') return Math.exp(-0.5 * r2);
  const a = SQRT5 * Math.sqrt(r2);
  return (1 + a + (5 / 3) * r2) * Math.exp(-a);
}

/** dκ/d(r²). */
export function profileSlope(shape: KernelShape, r2: number): number {
  if (shape === 'squared-exponential') return -0.5 * Math.exp(-0.5 * r2);
  const a = SQRT5 * Math.sqrt(r2);
  return (-5 / 6) * (1 + a) * Math.exp(-a);
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
