import { describe, expect, it } from 'vitest';
import { stream } from '../../src/base/random.ts';
import { digamma, fitExponential, fitGamma, fitWeibull, trigamma } from '../../src/numeric/positive-laws.ts';

const EULER = 0.5772156649015329;

describe('polygamma functions', () => {
  it('have their values at 1, ½ and 5', () => {
    expect(digamma(1)).toBeCloseTo(-EULER, 10);
    expect(digamma(0.5)).toBeCloseTo(-EULER - 2 * Math.LN2, 10);
    expect(digamma(5)).toBeCloseTo(25 / 12 - EULER, 10);
    expect(trigamma(1)).toBeCloseTo(Math.PI ** 2 / 6, 10);
    expect(trigamma(0.5)).toBeCloseTo(Math.PI ** 2 / 2, 10);
  });
});

describe('laws of positive numbers', () => {
  const rng = stream(7, 'laws');
  const exponential = Float64Array.from({ length: 20_000 }, () => 300 * rng.exponential());

  it.each([0.5, 1, 2.5])('a Weibull sample of shape %d has its parameters, and is unlikely under gamma', (shape) => {
    const sample = exponential.map((value) => 1000 * (value / 300) ** (1 / shape));
    const fitted = fitWeibull(sample);
    expect(fitted.shape / shape).toBeCloseTo(1, 1);
    expect(fitted.scale / 1000).toBeCloseTo(1, 1);
    const gain = fitted.logLikelihood - fitGamma(sample).logLikelihood;
    if (shape === 1) expect(Math.abs(gain)).toBeLessThan(3);
    else expect(gain).toBeGreaterThan(20);
  });

  it('sums of four exponentials are gamma of shape 4; one alone has shape 1 and the exponential likelihood', () => {
    const sums = Float64Array.from({ length: 5000 }, (_, i) =>
      exponential.subarray(4 * i, 4 * i + 4).reduce((a, b) => a + b, 0),
    );
    expect(fitGamma(sums).shape / 4).toBeCloseTo(1, 1);
    const single = fitGamma(exponential);
    expect(single.shape).toBeCloseTo(1, 1);
    expect(single.logLikelihood - fitExponential(exponential).logLikelihood).toBeGreaterThanOrEqual(0);
    expect(single.logLikelihood - fitExponential(exponential).logLikelihood).toBeLessThan(4);
  });

  it('are at the top of their likelihood: a step aside is no better', () => {
    const { shape, scale, logLikelihood } = fitGamma(exponential.map((value) => value ** 0.7));
    const sample = exponential.map((value) => value ** 0.7);
    const likelihood = (k: number, theta: number) => {
      const constant = fitGammaConstant(k, theta);
      return sample.reduce((sum, x) => sum + (k - 1) * Math.log(x) - x / theta - constant, 0);
    };
    expect(likelihood(shape, scale)).toBeCloseTo(logLikelihood, 3);
    for (const [k, theta] of [
      [1.02 * shape, scale],
      [0.98 * shape, scale],
      [shape, 1.02 * scale],
      [shape, 0.98 * scale],
    ] as const) {
      expect(likelihood(k, theta)).toBeLessThan(logLikelihood);
    }
  });
});

/** k log θ + log Γ(k), the latter by integrating ψ from 1. */
function fitGammaConstant(k: number, theta: number): number {
  const steps = 2000;
  let logGamma = 0;
  for (let i = 0; i < steps; i++) logGamma += (digamma(1 + ((i + 0.5) * (k - 1)) / steps) * (k - 1)) / steps;
  return k * Math.log(theta) + logGamma;
}
