import { expect, test } from 'vitest';
import { stream } from '../../src/base/random.ts';
import { staged } from '../../src/numeric/differentiable.ts';
import { laplaceDraws } from '../../src/numeric/laplace-draws.ts';
import { meanAndVariance } from '../../src/numeric/statistics.ts';

const wide = { lower: [-50, -50], upper: [50, 50] };

test('draws of a normal density have its means, variances and correlation', () => {
  // Precision [[2, 1], [1, 3]] around (1, -2): covariance [[0.6, -0.2], [-0.2, 0.4]].
  const negativeLog = (x: Float64Array, gradient: Float64Array): number => {
    const [a, b] = [x[0]! - 1, x[1]! + 2];
    gradient[0] = 2 * a + b;
    gradient[1] = a + 3 * b;
    return 0.5 * (2 * a * a + 2 * a * b + 3 * b * b);
  };
  const options = { ...wide, count: 3000, thinning: 2, widest: 10, rng: stream(1, 'normal') };
  const draws = laplaceDraws(staged(negativeLog, 2), Float64Array.of(1, -2), options);
  const [a, b] = [0, 1].map((k) => meanAndVariance(draws.map((draw) => draw[k]!)));
  expect([a!.mean, b!.mean].map((mean) => Number(mean.toFixed(1)))).toEqual([1, -2]);
  expect(a!.variance).toBeCloseTo(0.6, 1);
  expect(b!.variance).toBeCloseTo(0.4, 1);
  const product = draws.reduce((sum, [x, y]) => sum + ((x! - 1) * (y! + 2)) / draws.length, 0);
  expect(product).toBeCloseTo(-0.2, 1);
});

test('a density that leans to one side is drawn as it is, not as its curvature at the mode says', () => {
  // Gamma with shape 3 and scale 1: mode 2, mean 3.
  const negativeLog = ([x]: Float64Array, gradient: Float64Array): number => {
    gradient[0] = 1 - 2 / x!;
    return x! - 2 * Math.log(x!);
  };
  const options = { lower: [1e-6], upper: [60], count: 3000, thinning: 2, widest: 10, rng: stream(2, 'gamma') };
  const draws = laplaceDraws(staged(negativeLog, 1), Float64Array.of(2), options).map((draw) => draw[0]!);
  expect(meanAndVariance(draws).mean).toBeCloseTo(3, 0);
  expect(meanAndVariance(draws).mean).toBeGreaterThan(2.7);
});

test('no draw leaves the bounds, and the same stream gives the same draws', () => {
  const flat = (_: Float64Array, gradient: Float64Array): number => {
    gradient.fill(0);
    return 0;
  };
  const draw = () =>
    laplaceDraws(staged(flat, 2), Float64Array.of(0.5, 0.5), {
      lower: [0, 0],
      upper: [1, 1],
      count: 50,
      thinning: 1,
      widest: 2,
      rng: stream(3, 'flat'),
    });
  expect(draw().every((x) => x.every((value) => value >= 0 && value <= 1))).toBe(true);
  expect(draw()).toEqual(draw());
});
