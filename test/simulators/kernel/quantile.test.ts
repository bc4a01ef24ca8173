import { describe, expect, it } from 'vitest';
import { quantile, summarize } from '../../../src/simulators/kernel/quantile.ts';

describe('quantile', () => {
  it('interpolates between order statistics', () => {
    expect(quantile([1, 2, 3, 4], 0.5)).toBe(2.5);
    expect(quantile([0, 10], 0.95)).toBeCloseTo(9.5, 12);
    expect([quantile([7], 0.99), quantile([3, 9], 0), quantile([3, 9], 1)]).toEqual([7, 3, 9]);
  });

  it('of nothing is NaN', () => {
    expect(quantile([], 0.5)).toBeNaN();
  });
});

describe('summarize', () => {
  it('leaves out values that never happened', () => {
    expect(summarize([Number.NaN, 4, 2])).toMatchObject({ count: 2, mean: 3, p50: 3 });
  });
});
