import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import type { Rng } from '../base/random.ts';
import type { StagedDifferentiable } from './differentiable.ts';
import { power } from './power.ts';

export interface LaplaceOptions {
  /** Draws to keep. */
  readonly count: number;
  /** Steps of the chain for each draw that is kept. */
  readonly thinning: number;
  /** Largest deviation of a proposal along any direction; a density flatter than that is cut short. */
  readonly widest: number;
  readonly lower: ArrayLike<number>;
  readonly upper: ArrayLike<number>;
  readonly rng: Rng;
}

/** Proposals are Student-t: their tails are heavier than those of the density, so that no region is left out for ever. */
const FREEDOM = 5;
const HESSIAN_STEP = 1e-3;

/**
 * Draws from a density around its mode: a Metropolis chain whose proposals do not depend on where it stands, but on the
 * curvature at the mode (Laplace's approximation with heavier tails). Where the approximation is good nearly every proposal is
 * accepted; where it is not, the chain corrects it.
 * @param negativeLog - minus the log density up to a constant, with its gradient
 * @param mode - inside the bounds
 * @see Tierney 1994, "Markov chains for exploring posterior distributions", section 2.3.3
 */
export function laplaceDraws(
  negativeLog: StagedDifferentiable,
  mode: Float64Array,
  options: LaplaceOptions,
): Float64Array[] {
  const { count, thinning, lower, upper, rng } = options;
  const n = mode.length;
  const axes = principalAxes(negativeLog, mode, options.widest);
  // log density minus log proposal density, up to a constant.
  const weight = (x: Float64Array, radius2: number): number =>
    -negativeLog.value(x) + 0.5 * (FREEDOM + n) * Math.log1p(radius2 / FREEDOM);
  let at = mode;
  let atWeight = weight(mode, 0);
  const draws: Float64Array[] = [];
  for (let t = 1; draws.length < count; t++) {
    const { next, radius2 } = proposal(mode, axes, rng);
    const chance = rng.uniform();
    if (next.every((value, i) => value >= lower[i]! && value <= upper[i]!)) {
      const nextWeight = weight(next, radius2);
      if (Math.log(chance) < nextWeight - atWeight) {
        at = next;
        atWeight = nextWeight;
      }
    }
    if (t % thinning === 0) draws.push(at.slice());
  }
  return draws;
}

function proposal(
  mode: Float64Array,
  axes: readonly Float64Array[],
  rng: Rng,
): { next: Float64Array; radius2: number } {
  let squares = 0;
  for (let i = 0; i < FREEDOM; i++) squares += rng.normal() ** 2;
  const scale = Math.sqrt(FREEDOM / squares);
  let radius2 = 0;
  const next = mode.slice();
  for (const axis of axes) {
    const step = scale * rng.normal();
    radius2 += step * step;
    for (let i = 0; i < next.length; i++) next[i]! += step * axis[i]!;
  }
  return { next, radius2 };
}

/** Eigenvectors of the inverse Hessian, as long as its standard deviations. */
function principalAxes(negativeLog: StagedDifferentiable, mode: Float64Array, widest: number): Float64Array[] {
  const n = mode.length;
  const hessian = Matrix.zeros(n, n);
  const [above, below] = [new Float64Array(n), new Float64Array(n)];
  for (let i = 0; i < n; i++) {
    const x = mode.slice();
    x[i] = mode[i]! + HESSIAN_STEP;
    if (Number.isFinite(negativeLog.value(x))) negativeLog.gradient(above);
    x[i] = mode[i]! - HESSIAN_STEP;
    if (Number.isFinite(negativeLog.value(x))) negativeLog.gradient(below);
    for (let j = 0; j < n; j++) {
      const slope = (above[j]! - below[j]!) / (4 * HESSIAN_STEP);
      hessian.set(i, j, hessian.get(i, j) + slope);
      hessian.set(j, i, hessian.get(j, i) + slope);
    }
  }
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(hessian, { assumeSymmetric: true });
  return realEigenvalues.map((value, k) => {
    const length = 1 / Math.sqrt(Math.max(value, power(widest, -2)));
    return Float64Array.from({ length: n }, (_, i) => length * eigenvectorMatrix.get(i, k));
  });
}
