import type { StagedDifferentiable } from '../../numeric/differentiable.ts';
import { type BoundedMinimum, type BoundedSearchOptions, minimizeFit, SEARCHES } from '../compiled/lbfgsb.ts';
import { hyperparameterCount, type LogHyperparameters, lengthscaleCenter } from './hyperparameters.ts';
import { type KernelShape, SHAPE_NUMBERS } from './kernel.ts';

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

/**
 * Negative log posterior density of the hyperparameters, −log N(y | 0, K) − log p(θ) up to a constant, in nats.
 *
 * K = s² κ(r²) + m² 1 1ᵀ + diag(σ² or known variance), y standardised. With α = K⁻¹ y the gradient is
 * ½ tr((K⁻¹ − α αᵀ) ∂K), so one inverse (n³ multiply-adds, a third of what n solves would need) serves all of θ.
 * The value is +Infinity when K is not positive definite in floating point.
 * @see Rasmussen & Williams 2006, eq. 2.30 and 5.9
 */
export function negativeLogPosterior(data: LikelihoodData): StagedDifferentiable {
  let theta: LogHyperparameters = new Float64Array(hyperparameterCount(data.shape, data.width));
  const value = (x: LogHyperparameters): number => {
    theta = x;
    const base = place(data);
    SEARCHES.numbers.set(x, SEARCHES.at(base, FIELDS.theta));
    return SEARCHES.kernels.negativeLogPosterior(base);
  };
  return {
    value,
    gradient(out) {
      if (placed !== data) value(theta);
      const base = place(data);
      SEARCHES.kernels.posteriorGradient(base);
      const at = SEARCHES.at(base, FIELDS.gradient);
      for (let j = 0; j < out.length; j++) out[j] = SEARCHES.numbers[at + j]!;
    },
  };
}

/** Its minimum from a start. */
export function mostProbable(
  data: LikelihoodData,
  start: LogHyperparameters,
  options: BoundedSearchOptions,
): BoundedMinimum {
  return minimizeFit(place(data), start, options);
}

/** One fit lies in the memory of searches at a time. */
let placed: LikelihoodData | null = null;
let base = 0;

/** Where addresses stand in a `Likelihood`. */
const FIELDS = { differences: 6, targets: 7, variances: 8, noiseScale: 9, theta: 10, gradient: 11 };

/** Where numbers stand in a `Likelihood`. */
const NUMBERS = { center: 15 };

/** Address of the fit of these data. */
function place(data: LikelihoodData): number {
  if (placed === data) return base;
  const { rows, width, differences, targets, variances, noiseScale } = data;
  const shape = SHAPE_NUMBERS[data.shape];
  SEARCHES.clear();
  base = SEARCHES.take(SEARCHES.kernels.likelihoodSize(rows, width, shape));
  SEARCHES.kernels.layoutLikelihood(base, rows, width, shape);
  const pairs = (rows * (rows - 1)) / 2;
  // Loops take four pairs at a time.
  const stride = Math.ceil(pairs / 4) * 4;
  const at = SEARCHES.at(base, FIELDS.differences);
  for (let j = 0; j < width; j++)
    SEARCHES.numbers.set(differences.subarray(j * pairs, (j + 1) * pairs), at + j * stride);
  SEARCHES.numbers.set(targets, SEARCHES.at(base, FIELDS.targets));
  SEARCHES.numbers.set(variances, SEARCHES.at(base, FIELDS.variances));
  SEARCHES.numbers.set(noiseScale, SEARCHES.at(base, FIELDS.noiseScale));
  SEARCHES.numbers[(base >>> 3) + NUMBERS.center] = lengthscaleCenter(data.shape, width);
  placed = data;
  return base;
}
