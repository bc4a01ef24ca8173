import { EigenvalueDecomposition, inverse, Matrix } from 'ml-matrix';
import { power } from '../../numeric/power.ts';
import { leastInBox } from './quadratic-box.ts';

/** A request, or a step that it ended, as a row of a regression. */
export interface Sample {
  readonly place: number;
  readonly x: readonly number[];
  readonly y: number;
}

export interface Regression {
  readonly values: readonly number[];
  /** (X′WX)⁻¹xwe of each sample: what it adds to the error of the values. */
  readonly influence: readonly (readonly number[])[];
  readonly relativeSquares: readonly number[];
  /** Covariance of directions that the samples tell nothing of: large, or 0 where there are none. */
  readonly unknown: Matrix;
}

/** Directions with less than this share of the information tell nothing. */
const LEAST_INFORMATION = 1e-9;
/** What is not known may be so many times its usual size. */
const WILD = 100;
/** Predictions below this share of the mean do not weigh more. */
const LEAST_SHARE = 0.05;

/** Weighted least squares; directions without data get nothing. */
export function regression(samples: readonly Sample[], weight: readonly number[]): Regression {
  const { normal, right } = normalEquations(samples, weight);
  const inverted = inverse(normal, true);
  const times = (vector: readonly number[]): number[] =>
    vector.map((_, a) => vector.reduce((sum, value, b) => sum + inverted.get(a, b) * value, 0));
  const values = times(right);
  const errors = samples.map(({ x, y }) => y - x.reduce((sum, value, k) => sum + value * values[k]!, 0));
  return {
    values,
    influence: samples.map(({ x }, row) => times(x.map((value) => weight[row]! * value * errors[row]!))),
    relativeSquares: errors.map((error, row) => weight[row]! * error * error),
    unknown: unknownDirections(normal, meanOf(samples.map(({ y }) => Math.abs(y))), samples),
  };
}

/** The standard deviation of normal errors from their sizes, a few of which may be wild: by the median. */
export function usualOf(sizes: readonly number[]): number {
  const sorted = [...sizes].sort((a, b) => a - b);
  return 1.4826 * sorted[Math.floor(sorted.length / 2)]!;
}

/** X′WX and X′Wy. */
function normalEquations(samples: readonly Sample[], weight: readonly number[]) {
  const width = samples[0]?.x.length ?? 1;
  const normal = Matrix.zeros(width, width);
  const right = new Array<number>(width).fill(0);
  for (const [row, { x, y }] of samples.entries()) {
    for (let a = 0; a < width; a++) {
      right[a]! += weight[row]! * x[a]! * y;
      for (let b = 0; b < width; b++) normal.set(a, b, normal.get(a, b) + weight[row]! * x[a]! * x[b]!);
    }
  }
  return { normal, right };
}

function unknownDirections(normal: Matrix, size: number, samples: readonly Sample[]): Matrix {
  const width = normal.rows;
  const sizes = Array.from({ length: width }, (_, k) => Math.sqrt(normal.get(k, k)));
  const scaled = Matrix.zeros(width, width);
  for (let a = 0; a < width; a++) {
    for (let b = 0; b < width; b++) scaled.set(a, b, normal.get(a, b) / Math.max(sizes[a]! * sizes[b]!, 1e-300));
  }
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(scaled, { assumeSymmetric: true });
  // A coefficient whose regressor is always 0 may be anything.
  const usual = sizes.map((_, k) => size / Math.max(1, meanOf(samples.map(({ x }) => Math.abs(x[k]!)))));
  const unknown = Matrix.zeros(width, width);
  for (const [m, value] of realEigenvalues.entries()) {
    if (value > LEAST_INFORMATION) continue;
    for (let a = 0; a < width; a++) {
      for (let b = 0; b < width; b++) {
        const part = WILD ** 2 * usual[a]! * eigenvectorMatrix.get(a, m) * usual[b]! * eigenvectorMatrix.get(b, m);
        unknown.set(a, b, unknown.get(a, b) + part);
      }
    }
  }
  return unknown;
}

/** Twice: the second time by relative errors of the first one's predictions. */
export function relativeRegression(samples: readonly Sample[]): Regression {
  const first = regression(
    samples,
    samples.map(({ y }) => 1 / y ** 2),
  );
  return regression(samples, relativeWeights(samples, first.values));
}

export function relativeWeights(samples: readonly Sample[], sizes: readonly number[]): readonly number[] {
  const predicted = samples.map(({ x }) => x.reduce((sum, value, k) => sum + value * sizes[k]!, 0));
  const mean = meanOf(predicted);
  return predicted.map((value) => 1 / Math.max(value, LEAST_SHARE * mean, Number.MIN_VALUE) ** 2);
}

export function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}

/** Influence summed by block: block × value. @param block - of each place */
export function blockInfluence(
  samples: readonly Sample[],
  { values, influence }: Regression,
  block: Int32Array,
  blocks: number,
): Matrix {
  const sums = Matrix.zeros(blocks, values.length);
  for (const [row, { place }] of samples.entries()) {
    for (const [k, value] of influence[row]!.entries()) sums.set(block[place]!, k, sums.get(block[place]!, k) + value);
  }
  return sums;
}

/** Covariance of what the blocks' influence adds up to. */
export function blockCovariance(influence: Matrix): Matrix {
  const blocks = influence.rows;
  return influence
    .transpose()
    .mmul(influence)
    .mul(blocks / (blocks - 1));
}

const UNBOUNDED = Number.POSITIVE_INFINITY;

/**
 * Least squares with values ≥ 0, weighted by how errors grow with what is predicted, and standard errors that hold whatever they do.
 * @see MacKinnon, White 1985, "Some heteroskedasticity-consistent covariance matrix estimators" (HC1)
 */
export function leastSquares(samples: readonly Sample[]): {
  readonly values: readonly number[];
  readonly errors: readonly number[];
} {
  const plain = regression(
    samples,
    samples.map(() => 1),
  );
  const weights = growthWeights(samples, plain.values);
  const fit = regression(samples, weights);
  const { normal, right } = normalEquations(samples, weights);
  const inside = right.map(() => UNBOUNDED);
  const inflation = samples.length / Math.max(1, samples.length - right.length);
  return {
    values: leastInBox(normal, right, { low: right.map(() => 0), high: inside }),
    errors: right.map((_, k) =>
      Math.sqrt(fit.influence.reduce((sum, row) => sum + row[k]! ** 2, 0) * inflation + fit.unknown.get(k, k)),
    ),
  };
}

/** Predictions to minus the power at which squared errors grow, between errors of one size and errors in proportion. */
function growthWeights(samples: readonly Sample[], values: readonly number[]): readonly number[] {
  const mean = meanOf(samples.map(({ y }) => Math.abs(y)));
  const predicted = samples.map(({ x }) =>
    Math.max(
      x.reduce((sum, value, k) => sum + value * values[k]!, 0),
      LEAST_SHARE * mean,
      Number.MIN_VALUE,
    ),
  );
  const squares = samples.map(({ y }, row) => Math.log((y - predicted[row]!) ** 2 + (1e-6 * mean) ** 2));
  const line = regression(
    squares.map((y, place) => ({ place, x: [1, Math.log(predicted[place]! / mean)], y })),
    squares.map(() => 1),
  );
  const growth = Math.max(0, Math.min(2, line.values[1] ?? 0));
  return predicted.map((value) => power(value / mean, -growth));
}
