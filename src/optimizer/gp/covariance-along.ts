import { dot } from '../../numeric/dot.ts';
import { expOfNonPositive } from '../../numeric/exp.ts';
import { type FeatureRows, type Kernel, MEAN_VARIANCE, SQRT5 } from './kernel.ts';
import type { Posterior } from './process.ts';

/** Writes the covariances of the values at `x` and at each point, without the mean's. */
export type CovarianceAt = (x: Readonly<Float64Array>, out: Float64Array) => void;

/**
 * The covariances of `crossCovariance`, to the bit, at one x after another where few features change: what a feature alone gives
 * is kept for its last two values. A design for Sobol indices has no more in a row.
 */
export function covarianceAlong(kernel: Kernel, points: FeatureRows): CovarianceAt {
  return kernel.shape === 'additive' ? additiveAlong(kernel, points) : radialAlong(kernel, points);
}

/** The mean of the first member, as `predictMeans` gives it, to the bit. */
export function meanAlong(posterior: Posterior): (x: Readonly<Float64Array>) => number {
  const { kernel, points } = posterior;
  const alpha = posterior.alpha(0);
  const covarianceAt = covarianceAlong(kernel, points);
  const covariance = new Float64Array(points.rows);
  return (x) => {
    covarianceAt(x, covariance);
    for (let a = 0; a < points.rows; a++) covariance[a]! += MEAN_VARIANCE;
    return dot(covariance, 0, alpha, 0, points.rows);
  };
}

function radialAlong({ shape, weights, signal }: Kernel, points: FeatureRows): CovarianceAt {
  const partsAt = partsAlong(points, (square, j) => weights[j]! * square);
  const { rows, width } = points;
  return (x, out) => {
    const parts = partsAt(x);
    for (let a = 0; a < rows; a++) {
      let r2 = 0;
      for (let j = 0; j < width; j++) r2 += parts[j]![a]!;
      if (shape === 'matern52') {
        const scaled = SQRT5 * Math.sqrt(r2);
        out[a] = signal * ((1 + scaled + (5 / 3) * r2) * expOfNonPositive(-scaled));
      } else {
        out[a] = signal * expOfNonPositive(-0.5 * r2);
      }
    }
  };
}

function additiveAlong({ weights, signal, first, second }: Kernel, points: FeatureRows): CovarianceAt {
  const partsAt = partsAlong(points, (square, j) => expOfNonPositive(-0.5 * weights[j]! * square));
  const { rows, width } = points;
  return (x, out) => {
    const parts = partsAt(x);
    for (let a = 0; a < rows; a++) {
      let sum = 0;
      let squares = 0;
      let product = 1;
      for (let j = 0; j < width; j++) {
        const z = parts[j]![a]!;
        sum += z;
        squares += z * z;
        product *= z;
      }
      out[a] = signal * product + first * sum + second * 0.5 * (sum * sum - squares);
    }
  };
}

type PartOf = (squaredDifference: number, j: number) => number;

/** Parts of each feature against each point at x. */
function partsAlong(points: FeatureRows, partOf: PartOf): (x: Readonly<Float64Array>) => readonly Float64Array[] {
  const memories = Array.from(points.categorical, (_, j) => memoryOf(points, j, partOf));
  const parts: Float64Array[] = [];
  return (x) => {
    for (let j = 0; j < memories.length; j++) parts[j] = memories[j]!(x[j]!);
    return parts;
  };
}

/** Parts of one feature by its value; an answer stays as it is until the next call but one. */
function memoryOf({ rows, width, features, categorical }: FeatureRows, j: number, partOf: PartOf) {
  const isCategory = categorical[j] === 1;
  const values = [Number.NaN, Number.NaN];
  const kept = [new Float64Array(rows), new Float64Array(rows)];
  let older = 0;
  return (value: number): Float64Array => {
    const known = values.indexOf(value);
    if (known >= 0) return kept[known]!;
    const out = kept[older]!;
    values[older] = value;
    older = 1 - older;
    for (let a = 0; a < rows; a++) {
      const delta = value - features[a * width + j]!;
      out[a] = partOf(isCategory ? (delta === 0 ? 0 : 1) : delta * delta, j);
    }
    return out;
  };
}
