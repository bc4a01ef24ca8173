import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { stream } from '../../../src/base/random.ts';
import {
  choosePair,
  createPairTable,
  type PairSelectionSettings,
  type PairTable,
  pairProbabilities,
  scorePairs,
} from '../../../src/simulators/kernel/pair-selection.ts';

const DEFAULTS: PairSelectionSettings = {
  ttftWeight: 0.8,
  tpotWeight: 0.2,
  sloBufferFactor: 0.9,
  negativeHeadroomProb: 0.01,
  selectionStrategy: 'weighted_random',
  weightFloor: 1,
  legacyMissingSlo: false,
};

/** Table over [ttft, tpot] predictions. */
function tableOf(pairs: readonly (readonly [number, number])[]): PairTable {
  const table = createPairTable(pairs.length);
  table.count = pairs.length;
  pairs.forEach(([ttft, tpot], i) => {
    table.ttftMs[i] = ttft;
    table.tpotMs[i] = tpot;
  });
  return table;
}

/** A scored table whose blended scores are `scores`, all positive. */
function tableWithScores(scores: readonly number[]): { table: PairTable; settings: PairSelectionSettings } {
  const settings = { ...DEFAULTS, ttftWeight: 1, tpotWeight: 0, sloBufferFactor: 1 };
  const table = tableOf(scores.map((score) => [1000 - score, 1]));
  scorePairs(table, { ttftMs: 1000, tpotMs: 10 }, settings);
  return { table, settings };
}

describe('scores of a pair', () => {
  const predicted = (): PairTable => tableOf([[320 + 60 + 5, 15]]);
  const targets = { ttftMs: 500, tpotMs: 20 };

  test('without a buffer they are those of the published example', () => {
    const table = predicted();
    scorePairs(table, targets, { ...DEFAULTS, sloBufferFactor: 1 });
    expect([table.ttftHeadroomMs[0], table.tpotHeadroomMs[0]]).toEqual([115, 5]);
    expect(table.blendedMs[0]).toBeCloseTo(93, 12);
    expect(table.positiveCount).toBe(1);
  });

  test('with the default buffer of 0.9 they are 65, 3 and 52.6', () => {
    const table = predicted();
    scorePairs(table, targets, DEFAULTS);
    expect([table.ttftHeadroomMs[0], table.tpotHeadroomMs[0]]).toEqual([65, 3]);
    expect(table.blendedMs[0]).toBeCloseTo(52.6, 12);
  });

  test('a headroom of exactly 0 is not positive', () => {
    const table = tableOf([
      [450, 15],
      [100, 18],
      [100, 15],
    ]);
    scorePairs(table, targets, DEFAULTS);
    expect([...table.positive]).toEqual([0, 0, 1]);
  });

  test('a missing target adds nothing and counts as met', () => {
    const table = tableOf([[100, 999]]);
    scorePairs(table, { ttftMs: 500, tpotMs: null }, DEFAULTS);
    expect(table.blendedMs[0]).toBeCloseTo(0.8 * 350, 12);
    expect(table.positiveCount).toBe(1);
  });

  test('in the legacy reading a missing target is 0 ms, so no pair is positive', () => {
    const table = tableOf([[100, 15]]);
    scorePairs(table, { ttftMs: 500, tpotMs: null }, { ...DEFAULTS, legacyMissingSlo: true });
    expect(table.tpotHeadroomMs[0]).toBe(-15);
    expect(table.positiveCount).toBe(0);
  });
});

