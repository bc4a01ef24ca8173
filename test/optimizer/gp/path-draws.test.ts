import { describe, expect, test } from 'vitest';
import { stream } from '../../../src/base/random.ts';
import { meanAndVariance } from '../../../src/numeric/statistics.ts';
import { conditionModel, type GpModel } from '../../../src/optimizer/gp/fit.ts';
import { startHyperparameters } from '../../../src/optimizer/gp/hyperparameters.ts';
import { featureRows, type KernelShape } from '../../../src/optimizer/gp/kernel.ts';
import { IDENTITY } from '../../../src/optimizer/gp/outcome-transform.ts';
import { drawPath } from '../../../src/optimizer/gp/path-draws.ts';
import { momentsBuffer, predict } from '../../../src/optimizer/gp/posterior.ts';

const categorical = Uint8Array.of(0, 0, 1);
const levels = Int32Array.of(0, 0, 3);

function fitted(kernel: KernelShape) {
  const rng = stream(4, 'points');
  const points = Array.from({ length: 12 }, () => Float64Array.of(rng.uniform(), rng.uniform(), rng.below(3)));
  const losses = Float64Array.from(points, ([x, y, c]) => Math.sin(5 * x!) + y! * y! + 0.3 * c!);
  const theta = startHyperparameters(kernel, 3, { lengthscale: 0.5, signal: 1, noise: 1e-6 });
  const model: GpModel = { kernel, transformShape: IDENTITY, theta, score: 0 };
  const variances = new Float64Array(12).fill(Number.NaN);
  return conditionModel({ points: featureRows(points, categorical), losses, variances }, model);
}

describe.each(['matern52', 'squared-exponential', 'additive'] as const)(
  'functions drawn from a posterior, %s',
  (kernel) => {
    const gp = fitted(kernel);
    const draws = (count: number) => {
      const rng = stream(5, kernel);
      return Array.from({ length: count }, () => drawPath(gp, { waves: 200, levels, rng }));
    };

    test('go through the values they were told', () => {
      const [path] = draws(1);
      const { features, width, rows } = gp.posterior.points;
      for (let i = 0; i < rows; i++)
        expect(path!(features.subarray(i * width, (i + 1) * width))).toBeCloseTo(gp.targets[i]!, 1);
    });

    test('have the mean and the deviation of the posterior elsewhere', () => {
      const paths = draws(300);
      for (const x of [Float64Array.of(0.5, 0.5, 0), Float64Array.of(0.05, 0.95, 2)]) {
        const { means, variance } = predict(gp.posterior, x, momentsBuffer(gp.posterior));
        const drawn = meanAndVariance(paths.map((path) => path(x)));
        expect(Math.abs(drawn.mean - means[0]!)).toBeLessThan(0.3 * Math.sqrt(variance));
        expect(Math.sqrt(drawn.variance / variance)).toBeGreaterThan(0.8);
        expect(Math.sqrt(drawn.variance / variance)).toBeLessThan(1.2);
      }
    });
  },
);
