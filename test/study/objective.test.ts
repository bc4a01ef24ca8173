import { describe, expect, test } from 'vitest';
import { stream } from '../../src/base/random.ts';
import { fromLoss, isFeasible, losses, toLoss } from '../../src/study/objective.ts';
import { toObservations } from '../../src/study/observations.ts';
import type { Trial } from '../../src/study/trial.ts';
import { planOf, STUDY } from '../support/plan-builder.ts';

/** Trials with mean costs `means`, a shift by seed common to all, and multiplicative noise of their own. */
function trialsWith(means: readonly number[], noise: number): Trial[] {
  const rng = stream(3, 'trials');
  return means.map((level, number) => ({
    number,
    origin: 'sampler',
    seen: 0,
    values: { x: number / 10, y: 0 },
    validation: null,
    outcome: {
      kind: 'observed',
      replicates: [1, 2, 3].map((seed) => ({
        seed,
        metrics: { cost: level * (1 + 0.3 * seed) * Math.exp(noise * rng.normal()), gain: 1, share: 1 },
      })),
    },
  }));
}

describe('toObservations', () => {
  test('what a seed does to all vectors alike is no noise', async () => {
    const plan = await planOf();
    const observations = toObservations(plan, trialsWith([1, 2, 3, 4], 0));
    for (const { lossVariances } of observations) expect(lossVariances[0]).toBeLessThan(1e-20);
  });

  test('noise grows with the level: a bad vector does not make a good one look noisy', async () => {
    const plan = await planOf();
    const [good, , , bad] = toObservations(plan, trialsWith([1, 1.1, 1.2, 1000], 0.05));
    expect(Math.sqrt(good!.lossVariances[0]!) / 1.6).toBeLessThan(0.06);
    expect(Math.sqrt(bad!.lossVariances[0]!)).toBeGreaterThan(5);
  });

  test('one seed, or one trial, leaves the noise unknown', async () => {
    const plan = await planOf();
    expect(toObservations(plan, trialsWith([1], 0.1))[0]!.lossVariances).toEqual([null, null]);
    const single = await planOf({ study: STUDY.replace('[1, 2, 3]', '[1]') });
    expect(toObservations(single, trialsWith([1, 2], 0.1))[0]!.lossVariances).toEqual([null, null]);
  });

  test('losses are minimised: a maximised metric changes its sign, once', async () => {
    const plan = await planOf();
    const [trial] = trialsWith([2], 0);
    expect(losses(plan, trial!)![1]).toBe(-1);
    for (const objective of plan.objectives) expect(fromLoss(objective, toLoss(objective, 7))).toBe(7);
  });

  test('a failed trial has no losses and is not feasible', async () => {
    const plan = await planOf();
    const failed: Trial = { ...trialsWith([1], 0)[0]!, outcome: { kind: 'failed', message: 'no' } };
    expect(toObservations(plan, [failed])[0]!.losses).toBeNull();
    expect(isFeasible(plan, failed)).toBe(false);
  });
});
