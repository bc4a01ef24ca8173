import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stream } from '../../../src/base/random.ts';
import { scrambledSobol } from '../../../src/numeric/sobol-sequence.ts';
import { createSampler } from '../../../src/optimizer/sampler/registry.ts';
import type { Evidence, Observation } from '../../../src/optimizer/sampler/sampler.ts';
import { cubeDimension, decode } from '../../../src/optimizer/space/encode.ts';
import type { ParameterValues, SearchSpace } from '../../../src/optimizer/space/parameter.ts';
import { isInside, pointKey } from '../../../src/optimizer/space/search-space.ts';

const MIXED: SearchSpace = {
  parameters: [
    { name: 'x', kind: 'real', low: 1e-3, high: 10, log: true },
    { name: 'n', kind: 'integer', low: 1, high: 40, log: false },
    { name: 'policy', kind: 'categorical', choices: ['a', 'b', 'c'] },
    { name: 'aging', kind: 'real', low: 0, high: 1, log: false, activeWhen: { parameter: 'policy', in: ['b'] } },
    { name: 'w', kind: 'simplex', components: ['p', 'q', 'r'] },
  ],
};

const LINE: SearchSpace = { parameters: [{ name: 'x', kind: 'real', low: 0, high: 1, log: false }] };

function observe(
  values: ParameterValues,
  losses: readonly number[] | null,
  slacks: readonly number[] = [],
): Observation {
  return {
    values,
    losses,
    lossVariances: (losses ?? []).map(() => null),
    slacks,
    slackVariances: slacks.map(() => null),
  };
}

function points(space: SearchSpace, count: number, seed = 1): ParameterValues[] {
  const sequence = scrambledSobol(cubeDimension(space), stream(seed, 'test'));
  return Array.from({ length: count }, (_, i) => decode(space, sequence(i)));
}

function evidence(space: SearchSpace, observations: readonly Observation[], extra: Partial<Evidence> = {}): Evidence {
  const first = observations.find(({ losses }) => losses !== null);
  return {
    space,
    objectiveCount: first?.losses?.length ?? 1,
    constraintCount: first?.slacks.length ?? 0,
    observations,
    pending: [],
    budget: null,
    ...extra,
  };
}

