import { describe, expect, it } from 'vitest';
import { stream } from '../../src/base/random.ts';
import {
  bootstrapInterval,
  meanAndVariance,
  meanInterval,
  pairedDifference,
  quantile,
} from '../../src/numeric/statistics.ts';

describe('sample statistics', () => {
  it('interpolate quantiles', () => {
    expect(quantile([4, 1, 3, 2], 0.5)).toBe(2.5);
    expect(quantile([4, 1, 3, 2], 0)).toBe(1);
    expect(quantile([4, 1, 3, 2], 1)).toBe(4);
    expect(quantile([5], 0.9)).toBe(5);
    expect(() => quantile([], 0.5)).toThrow(RangeError);
  });

  it('keep the variance of large numbers', () => {
    const { mean, variance } = meanAndVariance([1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16]);
    expect(mean).toBe(1e9 + 10);
    expect(variance).toBe(30);
  });

  it('give the textbook t interval', () => {
    // t(0.975, 4) = 2.776445; mean 3, standard error √(2.5 / 5).
    const { low, high } = meanInterval([1, 2, 3, 4, 5]);
    expect(high - 3).toBeCloseTo(2.776445 * Math.SQRT1_2, 5);
    expect(3 - low).toBeCloseTo(high - 3, 12);
    expect(meanInterval([7]).high).toBe(Number.POSITIVE_INFINITY);
  });

  it('cancel what pairs share', () => {
    const noise = [10, -20, 35, 4, -8];
    const paired = pairedDifference(
      noise,
      noise.map((value, i) => value + 1 + 0.01 * i),
    );
    expect(paired.low).toBeGreaterThan(0.95);
    expect(paired.high).toBeLessThan(1.1);
    expect(() => pairedDifference([1], [1, 2])).toThrow('equal lengths');
  });

  it('cover the mean with a t interval and a bootstrap interval about as often as promised', () => {
    const rng = stream(1, 'coverage');
    let student = 0;
    let bootstrap = 0;
    for (let trial = 0; trial < 200; trial++) {
      const sample = Array.from({ length: 20 }, () => rng.normal());
      const t = meanInterval(sample);
      if (t.low <= 0 && t.high >= 0) student++;
      const b = bootstrapInterval(sample, (v) => v.reduce((s, x) => s + x, 0) / v.length, rng, { resamples: 200 });
      if (b.low <= 0 && b.high >= 0) bootstrap++;
    }
    // 95 % of 200 is 190; four standard deviations of the count are 12. The bootstrap undercovers a little at n = 20.
    expect(student).toBeGreaterThan(178);
    expect(bootstrap).toBeGreaterThan(168);
  });
});
