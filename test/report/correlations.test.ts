import { describe, expect, test } from 'vitest';
import { objectiveCorrelations } from '../../src/report/correlations.ts';
import { planOf, STUDY } from '../support/plan-builder.ts';
import { observed } from '../support/trials.ts';

const SEEDS = [1, 1.5, 0.7];
/** Cost and gain of these levels; `noise` is what a seed does to one trial only. */
const trial = (number: number, cost: number, gain: number, noise: readonly number[], shared = 1) =>
  observed(number, {
    cost: SEEDS.map((factor, s) => cost * factor * Math.exp(noise[s]!)),
    gain: SEEDS.map((factor, s) => (gain / factor) * Math.exp(shared * noise[s]!)),
    share: SEEDS.map(() => 1),
  });
const NOISE = [
  [0.1, -0.1, 0],
  [-0.1, 0, 0.1],
  [0, 0.2, -0.2],
  [0.05, 0, -0.05],
];

describe('correlations of the objectives', () => {
  test('across trials: a power law between two positive objectives is a perfect correlation', async () => {
    const trials = [1, 2, 4, 9].map((cost, number) => trial(number, cost, 1 / cost ** 2, [0, 0, 0]));
    const found = objectiveCorrelations(await planOf(), trials)!;
    expect(found).toMatchObject({ metrics: ['cost', 'gain'], trials: 4 });
    expect(found.acrossTrials[0]![0]).toBe(1);
    expect(found.acrossTrials[0]![1]).toBeCloseTo(-1, 9);
  });

  test.each([
    [1, 1],
    [-0.5, -1],
  ])(
    'across seeds: only what a seed does to one trial counts, not its effect on all (%d)',
    async (shared, expected) => {
      const trials = NOISE.map((noise, number) => trial(number, 1 + number, 5 - number, noise, shared));
      expect(objectiveCorrelations(await planOf(), trials)!.acrossSeeds![0]![1]).toBeCloseTo(expected, 9);
    },
  );

  test('values that are not positive count as they are', async () => {
    const rows = [-1, 2, 0, 5].map((level, number) =>
      observed(number, { cost: [level, level, level], gain: [3 - level, 3 - level, 3 - level], share: [1, 1, 1] }),
    );
    const { acrossTrials, acrossSeeds } = objectiveCorrelations(await planOf(), rows)!;
    expect(acrossTrials[1]![0]).toBeCloseTo(-1, 12);
    expect(acrossSeeds).toEqual([
      [null, null],
      [null, null],
    ]);
  });

  test('only trials with all seeds count, and there must be three', async () => {
    const plan = await planOf();
    const trials = NOISE.map((noise, number) => trial(number, 1 + number, 5, noise));
    const extra = observed(7, {}, { outcome: { kind: 'failed', message: 'no answer' } });
    expect(objectiveCorrelations(plan, [...trials, extra])).toEqual(objectiveCorrelations(plan, trials));
    expect(objectiveCorrelations(plan, trials.slice(0, 3))!.trials).toBe(3);
    expect(objectiveCorrelations(plan, trials.slice(0, 2))).toBeNull();
  });

  test('two seeds are enough', async () => {
    const plan = await planOf({ study: STUDY.replace('[1, 2, 3]', '[1, 2]') });
    const rows = [1, 2, 4].map((level, number) =>
      observed(number, { cost: [level, level * (2 + number)], gain: [level, level * (2 + number)], share: [1, 1] }),
    );
    expect(objectiveCorrelations(plan, rows)!.acrossSeeds![0]![1]).toBeCloseTo(1, 9);
  });

  test('one objective has none, one seed none across seeds', async () => {
    const single = await planOf({ study: STUDY.replace('  - {metric: gain, direction: maximize}\n', '') });
    const trials = NOISE.map((noise, number) => trial(number, 1 + number, 5, noise));
    expect(objectiveCorrelations(single, trials)).toBeNull();
    const one = [1, 2, 3].map((cost, number) => observed(number, { cost: [cost], gain: [7 - cost], share: [1] }));
    const found = objectiveCorrelations(await planOf({ study: STUDY.replace('[1, 2, 3]', '[1]') }), one)!;
    expect(found.acrossSeeds).toBeNull();
    expect(found.acrossTrials[0]![1]).toBeLessThan(0);
  });
});
