import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { stream } from '../../src/base/random.ts';
import { fitLine, predictLine, rankCorrelation } from '../../src/numeric/line-fit.ts';

describe('fitLine', () => {
  test('a textbook example: slope, residual variance and prediction error by hand', () => {
    // x 1 2 3 4, y 2 3 5 6: slope 1.4, residuals 0.1 −0.3 0.3 −0.1, residual variance 0.2 / 2.
    const fit = fitLine([1, 2, 3, 4], [2, 3, 5, 6])!;
    expect(fit.slope).toBeCloseTo(1.4, 12);
    expect(fit.variance).toBeCloseTo(0.1, 12);
    const { mean, deviation } = predictLine(fit, 5);
    expect(mean).toBeCloseTo(7.5, 12);
    expect(deviation).toBeCloseTo(Math.sqrt(0.1 * (1 + 1 / 4 + 6.25 / 5)), 12);
  });

  test('a constant x leaves the mean; too few points leave nothing', () => {
    const fit = fitLine([2, 2, 2], [1, 2, 3])!;
    expect(predictLine(fit, 9)).toEqual({ mean: 2, deviation: Math.sqrt(1 + 1 / 3) });
    expect(fitLine([1, 2], [1, 2])).toBeNull();
  });

  test('the stated deviation is that of the actual error', () => {
    const rng = stream(8, 'line');
    const x = [0, 1, 2, 3, 4, 5];
    let squares = 0;
    let stated = 0;
    const repeats = 4000;
    for (let i = 0; i < repeats; i++) {
      const y = x.map((value) => 3 + 2 * value + 0.5 * rng.normal());
      const { mean, deviation } = predictLine({ ...fitLine(x, y)!, variance: 0.25 }, 7);
      squares += (mean - (17 + 0.5 * rng.normal())) ** 2;
      stated = deviation;
    }
    expect(Math.sqrt(squares / repeats) / stated).toBeCloseTo(1, 1);
  });
});

describe('rankCorrelation', () => {
  test('is 1 under every increasing map, −1 reversed, and NaN for a constant side', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: -50, max: 50 }), { minLength: 3, maxLength: 12 }), (x) => {
        expect(
          rankCorrelation(
            x,
            x.map((value) => value ** 3 + value),
          ),
        ).toBeCloseTo(1, 12);
        expect(
          rankCorrelation(
            x,
            x.map((value) => -value),
          ),
        ).toBeCloseTo(-1, 12);
        expect(
          rankCorrelation(
            x,
            x.map(() => 1),
          ),
        ).toBeNaN();
      }),
    );
  });

  test('ties share their mean rank', () => {
    // Ranks 1, 2.5, 2.5, 4 against 1, 2, 3, 4: 4.5 / √(4.5 · 5).
    expect(rankCorrelation([1, 2, 2, 3], [1, 2, 3, 4])).toBeCloseTo(4.5 / Math.sqrt(4.5 * 5), 12);
  });
});
