import { describe, expect, it } from 'vitest';
import { stream } from '../../../src/base/random.ts';
import { violationAcquisition, violations } from '../../../src/optimizer/acquisition/violation-acquisition.ts';
import { featureMap } from '../../../src/optimizer/gp/features.ts';
import { featureRows, type Kernel } from '../../../src/optimizer/gp/kernel.ts';
import { condition, momentsBuffer, predict } from '../../../src/optimizer/gp/posterior.ts';

const FEATURES = featureMap({
  parameters: ['a', 'b'].map((name) => ({ name, kind: 'real', low: 0, high: 1, log: false })),
});
const KERNEL: Kernel = { shape: 'matern52', weights: Float64Array.of(6, 4), signal: 1, first: 0, second: 0 };
const POINTS = featureRows(
  [
    [0.1, 0.3],
    [0.8, 0.5],
    [0.4, 0.9],
    [0.6, 0.2],
  ].map((x) => Float64Array.from(x)),
  new Uint8Array(2),
);
const believed = (slacks: readonly number[], bound: number) => ({
  posterior: condition(KERNEL, POINTS, [Float64Array.from(slacks)], new Float64Array(4).fill(1e-6)),
  bound,
});
/** Three constraints: one missed everywhere, one met at some points, one met by far. */
const CONSTRAINTS = [
  believed([0.4, 0.9, 1.4, 0.7], -0.3),
  believed([-0.5, 0.6, 0.2, -0.1], 0),
  believed([-9, -9, -9, -9], 9),
];
const PROBES = [
  [0.35, 0.45],
  [0.95, 0.05],
  [0.1, 0.31],
].map((x) => Float64Array.from(x));

describe('the expected reduction of a violation', () => {
  it('starts from what each point misses to its bounds', () => {
    expect([...violations(CONSTRAINTS, POINTS)].map((v) => Number(v.toFixed(3)))).toEqual([0.7, 1.8, 1.9, 1]);
  });

  it('takes the sum of what is missed for normal, with the moments of simulated slacks', () => {
    const rng = stream(1, 'violation');
    const acquisition = violationAcquisition(FEATURES, CONSTRAINTS, 0.7);
    for (const cube of PROBES) {
      const moments = CONSTRAINTS.map(({ posterior }) => predict(posterior, cube, momentsBuffer(posterior)));
      const sums = Array.from({ length: 20_000 }, () =>
        CONSTRAINTS.reduce((sum, { bound }, c) => {
          const { means, variance } = moments[c]!;
          return sum + Math.max(0, means[0]! + Math.sqrt(variance) * rng.normal() - bound);
        }, 0),
      );
      const mean = sums.reduce((a, b) => a + b, 0) / sums.length;
      const deviation = Math.sqrt(sums.reduce((a, b) => a + (b - mean) ** 2, 0) / sums.length);
      const gains = Array.from({ length: 20_000 }, () => Math.max(0, 0.7 - mean - deviation * rng.normal()));
      const expected = gains.reduce((a, b) => a + b, 0) / gains.length;
      expect(Math.abs(Math.exp(acquisition(cube)) - expected)).toBeLessThan(0.02 * deviation);
    }
  });

  it('has the gradient of finite differences', () => {
    const acquisition = violationAcquisition(FEATURES, CONSTRAINTS, 0.7);
    for (const cube of PROBES) {
      const gradient = new Float64Array(2);
      expect(acquisition(cube, gradient)).toBe(acquisition(cube));
      for (let j = 0; j < 2; j++) {
        const moved = (by: number) => acquisition(cube.map((u, k) => (k === j ? u + by : u)));
        const slope = (moved(1e-6) - moved(-1e-6)) / 2e-6;
        expect(Math.abs(gradient[j]! - slope)).toBeLessThan(1e-4 * (1 + Math.abs(slope)));
      }
    }
  });
});
