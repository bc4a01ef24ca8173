import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nonDominatedIndices, tradedIndices } from '../../../src/optimizer/pareto/dominance.ts';
import { hypervolume } from '../../../src/optimizer/pareto/hypervolume.ts';

/** Nowhere worse and somewhere better. */
const dominates = (a: readonly number[], b: readonly number[]): boolean =>
  a.every((value, j) => value <= b[j]!) && a.some((value, j) => value < b[j]!);

const rows = (width: number) =>
  fc.array(fc.array(fc.integer({ min: 0, max: 6 }), { minLength: width, maxLength: width }), {
    minLength: 1,
    maxLength: 14,
  });

/** Counts unit cells of the integer grid below the reference that some row dominates. */
function cellCount(losses: readonly (readonly number[])[], reference: readonly number[]): number {
  let count = 0;
  const cell = reference.map(() => 0);
  for (;;) {
    if (losses.some((row) => row.every((value, j) => value <= cell[j]!))) count++;
    let j = 0;
    while (j < cell.length && ++cell[j]! === reference[j]!) cell[j++] = 0;
    if (j === cell.length) return count;
  }
}

describe('non-dominated rows', () => {
  for (const width of [1, 2, 3, 4]) {
    it(`match the definition for ${width} objectives, ties kept once`, () => {
      fc.assert(
        fc.property(rows(width), (losses) => {
          const expected = losses.flatMap((row, i) => {
            const beaten = losses.some((other) => dominates(other, row));
            const repeated = losses.slice(0, i).some((other) => other.every((value, j) => value === row[j]));
            return beaten || repeated ? [] : [i];
          });
          expect(nonDominatedIndices(losses)).toEqual(expected);
        }),
        { numRuns: 150 },
      );
    });
  }

  it('leave out rows with NaN', () => {
    expect(
      nonDominatedIndices([
        [Number.NaN, 0],
        [1, 1],
        [2, Number.NaN],
      ]),
    ).toEqual([1]);
    expect(nonDominatedIndices([])).toEqual([]);
  });
});

describe('rows that stay when losses may be traded', () => {
  it('leave out what is better by a hair and far worse otherwise', () => {
    const front = [
      [0, 1],
      [0.001, 0.4],
      [0.4, 0.1],
      [1, 0.0999],
    ];
    expect(nonDominatedIndices(front)).toEqual([0, 1, 2, 3]);
    expect(tradedIndices(front, 0.05)).toEqual([1, 2]);
  });

  it('are a part of the front, and all of it without trade', () => {
    fc.assert(
      fc.property(rows(3), fc.double({ min: 0, max: 0.3, noNaN: true }), (losses, trade) => {
        const front = nonDominatedIndices(losses);
        expect(tradedIndices(losses, 0)).toEqual(front);
        if (trade > 0) for (const i of tradedIndices(losses, trade)) expect(front).toContain(i);
      }),
    );
  });
});

describe('hypervolume', () => {
  for (const width of [1, 2, 3, 4]) {
    it(`counts grid cells exactly for ${width} objectives`, () => {
      const reference = [5, 6, 4, 5].slice(0, width);
      fc.assert(
        fc.property(rows(width), (losses) => {
          expect(hypervolume(losses, reference)).toBe(cellCount(losses, reference));
        }),
        { numRuns: 100 },
      );
    });
  }

  it('equals the closed form of a five-objective staircase', () => {
    const losses = Array.from({ length: 5 }, (_, i) => Array.from({ length: 5 }, (_, j) => (i === j ? 0 : 1)));
    // Union of five boxes that overlap in the unit cube: 2 each minus four times the shared unit cube.
    expect(hypervolume(losses, [2, 2, 2, 2, 2])).toBeCloseTo(5 * 2 - 4, 12);
  });

  it('is zero when nothing beats the reference', () => {
    expect(
      hypervolume(
        [
          [3, 1],
          [1, 3],
        ],
        [3, 3],
      ),
    ).toBe(0);
    expect(hypervolume([], [1, 1])).toBe(0);
  });
});
