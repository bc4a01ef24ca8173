import { expect, test } from 'vitest';
import { incompleteBeta, logGamma, studentCdf, studentQuantile } from '../../src/numeric/student-t.ts';

test('log Γ has the values of factorials and of half-integers', () => {
  expect(logGamma(5)).toBeCloseTo(Math.log(24), 12);
  expect(logGamma(0.5)).toBeCloseTo(0.5 * Math.log(Math.PI), 12);
  expect(logGamma(0.25)).toBeCloseTo(Math.log(3.625609908221908), 12);
});

test('the incomplete beta function has its closed forms and its symmetry', () => {
  expect(incompleteBeta(0, 2, 3)).toBe(0);
  expect(incompleteBeta(1, 2, 3)).toBe(1);
  for (const x of [0.1, 0.4, 0.9]) {
    expect(incompleteBeta(x, 1, 3)).toBeCloseTo(1 - (1 - x) ** 3, 12);
    expect(incompleteBeta(x, 2, 5)).toBeCloseTo(1 - incompleteBeta(1 - x, 5, 2), 12);
  }
});

test('with one and two degrees of freedom the distribution is elementary', () => {
  for (const t of [-30, -1.7, 0, 0.3, 4]) {
    expect(studentCdf(t, 1)).toBeCloseTo(0.5 + Math.atan(t) / Math.PI, 13);
    expect(studentCdf(t, 2)).toBeCloseTo(0.5 + t / (2 * Math.sqrt(2 + t * t)), 13);
  }
});

test.each([
  [0.975, 1, 12.706204736175],
  [0.975, 4, 2.776445105198],
  [0.975, 9, 2.262157162798],
  [0.995, 9, 3.249835541592],
  [0.95, 30, 1.697260886594],
])('the quantile %d with %i degrees of freedom is that of the tables', (p, freedom, expected) => {
  expect(studentQuantile(p, freedom)).toBeCloseTo(expected, 10);
});

test('the quantile undoes the distribution function in both tails, and the middle is 0', () => {
  for (const freedom of [1, 2, 3.5, 7, 40, 1000]) {
    for (const p of [1e-6, 0.025, 0.3, 0.501, 0.9, 0.999999]) {
      expect(studentCdf(studentQuantile(p, freedom), freedom)).toBeCloseTo(p, 11);
    }
    expect(studentQuantile(0.5, freedom)).toBe(0);
  }
});
