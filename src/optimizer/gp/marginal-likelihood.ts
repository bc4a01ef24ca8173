import { choleskyFactor, inverseFromFactor, invertLowerTransposed, logDeterminant } from '../../numeric/cholesky.ts';
import { dot } from '../../numeric/dot.ts';
import type { StagedDifferentiable } from '../../numeric/lbfgsb.ts';
import { solveLower, solveUpper } from '../../numeric/triangular-solve.ts';
import { hyperparameterCount, kernelOf, type LogHyperparameters, logPrior } from './hyperparameters.ts';
import { kernelVariance } from './kernel.ts';
import {
  addAdditiveGradient,
  addDiagonal,
  addRadialGradient,
  fillAdditive,
  fillRadial,
  type LikelihoodData,
  type LikelihoodScratch,
  likelihoodScratch,
} from './pair-covariance.ts';

/**
 * Negative log posterior density of the hyperparameters, −log N(y | 0, K) − log p(θ) up to a constant, in nats.
 *
 * K = s² κ(r²) + m² 1 1ᵀ + diag(σ² or known variance), y standardised. With α = K⁻¹ y the gradient is
 * ½ tr((K⁻¹ − α αᵀ) ∂K), so one inverse (n³ multiply-adds, a third of what n solves would need) serves all of θ.
 * The value is +Infinity when K is not positive definite in floating point.
 * @see Rasmussen & Williams 2006, eq. 2.30 and 5.9
 */
export function negativeLogPosterior(data: LikelihoodData): StagedDifferentiable {
  const { rows, width, targets, shape } = data;
  const scratch = likelihoodScratch(data);
  const { covariance, inverse, inverseTransposed, residual } = scratch;
  const additive = shape === 'additive';
  const fill = additive ? fillAdditive : fillRadial;
  const addGradient = additive ? addAdditiveGradient : addRadialGradient;
  const unused = new Float64Array(hyperparameterCount(shape, width));
  let theta: LogHyperparameters = unused.slice();
  let kernel = kernelOf(shape, theta, width);
  return {
    value(x) {
      theta = x;
      kernel = kernelOf(shape, theta, width);
      fill(kernel, data, scratch);
      addDiagonal(kernelVariance(kernel), Math.exp(theta[width + 1]!), data, covariance);
      if (choleskyFactor(covariance, rows, covariance).kind !== 'factored') return Number.POSITIVE_INFINITY;
      solveLower(covariance, rows, targets, residual);
      const fitTerm = dot(residual, 0, residual, 0, rows);
      return 0.5 * (fitTerm + logDeterminant(covariance, rows)) - logPrior(shape, theta, width, unused);
    },
    gradient(out) {
      solveUpper(covariance, rows, residual, residual);
      invertLowerTransposed(covariance, rows, inverseTransposed);
      inverseFromFactor(inverseTransposed, rows, inverse);
      out.fill(0);
      logPrior(shape, theta, width, out);
      for (let j = 0; j < out.length; j++) out[j] = -out[j]!;
      addGradient(kernel, out, data, scratch);
      addNoiseGradient(Math.exp(theta[width + 1]!), out, data, scratch);
    },
  };
}

function addNoiseGradient(
  noise: number,
  gradient: Float64Array,
  { rows, width, variances, noiseScale }: LikelihoodData,
  { inverse, residual }: LikelihoodScratch,
): void {
  for (let i = 0; i < rows; i++) {
    if (!Number.isNaN(variances[i]!)) continue;
    const share = noise * noiseScale[i]!;
    gradient[width + 1]! += 0.5 * share * (inverse[i * rows + i]! - residual[i]! * residual[i]!);
  }
}
