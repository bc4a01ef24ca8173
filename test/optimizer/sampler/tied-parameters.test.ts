import { describe, expect, it } from 'vitest';
import { createSampler, samplerNames } from '../../../src/optimizer/sampler/registry.ts';
import type { Evidence, Observation } from '../../../src/optimizer/sampler/sampler.ts';
import type { ParameterValues, SearchSpace } from '../../../src/optimizer/space/parameter.ts';
import { isInside, pointKey } from '../../../src/optimizer/space/search-space.ts';
import { readSpace, type WrittenSpace } from '../../../src/optimizer/vocabulary/read-space.ts';

const spaceOf = (written: WrittenSpace): SearchSpace => readSpace(written, ['parameters']);

function evidence(space: SearchSpace, observations: readonly Observation[], budget: number | null = null): Evidence {
  return { space, objectiveCount: 1, constraintCount: 0, observations, pending: [], budget };
}

const observe = (values: ParameterValues, loss: number): Observation => ({
  values,
  losses: [loss],
  lossVariances: [null],
  slacks: [],
  slackVariances: [],
});

const MIXED = spaceOf({
  parameters: {
    tp: { type: 'ordinal', levels: [1, 2, 4, 8] },
    n: { type: 'int', low: 1, high: 64, log: true },
    share: { type: 'float', low: 0, high: 1 },
    k: { type: 'choice', values: ['a', null] },
    age: { type: 'float', low: 0, high: 1, when: { parameter: 'k', equals: 'a' } },
    w: ['u', 'v', 'w'],
  },
  parameter_constraints: ['tp + n <= 12', 'share + age <= 0.2'],
  forbidden: [{ k: null, tp: { low: 2 } }],
});

const TEN: SearchSpace = spaceOf({
  parameters: { a: { type: 'int', low: 1, high: 9 }, b: { type: 'int', low: 1, high: 9 }, k: { type: 'bool' } },
  parameter_constraints: ['a + b == 6'],
});

describe('samplers where parameters are tied together', () => {
  it.each(samplerNames)('%s: points inside, equal for equal requests', (name) => {
    const told = name === 'gp' ? 12 : 0;
    const start = createSampler('random')(evidence(MIXED, []), { count: told, seed: 8 });
    const seen = start.map((values) => observe(values, Number(values['share']) + Number(values['n'])));
    const request = { count: 4, seed: 3 };
    const points = createSampler(name)(evidence(MIXED, seen, 40), request);
    expect(points).toHaveLength(4);
    expect(points.every((values) => isInside(MIXED, values))).toBe(true);
    expect(createSampler(name)(evidence(MIXED, seen, 40), request)).toEqual(points);
  });

  it.each(samplerNames)('%s: a finite space without repetition, in one request or one by one', (name) => {
    const sampler = createSampler(name);
    const all = sampler(evidence(TEN, []), { count: 50, seed: 1 });
    expect(new Set(all.map(pointKey)).size).toBe(10);
    expect(all).toHaveLength(10);
    const told: Observation[] = [];
    for (;;) {
      const [values] = sampler(evidence(TEN, told), { count: 1, seed: 1 });
      if (values === undefined) break;
      told.push(observe(values, Math.abs(Number(values['a']) - 4)));
    }
    expect(new Set(told.map(({ values }) => pointKey(values))).size).toBe(10);
    if (name !== 'gp') expect(told.map(({ values }) => values)).toEqual(all);
  });

  it.each(samplerNames)('%s: ten thousand points at once', (name) => {
    const space = spaceOf({
      parameters: { x: { type: 'int', low: 1, high: 1e9 }, y: [0, 1] },
      parameter_constraints: ['x + y <= 1000'],
    });
    const told = Array.from({ length: 8 }, (_, i) => observe({ x: i + 1, y: 0.5 }, i));
    const points = createSampler(name)(evidence(space, told, 20_000), { count: 10_000, seed: 1 });
    expect(points).toHaveLength(10_000);
    expect(points.every((values) => isInside(space, values))).toBe(true);
  });

  it('the model-based sampler finds optima on the faces of constraints', () => {
    const cases: readonly [WrittenSpace, (values: Record<string, number>) => number, number][] = [
      [
        { parameters: { a: [0, 1], b: [0, 1] }, parameter_constraints: ['a + b <= 1'] },
        ({ a, b }) => (a! - 0.9) ** 2 + (b! - 0.7) ** 2,
        0.18,
      ],
      [
        {
          parameters: { a: [0, 1], b: [0, 1], n: { type: 'int', low: 1, high: 5 } },
          parameter_constraints: ['a + b + n == 3'],
        },
        ({ a, b, n }) => (a! - 0.9) ** 2 + (b! - 0.7) ** 2 + (n! - 2) ** 2,
        0.18,
      ],
    ];
    for (const [written, loss, least] of cases) {
      const space = spaceOf(written);
      const told: Observation[] = [];
      for (let i = 0; i < 16; i++) {
        const [values] = createSampler('gp')(evidence(space, told, 16), { count: 1, seed: 2 });
        told.push(observe(values!, loss(values as Record<string, number>)));
      }
      expect(Math.min(...told.map(({ losses }) => losses![0]!)) - least).toBeLessThan(1e-3);
    }
  });
});
