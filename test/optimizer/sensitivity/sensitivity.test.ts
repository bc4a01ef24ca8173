import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { stream } from '../../../src/base/random.ts';
import type { Evidence } from '../../../src/optimizer/sampler/sampler.ts';
import { mainEffects } from '../../../src/optimizer/sensitivity/main-effects.ts';
import {
  type DesignValues,
  type GroupIndices,
  sobolDesign,
  sobolIndices,
} from '../../../src/optimizer/sensitivity/sobol-indices.ts';
import { surrogateSensitivity } from '../../../src/optimizer/sensitivity/surrogate-sensitivity.ts';
import { decode } from '../../../src/optimizer/space/encode.ts';
import type { SearchSpace } from '../../../src/optimizer/space/parameter.ts';

const unit = (name: string): SearchSpace['parameters'][number] => ({ name, kind: 'real', low: 0, high: 1, log: false });
const space: SearchSpace = { parameters: [unit('x'), unit('y'), unit('z')] };

function evidence(f: (x: number, y: number, z: number) => number, count: number): Evidence {
  const rng = stream(7, 'points');
  const observations = Array.from({ length: count }, () => {
    const values = decode(space, [rng.uniform(), rng.uniform(), rng.uniform()]);
    const loss = f(values['x'] as number, values['y'] as number, values['z'] as number);
    return { values, losses: [loss], lossVariances: [null], slacks: [], slackVariances: [] };
  });
  return { space, objectiveCount: 1, constraintCount: 0, observations, pending: [], budget: null };
}

describe('Sobol indices', () => {
  test('the Ishigami function has its known indices', () => {
    const f = (u: ArrayLike<number>): number => {
      const [a, b, c] = Array.from(u, (value) => Math.PI * (2 * value - 1)) as [number, number, number];
      return Math.sin(a) + 7 * Math.sin(b) ** 2 + 0.1 * c ** 4 * Math.sin(a);
    };
    const design = sobolDesign(3, [[0], [1], [2]], 4096, stream(1, 'ishigami'));
    const at = (points: readonly Float64Array[]): Float64Array => Float64Array.from(points, f);
    const values: DesignValues = { a: at(design.a), b: at(design.b), mixed: design.mixed.map(at) };
    const indices = sobolIndices(
      Array.from({ length: 20 }, () => values),
      stream(1, 'resample'),
    );
    const known = [
      [0.3139, 0.5576],
      [0.4424, 0.4424],
      [0, 0.2437],
    ];
    for (const [group, { first, total }] of indices.entries()) {
      expect(first.value).toBeCloseTo(known[group]![0]!, 1);
      expect(total.value).toBeCloseTo(known[group]![1]!, 1);
      expect(first.low).toBeLessThanOrEqual(first.value);
      expect(total.high).toBeGreaterThanOrEqual(total.value);
    }
  });
});

describe('Sobol indices of a small design', () => {
  const relations = (members: readonly DesignValues[], seed: number): void => {
    for (const { first, total } of sobolIndices(members, stream(seed, 'resample'))) {
      for (const { value, low, high } of [first, total]) {
        expect(low).toBeGreaterThanOrEqual(0);
        expect(low).toBeLessThanOrEqual(value);
        expect(high).toBeGreaterThanOrEqual(value);
        expect(high).toBeLessThanOrEqual(1);
      }
      expect(first.value).toBeLessThanOrEqual(total.value);
      expect(first.low).toBeLessThanOrEqual(total.low);
      expect(first.high).toBeLessThanOrEqual(total.high);
    }
  };

  test('are shares, and the first order is never above the total, whatever the values', () => {
    const column = fc.array(fc.double({ min: -5, max: 5, noNaN: true }), { minLength: 6, maxLength: 6 });
    const member = fc.tuple(column, column, column, column).map(([a, b, c, d]): DesignValues => {
      const flat = (values: readonly number[]): Float64Array => Float64Array.from(values);
      return { a: flat(a), b: flat(b), mixed: [flat(c), flat(d)] };
    });
    fc.assert(
      fc.property(fc.array(member, { minLength: 1, maxLength: 5 }), fc.nat(1000), (members, seed) =>
        relations(members, seed),
      ),
    );
  });

  test('have an interval that reaches from the least to the largest of a few members, wherever they stand', () => {
    const design = sobolDesign(2, [[0], [1]], 512, stream(3, 'design'));
    // x + c y has the index 1 / (1 + c²) of x.
    const members = [1, 1, 0, 3, 1].map((c): DesignValues => {
      const at = (points: readonly Float64Array[]): Float64Array => Float64Array.from(points, ([x, y]) => x! + c * y!);
      return { a: at(design.a), b: at(design.b), mixed: design.mixed.map(at) };
    });
    const [{ first, total }] = sobolIndices(members, stream(3, 'resample')) as [GroupIndices];
    for (const { value, low, high } of [first, total]) {
      expect(value).toBeCloseTo(0.5, 1);
      expect(low).toBeLessThan(0.25);
      expect(low).toBeGreaterThan(0.02);
      expect(high).toBeGreaterThan(0.85);
    }
  });

  test('come from a design that takes one group at a time from its second half', () => {
    const design = sobolDesign(3, [[0], [1, 2]], 8, stream(4, 'design'));
    expect([design.rows, design.a.length, design.b.length]).toEqual([8, 8, 8]);
    for (let row = 0; row < 8; row++) {
      const [a, b] = [design.a[row]!, design.b[row]!];
      expect([a.length, b.length]).toEqual([3, 3]);
      expect([...design.mixed[0]![row]!]).toEqual([b[0], a[1], a[2]]);
      expect([...design.mixed[1]![row]!]).toEqual([a[0], b[1], b[2]]);
    }
  });

  test('of a function of one parameter alone are 1 and 1, of the idle one 0 and 0, of a constant 0', () => {
    const design = sobolDesign(2, [[0], [1]], 64, stream(1, 'design'));
    const indices = (f: (u: Float64Array) => number) => {
      const at = (points: readonly Float64Array[]): Float64Array => Float64Array.from(points, f);
      return sobolIndices([{ a: at(design.a), b: at(design.b), mixed: design.mixed.map(at) }], stream(2, 'resample'));
    };
    const [own, idle] = indices(([x]) => x!);
    expect(own!.first.value).toBeCloseTo(1, 1);
    expect(own!.total.value).toBeCloseTo(1, 1);
    expect(idle).toEqual({ first: { value: 0, low: 0, high: 0 }, total: { value: 0, low: 0, high: 0 } });
    for (const { first, total } of indices(() => 3)) expect([first.value, total.value]).toEqual([0, 0]);
  });
});

