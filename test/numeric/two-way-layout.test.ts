import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { stream } from '../../src/base/random.ts';
import { expectedRowMean, fitTwoWay } from '../../src/numeric/two-way-layout.ts';

const level = fc.double({ min: 0.1, max: 100, noNaN: true });
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

describe('fitTwoWay', () => {
  test('the residual mean square of a small table equals the hand calculation', () => {
    // Means: rows 2, 5; columns 2.5, 4.5; grand 3.5. Residuals ±0.5 without logarithms: 4 · 0.25 / 1.
    const layout = fitTwoWay(
      [
        [1.5, 2.5],
        [3.5, 6.5],
      ],
      false,
    )!;
    expect(layout.columnMeans).toEqual([2.5, 4.5]);
    expect(layout.freedom).toBe(1);
    expect(layout.variance).toBeCloseTo(1, 12);
  });

  test('too small a table, or logarithms of what is not positive, gives nothing', () => {
    expect(fitTwoWay([[1, 2]], false)).toBeNull();
    expect(fitTwoWay([[1], [2]], false)).toBeNull();
    expect(
      fitTwoWay(
        [
          [1, 0],
          [2, 3],
        ],
        true,
      ),
    ).toBeNull();
  });
});

describe('expectedRowMean', () => {
  test('rows that follow the layout are completed exactly, on either scale', () => {
    fc.assert(
      fc.property(
        fc.array(level, { minLength: 2, maxLength: 6 }),
        fc.array(level, { minLength: 2, maxLength: 6 }),
        level,
        fc.boolean(),
        (rowLevels, columnEffects, own, logarithmic) => {
          const cell = (a: number, b: number): number => (logarithmic ? a * b : a + b);
          const layout = fitTwoWay(
            rowLevels.map((a) => columnEffects.map((b) => cell(a, b))),
            logarithmic,
          )!;
          const row = columnEffects.map((b) => cell(own, b));
          for (let known = 1; known <= row.length; known++) {
            const { mean: expected, deviation } = expectedRowMean(layout, row.slice(0, known));
            expect(expected / mean(row)).toBeCloseTo(1, 9);
            expect(deviation).toBeLessThan(1e-6);
          }
        },
      ),
    );
  });

  test('its deviation is that of the actual error', () => {
    const rng = stream(5, 'rows');
    const [columns, rows, noise] = [4, 6, 0.3];
    let squares = 0;
    const repeats = 4000;
    let stated = 0;
    for (let i = 0; i < repeats; i++) {
      const effects = Array.from({ length: columns }, () => rng.normal());
      const draw = (): number[] => effects.map((effect) => 10 + effect + noise * rng.normal());
      const complete = Array.from({ length: rows }, draw);
      const row = draw();
      const layout = { ...fitTwoWay(complete, false)!, variance: noise ** 2 };
      const { mean: expected, deviation } = expectedRowMean(layout, row.slice(0, 1));
      squares += (expected - mean(row)) ** 2;
      stated = deviation;
    }
    expect(Math.sqrt(squares / repeats) / stated).toBeCloseTo(1, 1);
  });
});
