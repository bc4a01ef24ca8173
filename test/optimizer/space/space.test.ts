import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stream } from '../../../src/base/random.ts';
import { cubeDimension, decode, encode, snap } from '../../../src/optimizer/space/encode.ts';
import type { SearchSpace } from '../../../src/optimizer/space/parameter.ts';
import { isInside, pointKey, validateValues } from '../../../src/optimizer/space/search-space.ts';
import { validateParameters } from '../../../src/optimizer/space/validate-space.ts';

const SPACE: SearchSpace = {
  parameters: [
    { name: 'rate', kind: 'real', low: 1e-7, high: 1e-4, log: true },
    { name: 'share', kind: 'real', low: -1e300, high: 1e300, log: false },
    { name: 'batch', kind: 'integer', low: 1, high: 512, log: true },
    { name: 'slots', kind: 'integer', low: -3, high: 4, log: false },
    { name: 'tier', kind: 'ordinal', levels: ['low', 'mid', 'high'] },
    { name: 'policy', kind: 'categorical', choices: ['fcfs', 'edf', true, 3] },
    {
      name: 'aging',
      kind: 'real',
      low: 0,
      high: 1,
      log: false,
      activeWhen: { parameter: 'policy', in: ['edf', true] },
    },
    {
      name: 'nested',
      kind: 'integer',
      low: 0,
      high: 9,
      log: false,
      activeWhen: { parameter: 'aging', low: 0.5, high: 1 },
    },
    { name: 'weights', kind: 'simplex', components: ['a', 'b', 'c', 'd'] },
  ],
};

const cubes = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), {
  minLength: cubeDimension(SPACE),
  maxLength: cubeDimension(SPACE),
});

describe('encoding', () => {
  it('decodes every point of the cube into the space', () => {
    fc.assert(
      fc.property(cubes, (cube) => {
        const values = decode(SPACE, cube);
        validateValues(SPACE, values);
        expect(isInside(SPACE, values)).toBe(true);
      }),
    );
  });

  it('encodes what it decodes to the same point, and levels exactly', () => {
    fc.assert(
      fc.property(cubes, (cube) => {
        const values = decode(SPACE, cube);
        const again = decode(SPACE, encode(SPACE, values));
        for (const name of ['batch', 'slots', 'tier', 'policy', 'nested']) expect(again[name]).toEqual(values[name]);
        const weights = again['weights'] as readonly number[];
        for (const [i, weight] of (values['weights'] as readonly number[]).entries())
          expect(weights[i]).toBeCloseTo(weight, 7);
        const snapped = snap(SPACE, cube);
        for (const [j, u] of snap(SPACE, snapped).entries()) expect(u).toBeCloseTo(snapped[j]!, 7);
      }),
    );
  });

  it('maps the uniform cube to the uniform simplex', () => {
    const space: SearchSpace = { parameters: [{ name: 'w', kind: 'simplex', components: ['a', 'b', 'c'] }] };
    const rng = stream(1, 'simplex');
    const n = 20_000;
    const mean = [0, 0, 0];
    let product = 0;
    let corner = 0;
    for (let i = 0; i < n; i++) {
      const w = decode(space, [rng.uniform(), rng.uniform()])['w'] as readonly number[];
      for (let j = 0; j < 3; j++) mean[j]! += w[j]! / n;
      product += (w[0]! * w[2]!) / n;
      if (w[2]! > 0.5) corner++;
    }
    for (const value of mean) expect(value).toBeCloseTo(1 / 3, 2);
    // Dirichlet(1, 1, 1): E[w1 w3] = 1/12 and P(w3 > 1/2) = 1/4.
    expect(product).toBeCloseTo(1 / 12, 2);
    expect(corner / n).toBeCloseTo(1 / 4, 1);
  });

  it('reaches the ends of ranges, and integers with equal probability', () => {
    const space: SearchSpace = { parameters: [{ name: 'n', kind: 'integer', low: 1, high: 4, log: false }] };
    expect([0, 0.24, 0.26, 0.99, 1].map((u) => decode(space, [u])['n'])).toEqual([1, 1, 2, 4, 4]);
    const real: SearchSpace = { parameters: [{ name: 'x', kind: 'real', low: 0.1, high: 0.3, log: true }] };
    expect(decode(real, [0])['x']).toBe(0.1);
    expect(decode(real, [1])['x']).toBe(0.3);
  });
});

describe('validation', () => {
  it('accepts a full space', () => expect(() => validateParameters(SPACE.parameters)).not.toThrow());

  it('names the first broken rule of a space', () => {
    const check = (parameter: object) => () => validateParameters([parameter] as unknown as SearchSpace['parameters']);
    expect(check({ name: 'x', kind: 'real', low: 1, high: 0, log: false })).toThrow('low ≤ high must hold');
    expect(check({ name: 'x', kind: 'real', low: 0, high: 1, log: true })).toThrow('needs low > 0');
    expect(check({ name: 'x', kind: 'integer', low: 0.5, high: 2, log: false })).toThrow('must be integers');
    expect(check({ name: 'x', kind: 'categorical', choices: ['a', 'a'] })).toThrow('"a" twice');
    expect(check({ name: 'x', kind: 'real', low: Number.NEGATIVE_INFINITY, high: 0, log: false })).toThrow('finite');
  });

  it('rejects values outside, missing, unknown or inactive', () => {
    const inside = decode(SPACE, new Float64Array(cubeDimension(SPACE)).fill(0.1));
    expect(isInside(SPACE, inside)).toBe(true);
    for (const bad of [
      { ...inside, slots: 5 },
      { ...inside, slots: 0.5 },
      { ...inside, rate: Number.NaN },
      { ...inside, policy: 'lifo' },
      { ...inside, nested: 1 },
      { ...inside, other: 1 },
      { ...inside, weights: [0.5, 0.5, 0.5, 0] },
      { ...inside, weights: [1.5, -0.5, 0, 0] },
    ]) {
      expect(isInside(SPACE, bad)).toBe(false);
      expect(() => validateValues(SPACE, bad)).toThrow();
    }
  });

  it('gives equal keys to equal points only', () => {
    expect(pointKey({ a: 1, b: [0.5, 0.5] })).toBe(pointKey({ b: [0.5, 0.5], a: 1 }));
    expect(pointKey({ a: 1 })).not.toBe(pointKey({ a: 2 }));
  });
});
