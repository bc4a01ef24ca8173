import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { stream } from '../../../src/base/random.ts';
import type { Evidence } from '../../../src/optimizer/sampler/sampler.ts';
import { mainEffects } from '../../../src/optimizer/sensitivity/main-effects.ts';
import { pedAnova } from '../../../src/optimizer/sensitivity/ped-anova.ts';
import {
  type DesignValues,
  estimateIndices,
  type IndexEstimates,
  indexIntervals,
  sobolDesign,
} from '../../../src/optimizer/sensitivity/sobol-indices.ts';
import { surrogateSensitivity } from '../../../src/optimizer/sensitivity/surrogate-sensitivity.ts';
import { decode } from '../../../src/optimizer/space/encode.ts';
import type { SearchSpace } from '../../../src/optimizer/space/parameter.ts';
import { coverageOf, evidenceOf, KNOWN_FUNCTIONS, trueIndices } from '../../support/known-functions.ts';

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
    const { first, total } = estimateIndices({ a: at(design.a), b: at(design.b), mixed: design.mixed.map(at) });
    for (const [group, known] of [0.3139, 0.4424, 0].entries()) expect(first[group]!).toBeCloseTo(known, 1);
    for (const [group, known] of [0.5576, 0.4424, 0.2437].entries()) expect(total[group]!).toBeCloseTo(known, 1);
  });
});

