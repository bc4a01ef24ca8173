import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BestLossBelief, bestLossMixture } from '../../../src/optimizer/acquisition/best-loss-mixture.ts';
import { HypervolumeGain } from '../../../src/optimizer/acquisition/hypervolume-gain.ts';
import { featureMap } from '../../../src/optimizer/gp/features.ts';
import { featureRows, type Kernel } from '../../../src/optimizer/gp/kernel.ts';
import { addMomentGradient, condition, momentsBuffer, predict } from '../../../src/optimizer/gp/posterior.ts';
import { decomposeNonDominated } from '../../../src/optimizer/pareto/box-decomposition.ts';
import type { SearchSpace } from '../../../src/optimizer/space/parameter.ts';
import { logSumExp } from '../../support/log-sum-exp.ts';

const SPACE: SearchSpace = {
  parameters: [
    { name: 'x', kind: 'real', low: 0, high: 1, log: false },
    { name: 'c', kind: 'categorical', choices: ['a', 'b'] },
    { name: 'w', kind: 'simplex', components: ['p', 'q', 'r'] },
  ],
};
const FEATURES = featureMap(SPACE);
const POINTS = featureRows(
  [
    [0.1, 0.2, 0.3, 0.4],
    [0.8, 0.7, 0.5, 0.6],
  ].map((cube) => FEATURES.fromCube(cube)),
  FEATURES.categorical,
);
const PROBE = Float64Array.of(0.35, 0.6, 0.45, 0.55);

/** A belief with any means and about this variance at the probe. */
function beliefOf(
  members: readonly (readonly [number, number])[],
  signal: number,
  shape: Kernel['shape'],
): BestLossBelief {
  const weights = Float64Array.of(1, 0.5, 2, 0.3, 0.7);
  const posterior = condition(
    { shape, weights, signal, first: 0.1 * signal, second: 0.05 * signal },
    POINTS,
    members.map(([, value]) => Float64Array.of(value, -0.3 * value)),
    Float64Array.of(0.01, 0.02),
  );
  return { posterior, bests: Float64Array.from(members, ([best]) => best) };
}

/** The same by the general gain, for one belief. */
function alone({ posterior, bests }: BestLossBelief): { readonly value: number; readonly gradient: Float64Array } {
  const x = FEATURES.fromCube(PROBE);
  const regions = Array.from(bests, (best) => decomposeNonDominated([], [best]));
  const general = new HypervolumeGain([null], regions);
  const value = general.logMean([predict(posterior, x, momentsBuffer(posterior))], true);
  const byFeature = new Float64Array(FEATURES.count);
  addMomentGradient(posterior, x, general.toMeans[0]!, general.toVariance[0]!, byFeature);
  const gradient = new Float64Array(PROBE.length);
  FEATURES.pullBack(PROBE, byFeature, gradient);
  return { value, gradient };
}

const number = (min: number, max: number) => fc.double({ min, max, noNaN: true });
const belief = fc
  .tuple(
    fc.array(fc.tuple(number(-3, 3), number(-60, 60)), { minLength: 1, maxLength: 5 }),
    number(0.01, 4),
    fc.constantFrom('matern52' as const, 'squared-exponential' as const, 'additive' as const),
  )
  .map(([members, variance, shape]) => beliefOf(members, variance, shape));

describe('the mixture of what is won below best losses', () => {
  it('is for one belief the gain of a hypervolume in one dimension, with its gradient, to the bit', () => {
    fc.assert(
      fc.property(belief, (one) => {
        const acquisition = bestLossMixture(FEATURES, [one], [0]);
        const expected = alone(one);
        const gradient = new Float64Array(PROBE.length).fill(99);
        expect(acquisition(PROBE, gradient)).toBe(expected.value);
        expect(acquisition(PROBE)).toBe(expected.value);
        if (expected.value > Number.NEGATIVE_INFINITY) expect(gradient).toEqual(expected.gradient);
      }),
    );
  });

  it('is the weighted mean of its beliefs, each slope with its share; one that is there twice counts twice', () => {
    fc.assert(
      fc.property(belief, belief, (one, two) => {
        const logWeights = [0.2, 0.5, 0.3].map(Math.log);
        const gradient = new Float64Array(PROBE.length);
        const value = bestLossMixture(FEATURES, [one, two, one], logWeights)(PROBE, gradient);
        const parts = [one, two, one].map(alone);
        const logs = parts.map((part, k) => part.value + logWeights[k]!);
        expect(value).toBe(logSumExp(logs));
        for (const [j, slope] of gradient.entries()) {
          const mean = parts.reduce((sum, part, k) => sum + Math.exp(logs[k]! - value) * part.gradient[j]!, 0);
          expect(slope).toBeCloseTo(mean, 9 - Math.ceil(Math.log10(1 + Math.abs(mean))));
        }
      }),
    );
  });

  it('is not spoilt by a belief that is not a number, and without any other it is impossible and has no slope', () => {
    const fine = beliefOf([[0.2, 0.1]], 1, 'matern52');
    const broken = beliefOf([[0.2, Number.NaN]], 1, 'matern52');
    const halves = [Math.log(0.5), Math.log(0.5)];
    const gradient = new Float64Array(PROBE.length);
    expect(bestLossMixture(FEATURES, [broken, fine], halves)(PROBE, gradient)).toBeCloseTo(
      alone(fine).value - Math.LN2,
      12,
    );
    expect(gradient).toEqual(alone(fine).gradient);
    expect(bestLossMixture(FEATURES, [broken], [0])(PROBE, gradient)).toBe(Number.NEGATIVE_INFINITY);
    expect([...gradient]).toEqual([0, 0, 0, 0]);
  });
});
