import type { StagedDifferentiable } from '../../numeric/differentiable.ts';
import { Machine } from '../compiled/machine.ts';
import { hyperparameterCount, kernelParts, type LogHyperparameters, logPrior } from './hyperparameters.ts';
import { type KernelShape, partsVariance, SHAPE_NUMBERS } from './kernel.ts';

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
  const { width, shape } = data;
  const unused = new Float64Array(hyperparameterCount(shape, width));
  let theta: LogHyperparameters = unused.slice();
  const value = (x: LogHyperparameters): number => {
    theta = x;
    const base = place(data);
    const { numbers } = MACHINE;
    const weights = MACHINE.at(base, FIELDS.weights);
    for (let j = 0; j < width; j++) numbers[weights + j] = Math.exp(theta[j]!);
    const kernel = kernelParts(shape, theta, width);
    const record = base >>> 3;
    numbers[record + NUMBERS.signal] = kernel.signal;
    numbers[record + NUMBERS.first] = kernel.first;
    numbers[record + NUMBERS.second] = kernel.second;
    numbers[record + NUMBERS.variance] = partsVariance(kernel, width);
    numbers[record + NUMBERS.noise] = Math.exp(theta[width + 1]!);
    const deviance = MACHINE.kernels.halfDeviance(base);
    return Number.isNaN(deviance) ? Number.POSITIVE_INFINITY : deviance - logPrior(shape, theta, width, unused);
  };
  return {
    value,
    gradient(out) {
      if (placed !== data) value(theta);
      const base = place(data);
      out.fill(0);
      logPrior(shape, theta, width, out);
      for (let j = 0; j < out.length; j++) out[j] = -out[j]!;
      const at = MACHINE.at(base, FIELDS.gradient);
      MACHINE.numbers.set(out, at);
      MACHINE.kernels.addGradient(base);
      for (let j = 0; j < out.length; j++) out[j] = MACHINE.numbers[at + j]!;
    },
  };
}

/** One fit lies in this memory at a time. */
const MACHINE = new Machine(0);
let placed: LikelihoodData | null = null;
let base = 0;

/** Where addresses stand in a `Likelihood`. */
const FIELDS = { weights: 5, differences: 6, targets: 7, variances: 8, noiseScale: 9, gradient: 10 };

/** Where numbers stand in a `Likelihood`. */
const NUMBERS = { signal: 10, first: 11, second: 12, variance: 13, noise: 14 };

/** Address of the fit of these data. */
function place(data: LikelihoodData): number {
  if (placed === data) return base;
  const { rows, width, differences, targets, variances, noiseScale } = data;
  const shape = SHAPE_NUMBERS[data.shape];
  MACHINE.clear();
  base = MACHINE.take(MACHINE.kernels.likelihoodSize(rows, width, shape));
  MACHINE.kernels.layoutLikelihood(base, rows, width, shape);
  const pairs = (rows * (rows - 1)) / 2;
  // Loops take four pairs at a time.
  const stride = Math.ceil(pairs / 4) * 4;
  const at = MACHINE.at(base, FIELDS.differences);
  for (let j = 0; j < width; j++)
    MACHINE.numbers.set(differences.subarray(j * pairs, (j + 1) * pairs), at + j * stride);
  MACHINE.numbers.set(targets, MACHINE.at(base, FIELDS.targets));
  MACHINE.numbers.set(variances, MACHINE.at(base, FIELDS.variances));
  MACHINE.numbers.set(noiseScale, MACHINE.at(base, FIELDS.noiseScale));
  placed = data;
  return base;
}