describe('Sobol indices of a small design', () => {
  const relations = (members: readonly IndexEstimates[], unexplained: number): void => {
    for (const { first, total } of indexIntervals(members[0]!, members, unexplained)) {
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
    const member = fc.tuple(column, column, column, column).map(([a, b, c, d]) => {
      const flat = (values: readonly number[]): Float64Array => Float64Array.from(values);
      return estimateIndices({ a: flat(a), b: flat(b), mixed: [flat(c), flat(d)] });
    });
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(fc.property(fc.array(member, { minLength: 1, maxLength: 5 }), share, relations));
  });

  test('reach over those of all members, and further the more is unexplained, to everything at last', () => {
    const design = sobolDesign(2, [[0], [1]], 512, stream(3, 'design'));
    // x + c y has the index 1 / (1 + c²) of x.
    const members = [1, 1, 0, 3, 1].map((c) => {
      const at = (points: readonly Float64Array[]): Float64Array => Float64Array.from(points, ([x, y]) => x! + c * y!);
      return estimateIndices({ a: at(design.a), b: at(design.b), mixed: design.mixed.map(at) });
    });
    const [sure, doubtful, blind] = [0, 0.1, 1].map((share) => indexIntervals(members[0]!, members, share)[0]!.first);
    expect(sure!.value).toBeCloseTo(0.5, 1);
    expect(sure!.low).toBeLessThan(0.2);
    expect(sure!.low).toBeGreaterThan(0.08);
    expect(sure!.high).toBeGreaterThan(0.9);
    expect(doubtful!.low).toBeLessThan(sure!.low);
    expect(doubtful!.high).toBeGreaterThan(sure!.high);
    expect([blind!.low, blind!.high]).toEqual([0, 1]);
  });

  test('come from a design that takes one group at a time from its second half', () => {
    const design = sobolDesign(3, [[0], [1, 2]], 8, stream(4, 'design'));
    expect([design.a.length, design.b.length]).toEqual([8, 8]);
    for (let row = 0; row < 8; row++) {
      const [a, b] = [design.a[row]!, design.b[row]!];
      expect([a.length, b.length]).toEqual([3, 3]);
      expect([...design.mixed[0]![row]!]).toEqual([b[0], a[1], a[2]]);
      expect([...design.mixed[1]![row]!]).toEqual([a[0], b[1], b[2]]);
    }
  });

  test('of a function of one parameter alone are 1 and 1, of the idle one 0 and 0, of a constant 0', () => {
    const design = sobolDesign(2, [[0], [1]], 64, stream(1, 'design'));
    const indices = (f: (u: Float64Array) => number): IndexEstimates => {
      const at = (points: readonly Float64Array[]): Float64Array => Float64Array.from(points, f);
      const values: DesignValues = { a: at(design.a), b: at(design.b), mixed: design.mixed.map(at) };
      return estimateIndices(values);
    };
    const { first, total } = indices(([x]) => x!);
    expect(first[0]).toBeCloseTo(1, 1);
    expect(total[0]).toBeCloseTo(1, 1);
    expect([first[1], total[1]]).toEqual([0, 0]);
    expect(indices(() => 3)).toEqual({ first: [0, 0], total: [0, 0] });
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

describe('intervals of sensitivity', () => {
  const held = (name: keyof typeof KNOWN_FUNCTIONS, count: number, seeds: readonly number[]) => {
    const known = KNOWN_FUNCTIONS[name];
    const truth = trueIndices(known);
    return seeds.map((seed) =>
      coverageOf(truth, surrogateSensitivity(evidenceOf(known, { count, seed }), seed)![0]!.indices),
    );
  };

  test('hold the indices of the Ishigami function after 60 evaluations, and tell them apart', () => {
    const [coverage] = held('ishigami', 60, [2]);
    expect(coverage!.held).toBeGreaterThanOrEqual(5);
    expect(coverage!.width).toBeLessThan(0.45);
  });

  test('hold them after 24, where the surrogate has not seen it all', () => {
    const [coverage] = held('ishigami', 24, [1]);
    expect(coverage!.held).toBe(6);
    expect(coverage!.width).toBeGreaterThan(0.45);
  });

  test('hold those of a function that is told with noise, and are wider for it', () => {
    const [clear, noisy] = [held('additive', 30, [1])[0]!, held('additive-noisy', 30, [1])[0]!];
    expect([clear.held, noisy.held]).toEqual([8, 8]);
    expect(noisy.width).toBeGreaterThan(clear.width);
  });
});

describe('importance among the best points (PED-ANOVA)', () => {
  const points = (count: number, f: (x: number, y: number, z: number) => number) => {
    const { observations } = evidence(f, count);
    return pedAnova(
      space,
      observations.map(({ values }) => values),
      observations.map(({ losses }) => losses![0]!),
      { rng: stream(1, 'permutations') },
    );
  };

  test('what decides about the best points has the largest share, and what is idle is within chance', () => {
    const [x, y, z] = points(60, (a, b) => (a - 0.2) ** 2 + 0.05 * b);
    expect(x!.share).toBeGreaterThan(0.6);
    expect(x!.pValue).toBe(0.005);
    expect(y!.share + z!.share).toBeLessThan(0.4);
    expect(z!.pValue).toBeGreaterThan(0.05);
  });

  test('shares sum to 1 whatever the losses, and p-values of idle parameters are not small more often than they say', () => {
    let small = 0;
    for (let trial = 0; trial < 40; trial++) {
      const rng = stream(trial, 'idle');
      const found = points(20, () => rng.uniform());
      expect(found.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 9);
      small += found.filter(({ pValue }) => pValue <= 0.05).length;
    }
    expect(small).toBeLessThan(16);
  });

  test('categories, weights and parameters that are not active everywhere are judged as well', () => {
    const mixed: SearchSpace = {
      parameters: [
        { name: 'mode', kind: 'categorical', choices: ['fast', 'safe'] },
        {
          name: 'depth',
          kind: 'integer',
          low: 1,
          high: 9,
          log: false,
          activeWhen: { parameter: 'mode', in: ['safe'] },
        },
        { name: 'w', kind: 'simplex', components: ['a', 'b', 'c'] },
      ],
    };
    const rng = stream(5, 'mixed');
    const values = Array.from({ length: 80 }, () =>
      decode(
        mixed,
        [0, 0, 0, 0].map(() => rng.uniform()),
      ),
    );
    const byMode = pedAnova(
      mixed,
      values,
      values.map(({ mode }) => (mode === 'fast' ? 0 : 1) + rng.uniform()),
      { rng },
    );
    expect(byMode[0]!.pValue).toBe(0.005);
    const byWeight = pedAnova(
      mixed,
      values,
      values.map(({ w }) => (w as readonly number[])[1]!),
      { rng },
    );
    expect(byWeight.map(({ share }) => share).indexOf(Math.max(...byWeight.map(({ share }) => share)))).toBe(2);
    expect(byWeight[2]!.pValue).toBe(0.005);
  });

  test('equal losses everywhere and a single point are no error', () => {
    expect(points(10, () => 1).every(({ pValue }) => pValue > 0)).toBe(true);
    expect(points(1, () => 1).map(({ share }) => share)).toEqual([0, 0, 0]);
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
