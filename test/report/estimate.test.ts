import { describe, expect, test } from 'vitest';
import { compare, estimate } from '../../src/report/estimate.ts';

describe('an estimate', () => {
  test('is the mean with the textbook interval of n − 1 degrees of freedom, and keeps its values', () => {
    const { mean, low, high, values } = estimate([1, 2, 3, 4]);
    expect(mean).toBe(2.5);
    expect(high! - 2.5).toBeCloseTo((3.182446305 * Math.sqrt(5 / 3)) / 2, 8);
    expect(2.5 - low!).toBeCloseTo(high! - 2.5, 12);
    expect(values).toEqual([1, 2, 3, 4]);
  });

  test('of one seed has no interval', () => {
    expect(estimate([7])).toEqual({ mean: 7, low: null, high: null, values: [7] });
  });
});

describe('a comparison with the baseline', () => {
  // Seeds differ by a factor of 40; the change is 10 % on each of them, give or take one.
  const baseline = [1, 10, 40, 3, 20];
  const less = baseline.map((value, index) => value * (0.9 + 0.01 * ((index % 3) - 1)));

  test('is paired: what a seed does to both sides is no noise', () => {
    const row = compare('ttft', 'lower', baseline, less);
    expect(row).toMatchObject({ metric: 'ttft', scale: 'log-ratio', verdict: 'better' });
    expect(row.baseline).toBeCloseTo(14.8, 12);
    expect(row.value).toBeCloseTo(13.35, 1);
    expect(row.improvement).toBeCloseTo(0.1, 2);
    expect(row.low).toBeGreaterThan(0.08);
    expect(row.high).toBeLessThan(0.12);
  });

  test.each([
    ['lower', 'better', 1],
    ['higher', 'worse', -1],
  ] as const)('where %s is better, less is %s', (better, verdict, sign) => {
    const row = compare('m', better, baseline, less);
    expect(row.verdict).toBe(verdict);
    expect(row.improvement).toBeCloseTo(sign * 0.1, 2);
    expect(row.low!).toBeLessThan(row.improvement);
    expect(row.high!).toBeGreaterThan(row.improvement);
  });

  test.each([
    ['seeds that disagree', [10, 10, 10], [9, 11, 10]],
    ['no change at all', [5, 6], [5, 6]],
    ['one seed', [10], [1]],
  ])('is not clear: %s', (_, base, values) => {
    expect(compare('m', 'lower', base, values).verdict).toBe('no clear difference');
  });

  test('of one seed has a change without interval', () => {
    expect(compare('m', 'lower', [10], [5])).toMatchObject({ improvement: 0.5, low: null, high: null });
  });

  test('is a difference in the unit of the metric where a value is 0', () => {
    const row = compare('queue', 'lower', [4, 5, 6, 5], [0, 1, 2, 1]);
    expect(row).toEqual({
      metric: 'queue',
      baseline: 5,
      value: 1,
      scale: 'difference',
      improvement: 4,
      low: 4,
      high: 4,
      verdict: 'better',
    });
    expect(compare('queue', 'higher', [4, 5, 6, 5], [0, 1, 2, 1]).improvement).toBe(-4);
  });
});
