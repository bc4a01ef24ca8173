import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  erfcx,
  normalCdf,
  normalHazardBelow,
  normalLogCdf,
  normalPdf,
  normalQuantile,
} from '../../src/numeric/normal.ts';

const close = (value: number, expected: number, relative = 1e-11): void =>
  expect(Math.abs(value / expected - 1)).toBeLessThan(relative);

describe('normal distribution', () => {
  it('matches published values, far into the tails', () => {
    // Reference values to 16 digits from DLMF 7 and Wichura 1988.
    close(normalCdf(-1), 0.158_655_253_931_457_05);
    close(normalCdf(2), 0.977_249_868_051_820_8);
    close(normalCdf(-10), 7.619_853_024_160_527e-24);
    close(normalCdf(-30), 4.906_713_927_148_187e-198);
    close(normalLogCdf(-100), -5005.524_208_694_205);
    close(erfcx(0), 1);
    close(erfcx(1), 0.427_583_576_155_807);
    close(erfcx(10), 0.056_140_992_743_822_59);
    close(normalQuantile(0.975), 1.959_963_984_540_054);
    close(normalQuantile(1e-10), -6.361_340_902_404_056);
  });

  it('has a quantile that inverts the distribution function in both tails', () => {
    fc.assert(
      fc.property(fc.double({ min: -37, max: 8, noNaN: true }), (x) => {
        const p = normalCdf(x);
        // Above the median p itself is rounded to 1 − 2⁻⁵³.
        const tolerance = x > 0 ? 1e-15 / normalPdf(x) + 1e-9 : 1e-9 * Math.max(1, Math.abs(x));
        expect(Math.abs(normalQuantile(p) - x)).toBeLessThan(tolerance);
      }),
    );
    expect(normalQuantile(0)).toBe(Number.NEGATIVE_INFINITY);
    expect(normalQuantile(1)).toBe(Number.POSITIVE_INFINITY);
    expect(normalQuantile(-0.1)).toBeNaN();
  });

  it('has a log CDF whose slope is the hazard', () => {
    for (const x of [-40, -5, -0.3, 0, 0.7, 4]) {
      const h = 1e-5;
      const slope = (normalLogCdf(x + h) - normalLogCdf(x - h)) / (2 * h);
      expect(Math.abs(slope - normalHazardBelow(x))).toBeLessThan(1e-6 * (1 + Math.abs(x)));
    }
  });
});
