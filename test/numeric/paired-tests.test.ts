import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { holmAdjust, wilcoxonSignedRank } from '../../src/numeric/paired-tests.ts';

/** All 2^n sign patterns over the mid-ranks, counted one by one. */
function enumerated(differences: readonly number[]): number {
  const values = differences.filter((value) => value !== 0);
  const rank = (one: number): number => {
    const below = values.filter((other) => Math.abs(other) < Math.abs(one)).length;
    const equal = values.filter((other) => Math.abs(other) === Math.abs(one)).length;
    return below + (equal + 1) / 2;
  };
  const ranks = values.map(rank);
  const middle = ranks.reduce((sum, one) => sum + one, 0) / 2;
  const sumOf = (positive: (index: number) => boolean): number =>
    ranks.reduce((sum, one, index) => (positive(index) ? sum + one : sum), 0);
  const observed = Math.abs(sumOf((index) => values[index]! > 0) - middle);
  let extreme = 0;
  for (let pattern = 0; pattern < 2 ** values.length; pattern++) {
    if (Math.abs(sumOf((index) => (pattern >> index) % 2 === 1) - middle) >= observed) extreme++;
  }
  return extreme / 2 ** values.length;
}

describe('Wilcoxon signed-rank test', () => {
  /** Two-sided p of the smaller rank sum T, from the published tables (Wilcoxon 1945; Hollander & Wolfe, table A.4). */
  test.each([
    [6, 0, 0.03125],
    [8, 3, 0.0390625],
    [9, 5, 0.0390625],
    [10, 8, 0.048828125],
    [12, 13, 0.04248046875],
  ])('of %i differences with T = %i has the tabulated p', (n, smaller, p) => {
    let rest = smaller;
    const differences: number[] = [];
    for (let rank = n; rank >= 1; rank--) {
      const negative = rank <= rest;
      if (negative) rest -= rank;
      differences.push(negative ? -rank : rank);
    }
    expect(rest).toBe(0);
    expect(wilcoxonSignedRank(differences)).toBeCloseTo(p, 10);
  });

  test('agrees with the published analysis of the depression scale of nine patients (V = 40)', () => {
    const before = [1.83, 0.5, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.3];
    const after = [0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29];
    expect(wilcoxonSignedRank(before.map((value, index) => value - after[index]!))).toBeCloseTo(2 * 0.01953125, 10);
  });

  test('counts sign patterns exactly, ties and zeros included', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -4, max: 4 }), { minLength: 1, maxLength: 9 }), (differences) => {
        if (differences.every((value) => value === 0)) return;
        expect(wilcoxonSignedRank(differences)).toBeCloseTo(enumerated(differences), 12);
      }),
      { numRuns: 200, seed: 4 },
    );
  });

  test('says nothing where all differences are zero, and never more than 1', () => {
    expect(wilcoxonSignedRank([])).toBe(1);
    expect(wilcoxonSignedRank([0, 0, 0])).toBe(1);
    expect(wilcoxonSignedRank([1, -1])).toBe(1);
  });

  test('beyond 100 differences the normal approximation stays within 3 % of the exact distribution', () => {
    const n = 120;
    const total = (n * (n + 1)) / 2;
    const differences = Array.from({ length: n }, (_, index) => (index % 5 < 2 ? -1 : 1) * (index + 1));
    const counts = new Float64Array(total + 1);
    counts[0] = 1;
    for (let rank = 1; rank <= n; rank++)
      for (let sum = total; sum >= rank; sum--) counts[sum] = counts[sum]! + counts[sum - rank]!;
    const positive = differences.reduce((sum, value) => (value > 0 ? sum + value : sum), 0);
    const exact = (2 * counts.slice(positive).reduce((sum, value) => sum + value, 0)) / 2 ** n;
    expect(exact).toBeGreaterThan(0.01);
    expect(Math.abs(wilcoxonSignedRank(differences) / exact - 1)).toBeLessThan(0.03);
  });
});

describe('Holm’s correction', () => {
  test('multiplies the smallest p by the number of tests, the next by one less, and never decreases', () => {
    expect(holmAdjust([0.01, 0.04, 0.03])).toEqual([0.03, 0.06, 0.06]);
    expect(holmAdjust([0.01, 0.02, 0.03, 0.04])).toEqual([0.04, 0.06, 0.06, 0.06]);
    expect(holmAdjust([0.5, 0.6])).toEqual([1, 1]);
    expect(holmAdjust([])).toEqual([]);
  });

  test('rejects what it must: no p falls, none exceeds Bonferroni, and the order is kept', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 12 }), (p) => {
        const adjusted = holmAdjust(p);
        for (const [i, value] of p.entries()) {
          expect(adjusted[i]!).toBeGreaterThanOrEqual(value);
          expect(adjusted[i]!).toBeLessThanOrEqual(Math.min(1, value * p.length) + 1e-12);
          for (const [j, other] of p.entries())
            if (value < other) expect(adjusted[i]!).toBeLessThanOrEqual(adjusted[j]!);
        }
      }),
      { seed: 5 },
    );
  });
});