describe('weighted random choice', () => {
  test('scores 10, 30, 60 have the probabilities 1/73, 21/73 and 51/73', () => {
    const { table, settings } = tableWithScores([10, 30, 60]);
    expect([...pairProbabilities(table, settings)]).toEqual([1 / 73, 21 / 73, 51 / 73]);
    expect([...pairProbabilities(table, settings)].map((p) => p.toFixed(4))).toEqual(['0.0137', '0.2877', '0.6986']);
  });

  test('100,000 draws from a mixed table agree with the exact probabilities', () => {
    const table = tableOf([
      [300, 10],
      [250, 12],
      [449, 17],
      [600, 30],
      [470, 10],
    ]);
    const settings = { ...DEFAULTS, negativeHeadroomProb: 0.1 };
    scorePairs(table, { ttftMs: 500, tpotMs: 20 }, settings);
    const exact = pairProbabilities(table, settings);
    expect(exact.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 12);
    expect(exact[3]! + exact[4]!).toBeCloseTo(0.1, 12);
    const rng = stream(7, 'draws');
    const draws = 100_000;
    const counts = new Array<number>(table.count).fill(0);
    for (let i = 0; i < draws; i++) counts[choosePair(table, settings, rng.uniform(), rng.uniform())]!++;
    const chiSquare = counts.reduce((sum, seen, i) => sum + (seen - draws * exact[i]!) ** 2 / (draws * exact[i]!), 0);
    // 99.9 % quantile of the chi-square distribution with 4 degrees of freedom.
    expect(chiSquare).toBeLessThan(18.47);
  });

  test('positive pairs alone are chosen even when the draw asks for a negative one', () => {
    const { table, settings } = tableWithScores([10, 30]);
    expect(choosePair(table, settings, 0, 0.99)).toBe(1);
  });

  test('negative pairs alone are chosen whatever the draw', () => {
    const table = tableOf([
      [900, 15],
      [800, 15],
    ]);
    scorePairs(table, { ttftMs: 500, tpotMs: 20 }, DEFAULTS);
    expect(choosePair(table, DEFAULTS, 0.99, 0)).toBe(0);
    expect(choosePair(table, DEFAULTS, 0.99, 0.5)).toBe(1);
  });

  test('an empty table has no pair', () => {
    const table = createPairTable(0);
    scorePairs(table, { ttftMs: 1, tpotMs: 1 }, DEFAULTS);
    expect(choosePair(table, DEFAULTS, 0.5, 0.5)).toBe(-1);
  });

  test('scaling both weights and the floor together changes no probability', () => {
    fc.assert(
      fc.property(tables, fc.double({ min: 0.1, max: 10, noNaN: true }), (pairs, factor) => {
        const scaled = {
          ...DEFAULTS,
          ttftWeight: DEFAULTS.ttftWeight * factor,
          tpotWeight: DEFAULTS.tpotWeight * factor,
          weightFloor: factor,
        };
        const before = probabilitiesOf(pairs, DEFAULTS);
        probabilitiesOf(pairs, scaled).forEach((p, i) => {
          expect(p).toBeCloseTo(before[i]!, 9);
        });
      }),
    );
  });
});

describe('best headroom', () => {
  const best = { ...DEFAULTS, selectionStrategy: 'best_headroom' as const };

  test('takes the largest score of the group', () => {
    const { table, settings } = tableWithScores([10, 60, 30]);
    expect(choosePair(table, { ...settings, selectionStrategy: 'best_headroom' }, 0.5, 0)).toBe(1);
  });

  test('equal scores go to the less loaded decode pod, then prefill pod, then to the first', () => {
    const table = tableOf(new Array(4).fill([100, 10]));
    table.decodeLoad.set([2, 1, 1, 1]);
    table.prefillLoad.set([0, 5, 3, 3]);
    scorePairs(table, { ttftMs: 500, tpotMs: 20 }, best);
    expect(choosePair(table, best, 0.5, 0)).toBe(2);
  });

  test('always takes the fastest prefill pod: the score separates into a prefill and a decode term', () => {
    const time = fc.double({ min: 0, max: 900, noNaN: true });
    const pods = fc.array(time, { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(pods, pods, (prefills, waits) => {
        const pairs = prefills.flatMap((prefill) =>
          waits.map((wait, d): [number, number] => [prefill + wait, 5 + 4 * d]),
        );
        const table = tableOf(pairs);
        scorePairs(table, { ttftMs: 500, tpotMs: 20 }, best);
        const chosen = Math.floor(choosePair(table, best, 0.5, 0) / waits.length);
        expect(prefills[chosen]).toBeCloseTo(Math.min(...prefills), 9);
      }),
    );
  });
});

const tables = fc.array(
  fc.tuple(fc.double({ min: 0, max: 900, noNaN: true }), fc.double({ min: 0, max: 40, noNaN: true })),
  { minLength: 1, maxLength: 8 },
);

function probabilitiesOf(pairs: readonly (readonly [number, number])[], settings: PairSelectionSettings): number[] {
  const table = tableOf(pairs);
  scorePairs(table, { ttftMs: 500, tpotMs: 20 }, settings);
  return [...pairProbabilities(table, settings)];
}
