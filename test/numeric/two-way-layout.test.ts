import fc from 'fast-check';
import { Matrix } from 'ml-matrix';
import { describe, expect, test } from 'vitest';
import { stream } from '../../src/base/random.ts';
import { expectedRowMean, fitTwoWay, twoWayResiduals } from '../../src/numeric/two-way-layout.ts';

const level = fc.double({ min: 0.1, max: 100, noNaN: true });
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

describe('fitTwoWay', () => {
  test('the residual mean square of a small table equals the hand calculation', () => {
    // Means: rows 2, 5; columns 2.5, 4.5; grand 3.5. Residuals ±0.5 without logarithms: 4 · 0.25 / 1.
    const table = new Matrix([
      [1.5, 2.5],
      [3.5, 6.5],
    ]);
    const layout = fitTwoWay(table, false)!;
    expect(layout).toMatchObject({ columnMeans: [2.5, 4.5], freedom: 1, rows: 2, logarithmic: false });
    expect(layout.variance).toBeCloseTo(1, 12);
    expect(twoWayResiduals(table).to2DArray()).toEqual([
      [0.5, -0.5],
      [-0.5, 0.5],
    ]);
  });

  test('too small a table, or logarithms of what is not positive, gives nothing', () => {
    const layoutOf = (rows: number[][], logarithmic = false) => fitTwoWay(new Matrix(rows), logarithmic);
    expect(layoutOf([])).toBeNull();
    expect(layoutOf([[1, 2]])).toBeNull();
    expect(layoutOf([[1], [2]])).toBeNull();
    for (const wrong of [0, -1, Number.NaN]) {
      const rows = [
        [1, wrong],
        [2, 3],
      ];
      expect(layoutOf(rows, true)).toBeNull();
      expect(layoutOf(rows)).not.toBeNull();
    }
  });

  const table = fc.tuple(fc.integer({ min: 2, max: 7 }), fc.integer({ min: 2, max: 7 })).chain(([rows, columns]) =>
    fc.array(fc.array(fc.double({ min: 1e-3, max: 1e6, noNaN: true }), { minLength: columns, maxLength: columns }), {
      minLength: rows,
      maxLength: rows,
    }),
  );

  test('sums run in index order: plain loops over nested arrays give the same bits', () => {
    fc.assert(
      fc.property(table, fc.boolean(), (rows, logarithmic) => {
        const scaled = rows.map((row) => (logarithmic ? row.map(Math.log) : row));
        const columnMeans = scaled[0]!.map((_, s) => mean(scaled.map((row) => row[s]!)));
        const grand = mean(columnMeans);
        let squares = 0;
        const rowSquares = scaled.map((row) => {
          let own = 0;
          row.forEach((value, s) => {
            const residual = value - mean(row) - (columnMeans[s]! - grand);
            squares += residual ** 2;
            own += residual * residual;
          });
          return own;
        });
        const freedom = (rows.length - 1) * (rows[0]!.length - 1);
        const variance = squares / freedom;
        const expected = { logarithmic, columnMeans, variance, freedom, rows: rows.length };
        expect(fitTwoWay(new Matrix(rows), logarithmic)).toEqual(expected);
        const residuals = twoWayResiduals(new Matrix(scaled)).to2DArray();
        expect(residuals.map((row) => row.reduce((sum, value) => sum + value * value, 0))).toEqual(rowSquares);
      }),
    );
  });

  test('residuals sum to 0 along every row and column', () => {
    fc.assert(
      fc.property(table, (rows) => {
        const residuals = twoWayResiduals(new Matrix(rows));
        for (const sum of [...residuals.sum('row'), ...residuals.sum('column')])
          expect(Math.abs(sum)).toBeLessThan(1e-6);
      }),
    );
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
            new Matrix(rowLevels.map((a) => columnEffects.map((b) => cell(a, b)))),
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
      const layout = { ...fitTwoWay(new Matrix(complete), false)!, variance: noise ** 2 };
      const { mean: expected, deviation } = expectedRowMean(layout, row.slice(0, 1));
      squares += (expected - mean(row)) ** 2;
      stated = deviation;
    }
    expect(Math.sqrt(squares / repeats) / stated).toBeCloseTo(1, 1);
  });
});
