import { describe, expect, test } from 'vitest';
import { pointKey } from '../../src/optimizer/space/search-space.ts';
import { carryingEvaluate, carryOver, notCarried } from '../../src/study/carried.ts';
import type { Evaluate, Replicate } from '../../src/study/trial.ts';
import { planOf, SPACE, STRATEGY, STUDY } from '../support/plan-builder.ts';
import { observed } from '../support/trials.ts';

const VALUES = { x: 0.1, y: 0 };
const replicate = (seed: number, cost: number): Replicate => ({ seed, metrics: { cost } });

function counted(outcome: Evaluate): { evaluate: Evaluate; asked: number[][] } {
  const asked: number[][] = [];
  return {
    asked,
    evaluate: async (values, seeds) => {
      asked.push([...seeds]);
      return await outcome(values, seeds);
    },
  };
}

describe('what is taken over', () => {
  const measured: Evaluate = async (_, seeds) => ({
    kind: 'observed',
    replicates: seeds.map((seed) => replicate(seed, -seed)),
  });
  const known = new Map([[pointKey(VALUES), [replicate(2, 20), replicate(1, 10)]]]);

  test('answers for its seeds, in the order asked for; only the others are evaluated', async () => {
    const { evaluate, asked } = counted(measured);
    const outcome = await carryingEvaluate(known, evaluate)(VALUES, [3, 1, 2]);
    expect(outcome).toEqual({ kind: 'observed', replicates: [replicate(3, -3), replicate(1, 10), replicate(2, 20)] });
    expect(asked).toEqual([[3]]);
  });

  test('answers once: the same vector later is evaluated', async () => {
    const { evaluate, asked } = counted(measured);
    const carrying = carryingEvaluate(known, evaluate);
    await carrying(VALUES, [1, 2]);
    await carrying(VALUES, [1, 2]);
    expect(asked).toEqual([[1, 2]]);
  });

  test('a new seed that fails makes the trial fail, as in a run from the beginning', async () => {
    const failing: Evaluate = async () => ({ kind: 'failed', message: 'no' });
    expect(await carryingEvaluate(known, failing)(VALUES, [1, 2, 3])).toEqual({ kind: 'failed', message: 'no' });
  });

  test('is what the new study would come to: its seeds, its configuration, all of its metrics', async () => {
    const plan = await planOf();
    const all = Object.fromEntries(plan.metrics.map(({ name }) => [name, [1, 2, 3, 4]]));
    const trial = observed(0, all, { values: { x: 0.25, y: 0.5 } });
    expect(carryOver(plan, [trial], plan)).toMatchObject({ replicates: 3, vectors: 1 });
    const other = await planOf({ strategy: STRATEGY.replace('y: "${y}"', 'y: "${y}", z: 1') });
    expect(carryOver(plan, [trial], other)).toMatchObject({ replicates: 0, vectors: 0 });
    const wider = await planOf({ space: SPACE.replace('high: 1}', 'high: 2}') });
    expect(carryOver(plan, [trial], wider)).toMatchObject({ replicates: 3, vectors: 1 });
    expect(carryOver(plan, [observed(0, { cost: [1, 2, 3] })], plan)).toMatchObject({ replicates: 0 });
  });

  test('nothing of a study with other limits, and a reason', async () => {
    const plan = await planOf();
    const limited = await planOf({ study: `${STUDY}limits: {evaluation_s: 5}\n` });
    expect(notCarried(plan, plan)).toEqual([]);
    expect(notCarried(plan, limited)).toEqual(['other `limits` of an evaluation']);
  });
});
