import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { stream } from '../../../src/base/random.ts';
import {
  choleskyFactor,
  choleskySolve,
  inverseFromFactor,
  invertLowerTransposed,
} from '../../../src/numeric/cholesky.ts';
import { startHyperparameters } from '../../../src/optimizer/gp/hyperparameters.ts';
import {
  featureRows,
  type Kernel,
  kernelVariance,
  pairDifferences,
  RELATIVE_NUGGET,
} from '../../../src/optimizer/gp/kernel.ts';
import { negativeLogPosterior } from '../../../src/optimizer/gp/marginal-likelihood.ts';
import {
  addMomentGradient,
  condition,
  momentsBuffer,
  predict,
  priorCovariance,
} from '../../../src/optimizer/gp/posterior.ts';
import type { Posterior } from '../../../src/optimizer/gp/process.ts';
import { MODULE_FILE, sourcesHash } from '../../reference/kernels.ts';

const KERNEL: Kernel = { shape: 'matern52', weights: Float64Array.of(9, 4), signal: 1.3, first: 0, second: 0 };

function sample(n: number, seed = 1) {
  const rng = stream(seed, 'compiled-kernels');
  const rows = Array.from({ length: n }, () => Float64Array.of(rng.uniform(), rng.uniform()));
  const points = featureRows(rows, new Uint8Array(2));
  return {
    points,
    targets: Float64Array.from({ length: n }, () => rng.normal()),
    noise: new Float64Array(n).fill(1e-3),
  };
}

function posteriorOf(n: number, seed?: number): Posterior {
  const { points, targets, noise } = sample(n, seed);
  return condition(KERNEL, points, [targets], noise);
}

describe('compiled kernels', () => {
  test('come from the sources as they are: after a change, `npm run kernels` compiles them anew', () => {
    expect(readFileSync(MODULE_FILE, 'utf8')).toContain(sourcesHash());
  });

  test('factor and solve with the bits of src/numeric, at any size', () => {
    for (const n of [1, 2, 3, 4, 5, 6, 7, 8, 9, 14, 15, 16, 17, 61]) {
      const { points, targets, noise } = sample(n);
      const posterior = condition(KERNEL, points, [targets, noise], noise);
      const lower = posterior.lower();
      const covariance = priorCovariance(KERNEL, points);
      const extra = kernelVariance(KERNEL) * RELATIVE_NUGGET;
      for (let i = 0; i < n; i++) covariance[i * n + i]! += noise[i]! + extra;
      choleskyFactor(covariance, n, covariance);
      for (let a = 0; a < n; a++)
        expect(lower.subarray(a * n, a * n + a + 1)).toEqual(covariance.subarray(a * n, a * n + a + 1));
      for (const [s, values] of [targets, noise].entries())
        expect(posterior.alpha(s)).toEqual(choleskySolve(covariance, n, values));
    }
  });

  test('sum the gradient of the noise with the bits of the inverse of src/numeric', () => {
    for (const n of [1, 2, 3, 5, 8, 13, 30]) {
      const { points, targets } = sample(n);
      const theta = startHyperparameters('matern52', 2, { lengthscale: 0.4, signal: 1, noise: 0.1 });
      const density = negativeLogPosterior({
        rows: n,
        width: 2,
        differences: pairDifferences(points),
        targets,
        variances: new Float64Array(n).fill(Number.NaN),
        noiseScale: new Float64Array(n).fill(1),
        shape: 'matern52',
      });
      const value = density.value(theta);
      const gradient = new Float64Array(4);
      density.gradient(gradient);
      const weights = theta.slice(0, 2).map(Math.exp);
      const noise = Math.exp(theta[3]!);
      const posterior = condition(
        { ...KERNEL, weights, signal: Math.exp(theta[2]!) },
        points,
        [targets],
        new Float64Array(n).fill(noise),
      );
      const inverse = inverseFromFactor(invertLowerTransposed(posterior.lower(), n), n);
      let sum = -priorSlope(theta[3]!);
      for (let i = 0; i < n; i++) sum += 0.5 * noise * (inverse[i * n + i]! - posterior.alpha(0)[i]! ** 2);
      expect(gradient[3]).toBeCloseTo(sum, 12);
      expect(value).toBe(density.value(theta));
    }
  });

  test('forget posteriors that are not used, and answer the same when they come back', () => {
    const first = posteriorOf(500);
    const x = Float64Array.of(0.3, 0.7);
    const answer = () => {
      const moments = momentsBuffer(first);
      const { variance } = predict(first, x, moments);
      return [...moments.means, variance];
    };
    const known = answer();
    const slopes = (between: () => void): Float64Array => {
      predict(first, x, momentsBuffer(first));
      between();
      const gradient = new Float64Array(2);
      addMomentGradient(first, x, Float64Array.of(1), 0.5, gradient);
      return gradient;
    };
    const straight = slopes(() => undefined);
    const many = (): void => {
      for (let seed = 2; seed < 27; seed++) predict(posteriorOf(500, seed), x, momentsBuffer(first));
    };
    expect(slopes(many)).toEqual(straight);
    many();
    expect(answer()).toEqual(known);
  });
});

/** d log p / d log σ² of the noise before data. */
function priorSlope(logNoise: number): number {
  return -(logNoise - Math.log(1e-5)) / 4 ** 2;
}
