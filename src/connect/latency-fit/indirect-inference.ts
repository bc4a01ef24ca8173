import { inverse, Matrix } from 'ml-matrix';
import { power } from '../../numeric/power.ts';
import type { Auxiliary } from './auxiliary.ts';
import { leastInBox } from './quadratic-box.ts';
import { blockCovariance } from './regression.ts';

/** Auxiliary regressions of the measurements and of simulations, both alike. */
export interface IndirectProblem {
  readonly observed: Auxiliary;
  /** Mean of some simulations with these coefficients, each of its own chance. */
  simulated(values: readonly number[]): Auxiliary;
  readonly parameters: readonly {
    /** A usual size. */
    readonly scale: number;
    readonly least: number;
    /** Share of a coefficient (at least of a fifth of its size) by which it is changed for slopes. */
    readonly reach: number;
  }[];
}

/** Auxiliary coefficients are not known better than by this share: the clock has whole µs. */
const LEAST_ERROR = 1e-4;
/** Doubt about a coefficient before any data, in its usual sizes. */
const PRIOR_SCALES = 30;
const SMALL_SHARE = 0.2;
const LONGEST_STEP = 0.5;

/** Change of the auxiliary coefficients by each coefficient, by central differences: auxiliary × coefficient. */
export function slopesAt(problem: IndirectProblem, values: readonly number[]): Matrix {
  const { simulated, parameters } = problem;
  const columns = parameters.map(({ scale, least, reach }, k) => {
    const change = reach * Math.max(values[k]!, SMALL_SHARE * scale);
    const [above, below] = [1, -1].map((sign) =>
      values.map((value, j) => (j === k ? Math.max(least, value + sign * change) : value)),
    ) as [number[], number[]];
    const [up, down] = [simulated(above).values, simulated(below).values];
    return up.map((value, m) => (value - down[m]!) / (above[k]! - below[k]!));
  });
  return new Matrix(columns).transpose();
}

/** One Gauss–Newton step towards coefficients whose simulations have the auxiliary coefficients of the measurements. */
export function stepFrom(problem: IndirectProblem, values: readonly number[], slopes: Matrix): readonly number[] {
  const { gap, weights } = distanceAt(problem, values);
  const pull = slopes.transpose().mmul(weights).mmul(gap).to1DArray();
  const most = values.map((value, k) => LONGEST_STEP * Math.max(value, problem.parameters[k]!.scale));
  const step = leastInBox(informationOf(problem, slopes, weights), pull, {
    low: values.map((value, k) => Math.max(problem.parameters[k]!.least - value, -most[k]!)),
    high: most,
  });
  return values.map((value, k) => value + step[k]!);
}

/** Covariance of the coefficients, by the sandwich formula: blocks of requests are its independent pieces. */
export function covarianceAt(problem: IndirectProblem, values: readonly number[], slopes: Matrix): Matrix {
  const { covariance, weights } = distanceAt(problem, values);
  const bread = inverse(informationOf(problem, slopes, weights), true);
  const half = bread.mmul(slopes.transpose()).mmul(weights);
  return half.mmul(covariance).mmul(half.transpose());
}

function informationOf({ parameters }: IndirectProblem, slopes: Matrix, weights: Matrix): Matrix {
  const information = slopes.transpose().mmul(weights).mmul(slopes);
  for (const [k, { scale }] of parameters.entries()) {
    information.set(k, k, information.get(k, k) + 1 / (PRIOR_SCALES * scale) ** 2);
  }
  return information;
}

/**
 * What measured and simulated regressions differ by, and the covariance of that: whatever moves both sides of a request alike is no
 * error, so it is taken from their differences block by block.
 */
function distanceAt(problem: IndirectProblem, values: readonly number[]) {
  const { observed } = problem;
  const simulated = problem.simulated(values);
  const gap = Matrix.columnVector(observed.values.map((value, m) => value - simulated.values[m]!));
  const covariance = blockCovariance(Matrix.sub(observed.influence, simulated.influence));
  for (const [m, value] of observed.values.entries()) {
    covariance.set(m, m, covariance.get(m, m) + (LEAST_ERROR * value) ** 2 + power(Number.MIN_VALUE, 0.25));
  }
  return { gap, covariance, weights: inverse(covariance, true) };
}