describe('Gaussian-process sampler', () => {
  it('never fails nor leaves the space, whatever the losses are', () => {
    const loss = fc.oneof(
      fc.constantFrom(0, 1, 1e300, -1e300, 1e-300, 5e-324, -1.7e308, 1.7e308, Number.NaN, Number.POSITIVE_INFINITY),
      fc.double({ min: -1e3, max: 1e3, noNaN: true }),
    );
    const told = fc.array(fc.tuple(loss, loss, loss, fc.boolean()), { minLength: 20, maxLength: 24 });
    const base = points(MIXED, 24);
    fc.assert(
      fc.property(told, fc.integer(), (rows, seed) => {
        const observations = rows.map(([a, b, slack, failed], i) =>
          observe(base[i % 20]!, failed ? null : [a, b], [slack]),
        );
        const seen = evidence(MIXED, observations, { objectiveCount: 2, constraintCount: 1 });
        const proposed = createSampler('gp')(seen, { count: 2, seed });
        expect(proposed).toHaveLength(2);
        for (const values of proposed) expect(isInside(MIXED, values)).toBe(true);
      }),
      { numRuns: 12 },
    );
  });

  for (const [name, losses] of [
    ['a constant objective', () => [7]],
    ['a huge scale', (i: number) => [1e300 * Math.sin(i)]],
    ['a tiny scale', (i: number) => [1e-300 * Math.cos(i)]],
    ['one outlier', (i: number) => [i === 3 ? 1e300 : i]],
  ] as const) {
    it(`copes with ${name}`, () => {
      const told = points(MIXED, 30).map((values, i) => observe(values, losses(i)));
      const [proposed] = createSampler('gp')(evidence(MIXED, told), { count: 1, seed: 1 });
      expect(isInside(MIXED, proposed!)).toBe(true);
    });
  }

  it('looks for feasibility when nothing is feasible', () => {
    const told = points(LINE, 12).map((values) => observe(values, [0], [Number(values['x']) + 0.05]));
    const [proposed] = createSampler('gp')(evidence(LINE, told), { count: 1, seed: 1 });
    expect(Number(proposed!['x'])).toBeLessThan(0.1);
  });

  it('finds the best of the good part where the rest blows up', () => {
    const told = points(LINE, 16).map((values) => {
      const x = Number(values['x']);
      return observe(values, [x < 0.4 ? 1e9 * (0.4 - x) : (x - 0.7) ** 2]);
    });
    const [proposed] = createSampler('gp')(evidence(LINE, told), { count: 1, seed: 1 });
    expect(Math.abs(Number(proposed!['x']) - 0.7)).toBeLessThan(0.02);
  });

  it('keeps away from where evaluations fail', () => {
    const told = points(LINE, 16).map((values) => {
      const x = Number(values['x']);
      return observe(values, x > 0.5 ? null : [-x]);
    });
    const proposed = createSampler('gp')(evidence(LINE, told), { count: 4, seed: 1 });
    expect(proposed.filter(({ x }) => Number(x) < 0.56).length).toBeGreaterThanOrEqual(3);
  });

  it('proposes the same points for the same evidence and seed, from a fresh or a used sampler', () => {
    const used = createSampler('gp');
    const told: Observation[] = [];
    for (let i = 0; i < 26; i++) {
      const [values] = used(evidence(MIXED, told, { budget: 40 }), { count: 1, seed: 5 });
      told.push(observe(values!, [Math.log(Number(values!['x'])) ** 2 + Number(values!['n']) / 10]));
    }
    const request = { count: 3, seed: 5 };
    const seen = evidence(MIXED, told, { budget: 40 });
    expect(createSampler('gp')(seen, request)).toEqual(used(seen, request));
  });

  it('spreads a batch and respects pending points', () => {
    const told = points(LINE, 8).map((values) => observe(values, [Math.sin(40 * Number(values['x']))]));
    const sampler = createSampler('gp');
    const batch = sampler(evidence(LINE, told), { count: 4, seed: 1 });
    const xs = batch.map(({ x }) => Number(x)).sort((a, b) => a - b);
    for (let i = 1; i < xs.length; i++) expect(xs[i]! - xs[i - 1]!).toBeGreaterThan(1e-4);
    const [after] = sampler(evidence(LINE, told, { pending: [batch[0]!] }), { count: 1, seed: 1 });
    expect(Math.abs(Number(after!['x']) - Number(batch[0]!['x']))).toBeGreaterThan(1e-4);
  });

  it('tries fixed points first and learns from earlier studies', () => {
    const fixed = [{ x: 0.123 }, { x: 0.456 }];
    const sampler = createSampler('gp');
    const request = { count: 1, seed: 1 };
    expect(sampler(evidence(LINE, [], { fixedPoints: fixed }), request)).toEqual([fixed[0]]);
    expect(sampler(evidence(LINE, [observe(fixed[0]!, [1])], { fixedPoints: fixed }), request)).toEqual([fixed[1]]);
    const earlier = points(LINE, 12).map((values) => observe(values, [(Number(values['x']) - 0.7) ** 2]));
    const [proposed] = sampler(evidence(LINE, [], { earlier }), request);
    expect(Math.abs(Number(proposed!['x']) - 0.7)).toBeLessThan(0.05);
  });

  it('follows a user belief at first', () => {
    const told = points(LINE, 6).map((values) => observe(values, [0.01 * Math.sin(40 * Number(values['x']))]));
    const priors = [{ parameter: 'x', center: 0.8, spread: 0.02 }];
    const [proposed] = createSampler('gp')(evidence(LINE, told, { priors }), { count: 1, seed: 1 });
    expect(Math.abs(Number(proposed!['x']) - 0.8)).toBeLessThan(0.1);
  });

  it('visits every point of a small finite space once, then has no other', () => {
    const space: SearchSpace = { parameters: [{ name: 'n', kind: 'integer', low: 1, high: 9, log: false }] };
    const told: Observation[] = [];
    const sampler = createSampler('gp');
    for (let i = 0; i < 9; i++) {
      const [values] = sampler(evidence(space, told), { count: 1, seed: 2 });
      told.push(observe(values!, [(Number(values!['n']) - 6) ** 2]));
    }
    expect(new Set(told.map(({ values }) => pointKey(values))).size).toBe(9);
    expect(sampler(evidence(space, told), { count: 1, seed: 2 })).toEqual([]);
  });

  it('works in twenty dimensions, inside a trust region', () => {
    const space: SearchSpace = {
      parameters: Array.from({ length: 20 }, (_, i) => ({ name: `x${i}`, kind: 'real', low: 0, high: 1, log: false })),
    };
    const sphere = (v: ParameterValues): number =>
      Object.values(v).reduce<number>((s, x) => s + (Number(x) - 0.4) ** 2, 0);
    const told = points(space, 24).map((values) => observe(values, [sphere(values)]));
    const start = Math.min(...told.map(({ losses }) => losses![0]!));
    const sampler = createSampler('gp');
    for (let i = 0; i < 6; i++) {
      const [values] = sampler(evidence(space, told), { count: 1, seed: 1 });
      expect(isInside(space, values!)).toBe(true);
      told.push(observe(values!, [sphere(values!)]));
    }
    expect(Math.min(...told.map(({ losses }) => losses![0]!))).toBeLessThan(0.8 * start);
  });

  it('treats known replicate variance as noise', () => {
    const rng = stream(3, 'noise');
    const told = points(LINE, 14).map((values) => ({
      ...observe(values, [(Number(values['x']) - 0.3) ** 2 * 4 + 0.2 * rng.normal()]),
      lossVariances: [0.04],
    }));
    const [proposed] = createSampler('gp')(evidence(LINE, told), { count: 1, seed: 1 });
    expect(Math.abs(Number(proposed!['x']) - 0.3)).toBeLessThan(0.35);
  });
});
