import { describe, expect, test } from 'vitest';
import { stream } from '../../src/base/random.ts';
import { earlierObservations, toObservations } from '../../src/study/observations.ts';
import type { Trial } from '../../src/study/trial.ts';
import { planOf, STUDY } from '../support/plan-builder.ts';
import { observed } from '../support/trials.ts';

/** Trials with mean costs `means`, a shift by seed common to all, and multiplicative noise of their own. */
function trialsWith(means: readonly number[], noise: number): Trial[] {
  const rng = stream(3, 'trials');
  return means.map((level, number) =>
    observed(number, {
      cost: [1, 2, 3].map((seed) => level * (1 + 0.3 * seed) * Math.exp(noise * rng.normal())),
      gain: [1, 1, 1],
      share: [1, 1, 1],
    }),
  );
}

const costs = (number: number, cost: readonly number[]): Trial =>
  observed(number, { cost, gain: [1, 1, 1], share: [1, 1, 1] });
/** Levels 1, 10, 4, seeds +1, −2, +1, and residuals (1, −1, 0), (0, 0, 0), (−1, 1, 0): some values are not positive. */
const PLAIN = [
  [3, -2, 2],
  [11, 8, 11],
  [4, 3, 5],
];
const variances = (observations: readonly { readonly lossVariances: readonly (number | null)[] }[]) =>
  observations.map(({ lossVariances }) => lossVariances[0]);

describe('the variance of a mean', () => {
  test('what a seed does to all vectors alike is no noise', async () => {
    const observations = toObservations(await planOf(), trialsWith([1, 2, 3, 4], 0));
    for (const { lossVariances } of observations) expect(lossVariances[0]).toBeLessThan(1e-20);
  });

  test('noise grows with the level: a bad vector does not make a good one look noisy', async () => {
    const [good, , , bad] = toObservations(await planOf(), trialsWith([1, 1.1, 1.2, 1000], 0.05));
    expect(Math.sqrt(good!.lossVariances[0]!) / 1.6).toBeLessThan(0.06);
    expect(Math.sqrt(bad!.lossVariances[0]!)).toBeGreaterThan(5);
  });

  test('own residuals count with their freedom, what all have in common with four degrees', async () => {
    // Squares 2, 0, 2 with 2 · 2 / 3 degrees each, 1 per degree on average; three seeds in a mean.
    const observations = toObservations(
      await planOf(),
      PLAIN.map((cost, number) => costs(number, cost)),
    );
    const [first, second, third] = variances(observations);
    expect(first).toBeCloseTo((2 + 4 * 1) / (4 / 3 + 4) / 3, 12);
    expect(second).toBeCloseTo((0 + 4 * 1) / (4 / 3 + 4) / 3, 12);
    expect(third).toBeCloseTo(first!, 12);
  });

  test('of positive values is relative: that of the logarithms times the squared mean', async () => {
    const positive = PLAIN.map((row) => row.map((value) => Math.exp(value / 10)));
    const observations = toObservations(
      await planOf(),
      positive.map((cost, number) => costs(number, cost)),
    );
    const level = positive[1]!.reduce((sum, value) => sum + value, 0) / 3;
    expect(variances(observations)[1]).toBeCloseTo(0.01 * 0.25 * level ** 2, 12);
  });

  test('trials that were not measured have none and do not change that of the others', async () => {
    const plan = await planOf();
    const trials = PLAIN.map((cost, number) => costs(number, cost));
    const failed: Trial = { ...trials[0]!, number: 3, outcome: { kind: 'failed', message: 'no' } };
    const pending: Trial = { ...trials[0]!, number: 4, outcome: null };
    const observations = toObservations(plan, [failed, ...trials, pending]);
    expect(observations).toHaveLength(4);
    expect(observations[0]).toMatchObject({
      losses: null,
      lossVariances: [null, null],
      slacks: [],
      slackVariances: [],
    });
    expect(observations.slice(1)).toEqual(toObservations(plan, trials));
  });

  test('is known from two trials with two seeds on', async () => {
    const plan = await planOf({ study: STUDY.replace('[1, 2, 3]', '[1, 2]') });
    // Residuals ±1 of both: squares 2 with half a degree each.
    const rows = [
      [1, -1],
      [0, 2],
    ];
    const trials = rows.map((cost, number) => observed(number, { cost, gain: [1, 1], share: [1, 1] }));
    expect(variances(toObservations(plan, trials))).toEqual([2, 2].map((value) => expect.closeTo(value, 12)));
  });

  test('is unknown with one seed or one trial', async () => {
    const plan = await planOf();
    expect(toObservations(plan, trialsWith([1], 0.1))[0]!.lossVariances).toEqual([null, null]);
    const single = await planOf({ study: STUDY.replace('[1, 2, 3]', '[1]') });
    const one = [1, 2].map((cost, number) => observed(number, { cost: [cost], gain: [1], share: [1] }));
    expect(toObservations(single, one)[0]!.lossVariances).toEqual([null, null]);
  });
});

test('the sampler sees losses and slacks, each with its variance', async () => {
  const bounds = '[{metric: cost, at_most: 5}, {metric: gain, at_least: 2}]';
  const plan = await planOf({ study: `${STUDY}constraints: ${bounds}\n` });
  const [first] = toObservations(
    plan,
    PLAIN.map((cost, number) => observed(number, { cost, gain: [7, 8, 9], share: [1, 1, 1] })),
  );
  expect(first!.values).toEqual({ x: 0, y: 0 });
  expect(first!.losses).toEqual([1, -8]);
  expect(first!.slacks).toEqual([-4, -6]);
  expect(first!.lossVariances).toHaveLength(2);
  expect(first!.slackVariances).toEqual(first!.lossVariances);
  expect(first!.lossVariances[1]).toBeLessThan(1e-20);
});

test('a loss that is not a number is no loss', async () => {
  const [first] = toObservations(await planOf(), [costs(0, [1, Number.NaN, 2])]);
  expect(first!.losses).toBeNull();
});

test('points of earlier runs count where they lie in the space and have every metric', async () => {
  const plan = await planOf({ study: `${STUDY}constraints: [{metric: share, at_least: 0.5}]\n` });
  const metrics = { cost: 3, gain: 4, share: 0.75 };
  const earlier = [
    { values: { x: 0.5, y: 0.5 }, metrics },
    { values: { x: 1.5, y: 0.5 }, metrics },
    { values: { x: 0.5, y: 0.5 }, metrics: { cost: 3, share: 0.75 } },
    { values: { x: 0.5, y: 0.5 }, metrics: { cost: 3, gain: 4 } },
  ];
  expect(earlierObservations({ ...plan, earlier })).toEqual([
    {
      values: { x: 0.5, y: 0.5 },
      losses: [3, -4],
      lossVariances: [null, null],
      slacks: [-0.25],
      slackVariances: [null],
    },
  ]);
});
