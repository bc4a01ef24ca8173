import fc from 'fast-check';
import { expect, test } from 'vitest';
import { stream } from '../../src/base/random.ts';
import { correlations } from '../../src/numeric/covariance.ts';

test('a small table has the correlation of the hand calculation', () => {
  // Deviations (−1, 0, 1) and (−5, 1, 4) / 3: products 3, squares 2 and 14 / 3.
  const [[own, both]] = correlations([
    [1, 2, 3],
    [2, 4, 5],
  ]) as [number[]];
  expect(own).toBe(1);
  expect(both).toBeCloseTo(3 / Math.sqrt(2 * (14 / 3)), 12);
});

test('a line up or down has ±1, and what does not vary has none', () => {
  const x = [0.1, 0.7, 0.2, 0.9];
  const table = correlations([x, x.map((value) => 3 - 2 * value), [4, 4, 4, 4]]);
  expect(table).toEqual([
    [1, expect.closeTo(-1, 12), null],
    [expect.closeTo(-1, 12), 1, null],
    [null, null, null],
  ]);
});

test('is symmetric and within ±1, and does not depend on units', () => {
  const column = fc.array(fc.double({ min: -1e3, max: 1e3, noNaN: true }), { minLength: 5, maxLength: 5 });
  fc.assert(
    fc.property(column, column, (a, b) => {
      const table = correlations([a, b]);
      expect(table[0]![1]).toBe(table[1]![0]);
      for (const value of table.flat()) if (value !== null) expect(Math.abs(value)).toBeLessThanOrEqual(1);
    }),
  );
  const rng = stream(4, 'columns');
  const a = Array.from({ length: 200 }, () => rng.normal());
  const b = a.map((value) => 0.6 * value + 0.8 * rng.normal());
  const plain = correlations([a, b])[0]![1]!;
  expect(plain).toBeGreaterThan(0.5);
  expect(plain).toBeLessThan(0.7);
  expect(correlations([a.map((value) => 1000 * value + 7), b])[0]![1]!).toBeCloseTo(plain, 12);
});

test('one case has no correlation', () => {
  expect(() => correlations([[1], [2]])).toThrow('at least two cases, got 1');
});
