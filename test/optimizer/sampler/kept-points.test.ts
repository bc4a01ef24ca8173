import { describe, expect, test } from 'vitest';
import { createSampler } from '../../../src/optimizer/sampler/registry.ts';
import type { Evidence, Observation } from '../../../src/optimizer/sampler/sampler.ts';
import { UsedPoints } from '../../../src/optimizer/sampler/used-points.ts';
import type { ParameterValues, SearchSpace } from '../../../src/optimizer/space/parameter.ts';
import { readSpace, type WrittenSpace } from '../../../src/optimizer/vocabulary/read-space.ts';

const spaceOf = (written: WrittenSpace): SearchSpace => readSpace(written, ['parameters']);

const SPACES: Readonly<Record<string, SearchSpace>> = {
  open: spaceOf({ parameters: { x: { type: 'float', low: 0, high: 1 }, w: ['u', 'v', 'w'] } }),
  finite: spaceOf({
    parameters: {
      n: { type: 'int', low: 1, high: 12 },
      k: { type: 'choice', values: ['a', 'b'] },
      m: { type: 'int', low: 1, high: 4, when: { parameter: 'k', equals: 'b' } },
    },
  }),
  tied: spaceOf({
    parameters: { n: { type: 'int', low: 1, high: 40 }, x: { type: 'float', low: 0, high: 1 }, b: { type: 'bool' } },
    parameter_constraints: ['n + 10 * x <= 12'],
  }),
  rare: spaceOf({
    parameters: {
      a: { type: 'int', low: 1, high: 20 },
      b: { type: 'int', low: 1, high: 20 },
      x: { type: 'float', low: 0, high: 1 },
    },
    parameter_constraints: ['a + b == 12'],
  }),
};
const CASES = ['random', 'sobol', 'grid'].flatMap((sampler) =>
  Object.keys(SPACES).map((space) => [sampler, space] as const),
);

const told = (values: ParameterValues): Observation => ({
  values,
  losses: [1],
  lossVariances: [null],
  slacks: [],
  slackVariances: [],
});
const evidenceOf = (space: SearchSpace, points: readonly ParameterValues[]): Evidence => ({
  space,
  objectiveCount: 1,
  constraintCount: 0,
  observations: points.map(told),
  pending: [],
  budget: 90,
});

/** Says how many points there are, and not which. */
const UNREAD = { observations: 'observations', pending: 'pending' } as const;
function unread(evidence: Evidence): Evidence {
  return new Proxy(evidence, {
    get(target, key) {
      if (key in UNREAD) throw new Error(`${String(key)} were read`);
      return Reflect.get(target, key);
    },
  });
}

describe('a caller who keeps the used points from one request to the next', () => {
  test.each(CASES)('%s gets the same points in a space that is %s, from no list of earlier ones', (name, kind) => {
    const sampler = createSampler(name);
    const space = SPACES[kind]!;
    const used = new UsedPoints();
    const points: ParameterValues[] = [];
    for (const count of [5, 1, 7, 1, 1, 20, 3, 30, 10, 8]) {
      const evidence = evidenceOf(space, points);
      const kept = sampler(unread(evidence), { count, seed: 4, used });
      expect(kept).toEqual(sampler(evidence, { count, seed: 4 }));
      expect(used.count).toBe(points.length);
      for (const values of kept) used.add(values);
      points.push(...kept);
    }
    expect(points.length).toBeGreaterThan(50);
  });
});
