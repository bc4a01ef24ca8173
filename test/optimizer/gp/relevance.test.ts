import { describe, expect, it } from 'vitest';
import { stream } from '../../../src/base/random.ts';
import { scrambledSobol } from '../../../src/numeric/sobol-sequence.ts';
import { conditionModel } from '../../../src/optimizer/gp/fit.ts';
import { featureRows } from '../../../src/optimizer/gp/kernel.ts';
import { chooseModels, ModelMemory } from '../../../src/optimizer/gp/model-choice.ts';
import { IDENTITY } from '../../../src/optimizer/gp/outcome-transform.ts';
import { momentsBuffer, predict } from '../../../src/optimizer/gp/posterior.ts';
import { isBeyondDoubt, isStronglyNoisy, withoutIrrelevance } from '../../../src/optimizer/gp/relevance.ts';

const sequence = scrambledSobol(2, stream(3, 'relevance'));

function fitted(variance: number, { count = 20, pull = 0 } = {}) {
  const points = Array.from({ length: count }, (_, i) => sequence(i));
  const data = {
    points: featureRows(points, new Uint8Array(2)),
    losses: Float64Array.from(points, ([a, b]) => Math.sin(9 * a!) + pull * Math.sin(9 * b!)),
    variances: new Float64Array(count).fill(variance),
  };
  return { data, gp: conditionModel(data, chooseModels(data, [IDENTITY], new ModelMemory())[0]!) };
}

describe('the doubts of a model', () => {
  it('shorten lengthscales to one range at most, and nothing else', () => {
    const { data, gp } = fitted(0.001);
    const [short, long] = gp.posterior.kernel.weights.map((weight) => 1 / Math.sqrt(weight));
    expect(short).toBeLessThan(1);
    expect(long).toBeGreaterThan(1);
    const doubting = withoutIrrelevance(gp);
    const lengths = doubting.posterior.kernel.weights.map((weight) => 1 / Math.sqrt(weight));
    expect(lengths[0]).toBe(short);
    expect(lengths[1]).toBeCloseTo(1, 12);
    const same = conditionModel(data, doubting.model);
    const x = Float64Array.of(0.3, 0.8);
    expect(predict(doubting.posterior, x, momentsBuffer(doubting.posterior)).means[0]).toBe(
      predict(same.posterior, x, momentsBuffer(same.posterior)).means[0],
    );
  });

  it('are the model itself where every parameter matters within its range', () => {
    const { gp } = fitted(0.001, { pull: 1 });
    expect(withoutIrrelevance(gp)).toBe(gp);
  });

  it('are not had where many points say that every parameter matters', () => {
    expect(isBeyondDoubt(fitted(0.001, { pull: 1 }).gp)).toBe(false);
    expect(isBeyondDoubt(fitted(0.001, { count: 70, pull: 1 }).gp)).toBe(true);
    expect(isBeyondDoubt(fitted(0.001, { count: 70 }).gp)).toBe(false);
  });

  it('are for strong noise: a tenth of the spread as a deviation, at half of the points', () => {
    const spread = Math.sqrt(0.5);
    expect(isStronglyNoisy(fitted((0.05 * spread) ** 2).gp)).toBe(false);
    expect(isStronglyNoisy(fitted((0.2 * spread) ** 2).gp)).toBe(true);
  });
});
