import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { seriesAgreement } from '../../../src/connect/calibrate/series-agreement.ts';
import { quantile } from '../../../src/numeric/statistics.ts';

const value = fc.double({ min: 1, max: 1e6, noNaN: true });
const series = fc
  .array(fc.tuple(value, value), { minLength: 3, maxLength: 60 })
  .map((pairs) => ({ real: pairs.map(([real]) => real), sim: pairs.map(([, sim]) => sim) }));
const average = (values: readonly number[]) => values.reduce((sum, one) => sum + one / values.length, 0);

describe('agreement of two series', () => {
  test('percentiles lie linearly between order statistics', () => {
    fc.assert(
      fc.property(series, (both) => {
        const { statistics } = seriesAgreement(both);
        for (const [name, p] of [
          ['median', 0.5],
          ['p50', 0.5],
          ['p90', 0.9],
          ['p95', 0.95],
          ['p99', 0.99],
        ] as const) {
          expect(statistics[name].real).toBeCloseTo(quantile(both.real, p), 5);
          expect(statistics[name].sim).toBeCloseTo(quantile(both.sim, p), 5);
        }
        expect(statistics.mean.sim).toBeCloseTo(average(both.sim), 5);
      }),
    );
  });

  test('the correlation is the mean product of standardized values', () => {
    fc.assert(
      fc.property(series, (both) => {
        const deviations = (values: readonly number[]) => values.map((one) => one - average(values));
        const [x, y] = [deviations(both.real), deviations(both.sim)];
        const norm = (values: readonly number[]) => Math.sqrt(average(values.map((one) => one ** 2)));
        fc.pre(norm(x) > 1 && norm(y) > 1);
        const expected = average(x.map((one, i) => one * y[i]!)) / (norm(x) * norm(y));
        expect(seriesAgreement(both).pearson).toBeCloseTo(expected, 3);
      }),
    );
  });

  test('a replay that is 5 % above everywhere has this MAPE, correlation 1 and is excellent', () => {
    const real = [10, 30, 20, 50];
    const { mape, pearson, bias, quality } = seriesAgreement({ real, sim: real.map((one) => one * 1.05) });
    expect(mape).toBeCloseTo(0.05, 12);
    expect(pearson).toBeCloseTo(1, 12);
    expect([bias, quality]).toEqual(['over-predict', 'excellent']);
  });

  test('two pairs are too few for a verdict, whatever they say', () => {
    expect(seriesAgreement({ real: [1, 2], sim: [1, 2] })).toMatchObject({ mape: 0, pearson: 0, quality: 'poor' });
  });

  test('a simulation that is constant correlates with nothing', () => {
    expect(seriesAgreement({ real: [1, 2, 3], sim: [0.1, 0.1, 0.1] })).toMatchObject({ pearson: 0, quality: 'poor' });
  });

  test('pairs without a measured value have no relative error', () => {
    const one = seriesAgreement({ real: [0, 0, 0], sim: [1, 2, 3] });
    expect(one).toMatchObject({ mape: 0, bias: '', count: 3 });
    expect(seriesAgreement({ real: [0, 2], sim: [9, 1] })).toMatchObject({ mape: 0.5, bias: 'under-predict' });
  });
});
