import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stream } from '../../../src/base/random.ts';
import { feasibleSet } from '../../../src/optimizer/feasible/feasible-set.ts';
import { finitePoints } from '../../../src/optimizer/feasible/finite-points.ts';
import { cubeDimension, decode } from '../../../src/optimizer/space/encode.ts';
import type { ParameterValues, SearchSpace } from '../../../src/optimizer/space/parameter.ts';
import { isInside, pointKey } from '../../../src/optimizer/space/search-space.ts';
import { readSpace, type WrittenSpace } from '../../../src/optimizer/vocabulary/read-space.ts';

const spaceOf = (written: WrittenSpace): SearchSpace => readSpace(written, ['parameters']);
const reals = (count: number): WrittenSpace['parameters'] =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`x${i}`, [0, 1]]));
const sum = (count: number): string => Array.from({ length: count }, (_, i) => `x${i}`).join(' + ');

/** Spaces of which rejection finds a point seldom or never. */
const THIN: Readonly<Record<string, WrittenSpace>> = {
  'a corner of ten dimensions': { parameters: reals(10), parameter_constraints: [`${sum(10)} <= 0.01`] },
  'an equation of reals': { parameters: reals(3), parameter_constraints: [`${sum(3)} == 1`] },
  'an equation as two inequalities of integers': {
    parameters: { p: [1, 16], d: [1, 16] },
    parameter_constraints: ['p + d <= 16', 'p + d >= 16'],
  },
  'an equation with few integer solutions': {
    parameters: { a: [0, 1000], b: [0, 1000] },
    parameter_constraints: ['3*a - 5*b == 7'],
  },
  'large integers': { parameters: { a: [0, 1e9], b: [0, 1e9] }, parameter_constraints: ['a - b >= 999999000'] },
  'an order': {
    parameters: reals(8),
    parameter_constraints: Array.from({ length: 7 }, (_, i) => `x${i} <= x${i + 1}`),
  },
  'a sum of logarithmic axes': {
    parameters: {
      a: { type: 'real', low: 1e-4, high: 10, log: true },
      n: { type: 'int', low: 1, high: 1000, log: true },
    },
    parameter_constraints: ['1000*a + n <= 3'],
  },
  'levels, conditions and combinations': {
    parameters: {
      tp: { type: 'ordinal', levels: [1, 2, 4, 8] },
      n: { type: 'int', low: 2, high: 64, step: 2 },
      k: { type: 'choice', values: ['a', 'b', null] },
      y: { type: 'float', low: 0, high: 1, when: { parameter: 'k', equals: 'a' } },
    },
    parameter_constraints: ['tp + n <= 6', 'n + 8*y <= 4'],
    forbidden: [{ k: null }, { k: 'b', tp: [1, 2] }, { y: { low: 0.1 }, tp: 1 }],
  },
};

describe('the feasible set', () => {
  it.each(Object.entries(THIN))('%s: every draw and every point moved onto it is inside, exactly', (_, written) => {
    const space = spaceOf(written);
    const set = feasibleSet(space)!;
    const rng = stream(7);
    const dimension = cubeDimension(space);
    for (let i = 0; i < 40; i++) {
      const raw = Float64Array.from({ length: dimension }, () => rng.uniform());
      const moved = set.nearest(raw);
      for (const cube of [set.draw(rng), moved]) expect(isInside(space, decode(space, cube))).toBe(true);
      for (const [axis, u] of set.nearest(moved).entries()) expect(u).toBeCloseTo(moved[axis]!, 12);
    }
  });

  it('sums with reals hold in floating point without a tolerance, in any order', () => {
    const space = spaceOf({ parameters: reals(3), parameter_constraints: ['x0 + 0.3*x1 + x2 <= 0.7'] });
    const set = feasibleSet(space)!;
    const cube = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 3, maxLength: 3 });
    fc.assert(
      fc.property(cube, (raw) => {
        const { x0, x1, x2 } = decode(space, set.nearest(raw)) as Record<string, number>;
        expect(x0! + 0.3 * x1! + x2!).toBeLessThanOrEqual(0.7);
        expect(x2! + (0.3 * x1! + x0!)).toBeLessThanOrEqual(0.7);
      }),
    );
  });

  it('the nearest point of a half-plane is the foot of the perpendicular', () => {
    const space = spaceOf({ parameters: reals(2), parameter_constraints: ['x0 + 2*x1 <= 1'] });
    const [x, y] = feasibleSet(space)!.nearest([0.8, 0.7]);
    // (0.8, 0.7) − 1.2/5 · (1, 2)
    expect(x).toBeCloseTo(0.56, 9);
    expect(y).toBeCloseTo(0.22, 9);
  });

  it('draws are uniform: the triangle and the order statistics have their known means', () => {
    const meansOf = (written: WrittenSpace, count: number): number[] => {
      const space = spaceOf(written);
      const set = feasibleSet(space)!;
      const rng = stream(3);
      const points = Array.from({ length: count }, () => set.draw(rng));
      return points[0]!.reduce<number[]>(
        (means, _, axis) => [...means, points.reduce((total, cube) => total + cube[axis]! / count, 0)],
        [],
      );
    };
    const triangle = meansOf({ parameters: reals(2), parameter_constraints: ['x0 + x1 <= 1'] }, 2000);
    for (const mean of triangle) expect(Math.abs(mean - 1 / 3)).toBeLessThan(0.02);
    const order = meansOf(THIN['an order']!, 1000);
    for (const [k, mean] of order.entries()) expect(Math.abs(mean - (k + 1) / 9)).toBeLessThan(0.03);
    const corner = meansOf(THIN['a corner of ten dimensions']!, 500);
    for (const mean of corner) expect(Math.abs(mean - 0.01 / 11)).toBeLessThan(0.0002);
  });
});

describe('the list of a finite space', () => {
  it('holds each point once, conditions and constraints included', () => {
    const space = spaceOf({
      parameters: {
        a: { type: 'int', low: 0, high: 2 },
        k: { type: 'choice', values: ['x', null] },
        c: { type: 'float', low: 0, high: 0.3, step: 0.1, when: { parameter: 'k', equals: null } },
      },
      parameter_constraints: ['a + 10*c <= 3'],
      forbidden: [{ a: 0, k: 'x' }],
    });
    const points = finitePoints(space)!;
    // k = x: a = 1, 2; k = null: c = 0 … 0.3 and a ≤ 3 − 10c: 3 + 3 + 2 + 1 of them.
    expect(points).toHaveLength(2 + 9);
    expect(new Set(points.map(pointKey)).size).toBe(points.length);
    expect(points.every((values: ParameterValues) => isInside(space, values))).toBe(true);
  });

  it('is not made for spaces that no study could use up', () => {
    expect(finitePoints(spaceOf({ parameters: { a: [0, 1e9], b: [0, 1e9] } }))).toBeNull();
    expect(finitePoints(spaceOf({ parameters: reals(1) }))).toBeNull();
  });
});
