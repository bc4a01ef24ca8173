import { describe, expect, it } from 'vitest';
import { createSampler, samplerNames } from '../../../src/optimizer/sampler/registry.ts';
import type { Evidence, Observation } from '../../../src/optimizer/sampler/sampler.ts';
import type { ParameterValues, SearchSpace } from '../../../src/optimizer/space/parameter.ts';
import { isInside, pointKey } from '../../../src/optimizer/space/search-space.ts';

const FINITE: SearchSpace = {
  parameters: [
    { name: 'a', kind: 'integer', low: 0, high: 2, log: false },
    { name: 'b', kind: 'categorical', choices: ['x', 'y'] },
    { name: 'c', kind: 'ordinal', levels: [1, 2], activeWhen: { parameter: 'b', in: ['y'] } },
  ],
};

function evidence(space: SearchSpace, told: readonly ParameterValues[], budget: number | null = null): Evidence {
  const observations = told.map(
    (values): Observation => ({
      values,
      losses: [1],
      lossVariances: [null],
      slacks: [],
      slackVariances: [],
    }),
  );
  return { space, objectiveCount: 1, constraintCount: 0, observations, pending: [], budget };
}

describe('samplers', () => {
  it('are known by name; an unknown name lists them', () => {
    expect(samplerNames).toEqual(['gp', 'grid', 'random', 'sobol']);
    expect(() => createSampler('gb')).toThrow('unknown sampler "gb"');
  });

  for (const name of ['random', 'sobol', 'grid']) {
    it(`${name}: equal requests give equal points inside the space, told one by one or in a batch`, () => {
      const sampler = createSampler(name);
      const request = { count: 5, seed: 9 };
      const batch = sampler(evidence(FINITE, []), request);
      expect(sampler(evidence(FINITE, []), request)).toEqual(batch);
      expect(batch.every((values) => isInside(FINITE, values))).toBe(true);
      const told: ParameterValues[] = [];
      for (let i = 0; i < 5; i++) told.push(sampler(evidence(FINITE, told), { count: 1, seed: 9 })[0]!);
      expect(told).toEqual(batch);
    });
  }

  it('grid visits each point of a conditional finite space once', () => {
    const points = createSampler('grid')(evidence(FINITE, []), { count: 9, seed: 1 });
    expect(new Set(points.map(pointKey)).size).toBe(9);
  });

  it('grid keeps within the budget on real axes and reaches their ends', () => {
    const space: SearchSpace = {
      parameters: [
        { name: 'x', kind: 'real', low: 0, high: 1, log: false },
        { name: 'n', kind: 'integer', low: 0, high: 3, log: false },
      ],
    };
    const points = createSampler('grid')(evidence(space, [], 30), { count: 28, seed: 1 });
    expect(new Set(points.map((p) => p['x'])).size).toBe(7);
    expect(points.some((p) => p['x'] === 0) && points.some((p) => p['x'] === 1)).toBe(true);
  });
});
