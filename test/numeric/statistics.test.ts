import { describe, expect, it } from 'vitest';
import { stream } from '../../src/base/random.ts';
import {
  allPositive,
  meanAndVariance,
  meanInterval,
  negated,
  pairedChange,
  pairedDifference,
  quantile,
} from '../../src/numeric/statistics.ts';

describe('sample statistics', () => {
  it('interpolate quantiles', () => {
    expect(quantile([4, 1, 3, 2], 0.5)).toBe(2.5);
    expect(quantile([40, 10, 30, 20], 0.25)).toBe(17.5);
    expect(quantile([4, 1, 3, 2], 0)).toBe(1);
    expect(quantile([4, 1, 3, 2], 1)).toBe(4);
    expect(quantile([5], 0.9)).toBe(5);
    expect(() => quantile([], 0.5)).toThrow('at least one value');
  });

  it('keep the variance of large numbers', () => {
    const { mean, variance } = meanAndVariance([1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16]);
    expect(mean).toBe(1e9 + 10);
    expect(variance).toBe(30);
    expect(meanAndVariance([3])).toEqual({ mean: 3, variance: 0 });
  });
});

describe('the interval of a mean', () => {
  it('is that of the textbook, with n − 1 degrees of freedom', () => {
    // t(0.975, 4) = 2.776445; mean 3, standard error √(2.5 / 5).
    const { value, low, high } = meanInterval([1, 2, 3, 4, 5]);
    expect(value).toBe(3);
    expect(high! - 3).toBeCloseTo(2.776445105 * Math.SQRT1_2, 8);
    expect(3 - low!).toBeCloseTo(high! - 3, 12);
    // t(0.95, 1) = 6.313752; two values, so one degree of freedom.
    expect(meanInterval([0, 2], 0.9).high!).toBeCloseTo(1 + 6.313751515, 8);
  });

  it('is absent for one value, a point for equal ones, and no values are refused', () => {
    expect(meanInterval([7])).toEqual({ value: 7, low: null, high: null });
    expect(meanInterval([0.1, 0.1, 0.1])).toEqual({ value: 0.1, low: 0.1, high: 0.1 });
    expect(() => meanInterval([])).toThrow('at least one value');
  });
});

describe('a paired difference', () => {
  it('cancels what pairs share', () => {
    const noise = [10, -20, 35, 4, -8];
    const shifted = noise.map((value, i) => value + 1 + 0.01 * i);
    const paired = pairedDifference(noise, shifted);
    expect(paired.value).toBeCloseTo(1.02, 12);
    expect(paired.low).toBeGreaterThan(0.95);
    expect(paired.high).toBeLessThan(1.1);
    expect(() => pairedDifference([1], [1, 2])).toThrow('equal lengths, got 1 and 2');
  });
});

describe('a paired change', () => {
  it('of positive values is relative: the geometric mean of the ratios, with mapped bounds', () => {
    // Logarithms of the ratios: log 2 ± log 2, so m = log 2 and a standard error of log 2.
    const { scale, value, low, high } = pairedChange([1, 5], [1, 20]);
    expect(scale).toBe('log-ratio');
    expect(value).toBeCloseTo(1, 12);
    expect(high!).toBeCloseTo(2 ** (1 + 12.7062047362) - 1, 3);
    expect(low!).toBeCloseTo(2 ** (1 - 12.7062047362) - 1, 9);
  });

  it('never says that more than everything was saved, however the seeds scatter', () => {
    const rng = stream(2, 'wild');
    for (let trial = 0; trial < 200; trial++) {
      const draw = (): number[] => Array.from({ length: 3 }, () => Math.exp(3 * rng.normal()));
      const { value, low, high } = negated(pairedChange(draw(), draw()));
      expect(high).toBeLessThanOrEqual(1);
      expect(value).toBeLessThan(1);
      expect(low).toBeLessThan(value);
    }
  });

  it('reads the same the other way round: the ratio of b to a is one over that of a to b', () => {
    const [a, b] = [
      [3, 5, 9],
      [4, 4, 30],
    ];
    const there = pairedChange(a!, b!);
    const back = pairedChange(b!, a!);
    expect((1 + there.value) * (1 + back.value)).toBeCloseTo(1, 12);
    expect((1 + there.low!) * (1 + back.high!)).toBeCloseTo(1, 12);
  });

  it('cancels the factor that a seed has on both arms', () => {
    const base = [10, 400, 7, 90];
    const halved = base.map((value) => value / 2);
    const { value, low, high } = pairedChange(base, halved);
    for (const bound of [value, low!, high!]) expect(bound).toBeCloseTo(-0.5, 12);
  });

  it.each([
    ['a zero in the base', [0, 2, 4], [1, 3, 5]],
    ['a zero in the values', [1, 2, 4], [2, 3, 0]],
    ['a negative value', [-1, 2, 4], [1, 3, 5]],
  ] as const)('is a difference in the unit of the values, and says so: %s', (_, base, values) => {
    expect(pairedChange(base, values)).toEqual({ scale: 'difference', ...pairedDifference(base, values) });
  });

  it.each([
    ['one pair has no interval', [4], [2], { scale: 'log-ratio', value: -0.5, low: null, high: null }],
    ['equal pairs did not change', [3, 7], [3, 7], { scale: 'log-ratio', value: 0, low: 0, high: 0 }],
    ['nothing stays nothing', [0, 0], [0, 0], { scale: 'difference', value: 0, low: 0, high: 0 }],
  ] as const)('%s', (_, base, values, expected) => {
    expect(pairedChange(base, values)).toEqual(expected);
  });

  it('may be unclear although every seed agrees on the sign', () => {
    const { low, high } = pairedChange([10, 10, 10], [11, 12, 60]);
    expect(low).toBeLessThan(0);
    expect(high).toBeGreaterThan(0);
  });

  it('needs equal lengths', () => {
    expect(() => pairedChange([1, 2], [1])).toThrow('equal lengths, got 2 and 1');
  });
});

describe('the opposite of an interval', () => {
  it('swaps the bounds and keeps what else there is', () => {
    expect(negated({ scale: 'difference', value: 2, low: 1, high: 4 })).toEqual({
      scale: 'difference',
      value: -2,
      low: -4,
      high: -1,
    });
    expect(negated({ value: 0, low: null, high: null })).toEqual({ value: 0, low: null, high: null });
  });
});

it('only numbers above 0 are positive', () => {
  expect(allPositive([1, 1e-300])).toBe(true);
  for (const value of [0, -1, Number.NaN]) expect(allPositive([1, value])).toBe(false);
});
