import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fitTrend, trendAt } from '../../../src/optimizer/sensitivity/trend.ts';

const finite = (low: number, high: number) => fc.double({ min: low, max: high, noNaN: true });
const GRID = Array.from({ length: 9 }, (_, i) => 3 + 5 * i);

describe('trend of a metric over a parameter', () => {
  test('finds a parabola again, anywhere', () => {
    fc.assert(
      fc.property(finite(-5, 5), finite(-5, 5), finite(0.1, 5), (constant, slope, bend) => {
        const curve = (x: number): number => constant + slope * x + bend * x * x;
        const trend = fitTrend(GRID, GRID.map(curve))!;
        expect(trend.degree).toBe(2);
        expect(trend.r2).toBeCloseTo(1, 10);
        // Rounding of the normal equations, relative to the largest value.
        for (const x of [3, 10, 43]) expect(trendAt(trend, x)).toBeCloseTo(curve(x), 6);
      }),
    );
  });

  test('keeps to a line where a line is exact', () => {
    const trend = fitTrend(
      GRID,
      GRID.map((x) => 7 - 2 * x),
    )!;
    expect(trend).toMatchObject({ degree: 1, low: 3, high: 43, log: false });
    expect(trendAt(trend, 20)).toBeCloseTo(-33, 10);
  });

  test('R² of a line is the squared correlation', () => {
    const x = [1, 2, 3, 4, 5, 6];
    const y = [2, 1, 4, 3, 7, 5];
    const trend = fitTrend(x, y)!;
    expect(trend.degree).toBe(1);
    // By hand: Sxy = 16, Sxx = 17.5, Syy = 70/3.
    expect(trend.r2).toBeCloseTo(16 ** 2 / (17.5 * (70 / 3)), 12);
  });

  test('is straight over the logarithm of a log-scaled parameter', () => {
    const x = [1, 2, 4, 8, 16, 32];
    const trend = fitTrend(
      x,
      x.map((value) => 3 + 2 * Math.log2(value)),
      { log: true },
    )!;
    expect(trend).toMatchObject({ degree: 1, log: true, low: 1, high: 32 });
    expect(trendAt(trend, 11.313708498984761)).toBeCloseTo(10, 10);
  });

  test('R² is a share, and does not depend on units or order', () => {
    const pairs = fc.array(fc.tuple(finite(0, 10), finite(-10, 10)), { minLength: 6, maxLength: 20 });
    fc.assert(
      fc.property(pairs, finite(0.5, 100), finite(-100, 100), (points, scale, shift) => {
        fc.pre(Math.max(...points.map(([, y]) => y)) - Math.min(...points.map(([, y]) => y)) > 0.1);
        fc.pre(Math.max(...points.map(([x]) => x)) - Math.min(...points.map(([x]) => x)) > 0.1);
        const trend = fitTrend(
          points.map(([x]) => x),
          points.map(([, y]) => y),
        )!;
        const other = fitTrend(
          points.map(([x]) => scale * x + shift).reverse(),
          points.map(([, y]) => shift - scale * y).reverse(),
        )!;
        expect(trend.r2).toBeGreaterThanOrEqual(0);
        expect(trend.r2).toBeLessThanOrEqual(1);
        if (trend.degree === other.degree) expect(other.r2).toBeCloseTo(trend.r2, 5);
      }),
    );
  });

  test('two values of a parameter give a line, whatever their number', () => {
    expect(fitTrend([0, 1, 0, 1, 0, 1], [1, 5, 2, 4, 1, 6])!.degree).toBe(1);
  });

  test('a third value that differs by rounding alone does not bend it', () => {
    expect(fitTrend([0, 2.5e-15, 10, 0, 0, 0], [0, 0, 0, -0.1, 0, 0])!.degree).toBe(1);
  });

  test('there is none below five points, and of what does not change', () => {
    expect(fitTrend([1, 2, 3, 4], [1, 2, 3, 4])).toBeNull();
    expect(fitTrend([2, 2, 2, 2, 2], [1, 2, 3, 4, 5])).toBeNull();
    expect(fitTrend([1, 2, 3, 4, 5], [2, 2, 2, 2, 2])).toBeNull();
    expect(fitTrend([], [])).toBeNull();
  });
});
