import { describe, expect, test } from 'vitest';
import { isFeasible, losses, mean, meanMetrics, metricValues, toLoss, toSlack } from '../../src/study/objective.ts';
import type { Trial } from '../../src/study/trial.ts';
import { planOf, STUDY } from '../support/plan-builder.ts';
import { observed, replicatesOf } from '../support/trials.ts';

const BOUNDED = `${STUDY}constraints: [{metric: cost, at_most: 5}, {metric: share, at_least: 0.5}]\n`;
const at = (cost: number, share: number): Trial =>
  observed(0, { cost: [cost - 1, cost, cost + 1], gain: [1, 1, 1], share: [share, share, share] });

describe('losses', () => {
  test('are minimised: a maximised metric changes its sign, once', async () => {
    const plan = await planOf();
    const trial = observed(0, { cost: [2, 4, 9], gain: [1, 2, 6], share: [1, 1, 1] });
    expect(losses(plan, trial)).toEqual([5, -3]);
    const [cost, gain] = plan.objectives;
    expect(toLoss(cost!, 7)).toBe(7);
    expect(toLoss(gain!, 7)).toBe(-7);
  });

  test.each([
    ['pending', null],
    ['failed', { kind: 'failed', message: 'no' }],
    ['infeasible', { kind: 'infeasible', reason: 'no memory' }],
  ] as const)('a trial that is %s has none and is not feasible', async (_, outcome) => {
    const plan = await planOf();
    const trial: Trial = { ...at(1, 1), outcome };
    expect(losses(plan, trial)).toBeNull();
    expect(isFeasible(plan, trial)).toBe(false);
  });
});

describe('a point is feasible', () => {
  test.each([
    ['within both bounds', 4, 0.6, true],
    ['exactly on both bounds', 5, 0.5, true],
    ['a little beyond the upper bound', 5.001, 0.6, false],
    ['a little below the lower bound', 4, 0.499, false],
  ])('%s: %d, %d', async (_, cost, share, expected) => {
    expect(isFeasible(await planOf({ study: BOUNDED }), at(cost, share))).toBe(expected);
  });

  test('by the mean over its seeds, not by its worst one', async () => {
    const plan = await planOf({ study: BOUNDED });
    expect(isFeasible(plan, observed(0, { cost: [1, 1, 12], gain: [1, 1, 1], share: [1, 1, 1] }))).toBe(true);
  });

  test('without constraints whenever it was measured', async () => {
    expect(isFeasible(await planOf(), at(1e9, -1))).toBe(true);
  });

  test('not where a bounded metric is missing', async () => {
    const plan = await planOf({ study: BOUNDED });
    expect(isFeasible(plan, observed(0, { cost: [1, 1, 1], gain: [1, 1, 1] }))).toBe(false);
  });
});

test('slack is how far a bound is broken, in the unit of the metric', () => {
  const bound = { metric: 'm', unit: '1', bound: 10 };
  expect(toSlack({ ...bound, kind: 'at-most' }, 12)).toBe(2);
  expect(toSlack({ ...bound, kind: 'at-least' }, 12)).toBe(-2);
});

test('means over seeds, in seed order', () => {
  const replicates = replicatesOf({ a: [3, 1, 2], b: [0, 0, 3] });
  expect(metricValues(replicates, 'a')).toEqual([3, 1, 2]);
  expect(metricValues(replicates, 'c')).toEqual([Number.NaN, Number.NaN, Number.NaN]);
  expect(meanMetrics(replicates)).toEqual({ a: 2, b: 1 });
  expect(meanMetrics([])).toEqual({});
  expect(mean([1, 2, 6])).toBe(3);
});