describe('sensitivity of the surrogate', () => {
  const ofAdditive = () =>
    surrogateSensitivity(
      evidence((x, y) => 4 * x + 2 * y, 30),
      1,
    )![0]!;
  let known: ReturnType<typeof ofAdditive> | undefined;
  const additive = () => {
    known ??= ofAdditive();
    return known;
  };

  test('an additive function is split by variance, and an unused parameter is flat', () => {
    const { indices, leaveOneOutR2 } = additive();
    expect(indices[0]!.first.value).toBeCloseTo(0.8, 1);
    expect(indices[1]!.total.value).toBeCloseTo(0.2, 1);
    expect(indices[2]!.total.high).toBeLessThan(0.02);
    expect(leaveOneOutR2!).toBeGreaterThan(0.99);
  });

  test('the best tenth of the space lies where the function is small', () => {
    for (const point of additive().best)
      expect(4 * (point['x'] as number) + 2 * (point['y'] as number)).toBeLessThan(2.2);
  });

  test('an interaction shows in the total index only', () => {
    const [{ indices }] = surrogateSensitivity(
      evidence((x, y) => (x - 0.5) * (y - 0.5), 40),
      1,
    ) as [ReturnType<typeof ofAdditive>];
    expect(indices[0]!.first.value).toBeLessThan(0.15);
    expect(indices[0]!.total.value).toBeGreaterThan(0.8);
  });

  test('same evidence and seed, same indices to the bit', () => {
    expect(ofAdditive()).toEqual(additive());
  });
});

describe('main effects', () => {
  test('standardised slopes of a linear function', () => {
    const { observations } = evidence((x, y) => 3 * x - 4 * y, 60);
    const effects = mainEffects(
      space,
      observations.map(({ values }) => values),
      observations.map(({ losses }) => losses![0]!),
    );
    const [x, y] = effects.map(({ effect }) => effect!.slope) as [number, number];
    expect(x / y).toBeCloseTo(-0.75, 0);
    expect(x).toBeGreaterThan(0);
    expect(y).toBeLessThan(0);
  });

  test('the last weight of a simplex is left out, since the others determine it', () => {
    const simplex: SearchSpace = { parameters: [{ name: 'w', kind: 'simplex', components: ['a', 'b', 'c'] }] };
    const rng = stream(3, 'weights');
    const values = Array.from({ length: 20 }, () => decode(simplex, [rng.uniform(), rng.uniform()]));
    const losses = values.map((point) => (point['w'] as readonly number[])[0]! + 0.01 * rng.normal());
    const effects = mainEffects(simplex, values, losses);
    expect(effects.map(({ component }) => component)).toEqual(['a', 'b']);
    expect(effects[0]!.effect!.tStatistic).toBeGreaterThan(20);
  });

  test('a constant loss or too few points have no effects', () => {
    const { observations } = evidence(() => 1, 30);
    const values = observations.map(({ values: point }) => point);
    expect(
      mainEffects(
        space,
        values,
        values.map(() => 1),
      ).every(({ effect }) => effect === null),
    ).toBe(true);
    expect(mainEffects(space, values.slice(0, 4), [1, 2, 3, 4]).every(({ effect }) => effect === null)).toBe(true);
  });
});
