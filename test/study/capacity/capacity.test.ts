import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findCapacity } from '../../../src/study/capacity/find-capacity.ts';
import { measureCapacities } from '../../../src/study/capacity/measure-capacities.ts';
import { keepsUp, meetsTargets } from '../../../src/study/capacity/meets-targets.ts';
import type { CapacityRange } from '../../../src/study/plan/capacity-spec.ts';
import type { ReplicateOutcome } from '../../../src/study/trial.ts';

const RANGE: CapacityRange = { grid: 25, from: 100, to: 1_000, attainment: 0.95 };
const attained = (share: number): ReplicateOutcome => ({ kind: 'measured', metrics: { slo_attainment_min: share } });
/** Targets are met up to a rate. */
const upTo = (limit: number) => (rate: number) => attained(rate <= limit ? 1 : 0.5);

describe('the search for a capacity', () => {
  it('finds the highest rate of the grid that is met, wherever it begins', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1_200 }), fc.integer({ min: 0, max: 2_000 }), (limit, guess) => {
        const tried: number[] = [];
        const found = findCapacity(RANGE, guess, (rate) => {
          tried.push(rate);
          return upTo(limit)(rate);
        });
        const expected = limit < 100 ? 0 : Math.min(1_000, Math.floor(limit / 25) * 25);
        expect(found).toEqual({ kind: 'found', rate: expected });
        expect(new Set(tried).size).toBe(tried.length);
        expect(tried.every((rate) => rate % 25 === 0 && rate >= 100 && rate <= 1_000)).toBe(true);
        expect(tried.length).toBeLessThanOrEqual(12);
      }),
    );
  });

  it('takes two tries from a good guess, and few from a near one', () => {
    const tries = (guess: number) => {
      let count = 0;
      findCapacity(RANGE, guess, (rate) => {
        count++;
        return upTo(610)(rate);
      });
      return count;
    };
    expect([tries(600), tries(625), tries(575)]).toEqual([2, 2, 4]);
    expect(tries(700)).toBeLessThanOrEqual(6);
  });

  it('ends with what could not be simulated; what cannot run meets nothing', () => {
    const broken = { kind: 'failed', message: 'no' } as const;
    expect(findCapacity(RANGE, 500, () => broken)).toEqual({ kind: 'broken', outcome: broken });
    expect(findCapacity(RANGE, 500, () => ({ kind: 'infeasible', reason: 'no' }))).toEqual({ kind: 'found', rate: 0 });
  });
});

describe('several settings over seeds', () => {
  const settings = ['slow', 'fast'].map((name, setup) => ({ name, setup, values: {}, nominal: 500 }));
  const run = async (limits: (setup: number, seed: number) => number) =>
    await measureCapacities(settings, {
      seeds: [1, 2, 3],
      range: RANGE,
      meets: (outcome) => meetsTargets(RANGE, outcome),
      simulate: async ({ setup, seed, rate }) => upTo(limits(setup, seed))(rate),
    });

  it('have a capacity a seed, its mean with an interval, and are compared seed by seed', async () => {
    const [slow, fast] = await run((setup, seed) => 400 + 25 * seed + (setup === 1 ? 0.1 * (400 + 25 * seed) + 3 : 0));
    expect(slow!.seeds.map(({ rate }) => rate)).toEqual([425, 450, 475]);
    expect([slow!.mean, slow!.change]).toEqual([450, undefined]);
    expect(slow!.low).toBeLessThan(450);
    expect(fast!.change!.value).toBeGreaterThan(0.05);
    expect(fast!.change!.low).toBeLessThan(fast!.change!.value);
  });

  it('say where the range was too short, and have no ratio where nothing was met', async () => {
    const [slow, fast] = await run((setup) => (setup === 0 ? 0 : 5_000));
    expect(slow!.seeds.every(({ rate, open }) => rate === 0 && !open)).toBe(true);
    expect(fast!.seeds.every(({ rate, open }) => rate === 1_000 && open)).toBe(true);
    expect(fast!.change).toBeUndefined();
  });
});

it('a load is kept up with while nearly all that arrives completes inside the window', () => {
  const outcome = (completed: number): ReplicateOutcome => ({
    kind: 'measured',
    metrics: { responses_per_sec: completed, arrival_rate_rps: 100 },
  });
  expect([100, 99.5, 99].map((rate) => keepsUp(outcome(rate)))).toEqual([true, true, false]);
});
