import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { InputError } from '../../../src/base/errors.ts';
import { choosePoint, meanOf } from '../../../src/study/experiment/choose-point.ts';
import { parseExperimentFile } from '../../../src/study/experiment/experiment-file.ts';
import { readYamlFile } from '../../../src/study/io/yaml-file.ts';
import type { Trial } from '../../../src/study/trial.ts';
import { planOf } from '../../support/plan-builder.ts';

/** Trials by cost (minimised) and gain (maximised), the mean of two seeds; trial 4 is beaten by trial 1. */
const POINTS = [
  [1, 10],
  [2, 30],
  [4, 50],
  [8, 60],
  [2.5, 20],
] as const;
const TRIALS: readonly Trial[] = POINTS.map(([cost, gain], number) => ({
  number,
  origin: 'sampler',
  seen: 0,
  values: { x: number / 10, y: 0 },
  validation: null,
  outcome: {
    kind: 'observed',
    replicates: [0.5, 1.5].map((factor, seed) => ({
      seed,
      metrics: { cost: factor * cost, gain: factor * gain, share: 1 },
    })),
  },
}));
const unlimited = { atMost: Number.POSITIVE_INFINITY, atLeast: Number.NEGATIVE_INFINITY };
const run = async () => ({ plan: await planOf(), trials: TRIALS });

describe('a rule for a point of a run', () => {
  test('names a trial by its number, on the front or not', async () => {
    expect(choosePoint(await run(), 4).number).toBe(4);
  });

  test('takes the best of the front by an objective, in its direction', async () => {
    expect(choosePoint(await run(), 'best:cost').number).toBe(0);
    expect(choosePoint(await run(), 'best:gain').number).toBe(3);
  });

  test('takes the best within limits on means', async () => {
    expect(choosePoint(await run(), 'best:gain', [{ ...unlimited, metric: 'cost', atMost: 4 }]).number).toBe(2);
    expect(choosePoint(await run(), 'best:gain', [{ ...unlimited, metric: 'cost', atMost: 3.9 }]).number).toBe(1);
    expect(choosePoint(await run(), 'best:cost', [{ ...unlimited, metric: 'gain', atLeast: 31 }]).number).toBe(2);
  });

  test('says so where nothing is within the limits', async () => {
    const limits = [{ ...unlimited, metric: 'cost', atMost: 0.5 }];
    const recorded = await run();
    expect(() => choosePoint(recorded, 'best:gain', limits)).toThrow('no point "best:gain" within the limits');
  });

  test('names the rules there are for one that is unknown', async () => {
    const recorded = await run();
    for (const which of ['best:cosst', 'worst', 99]) {
      let suggestion: string | undefined;
      try {
        choosePoint(recorded, which);
      } catch (error) {
        suggestion = (error as InputError).suggestion;
      }
      expect(suggestion).toBe('a trial number below 5, "knee", or "best:cost", "best:gain"');
    }
  });
});

test('the mean of a metric is over the seeds', () => {
  expect(meanOf(TRIALS[2]!, 'gain')).toBe(50);
  expect(meanOf(TRIALS[2]!, 'nonsense')).toBeNaN();
});

test('the experiments of this repository name points by rules, not by trial numbers', () => {
  const files = ['studies/experiments', 'studies/experiments/all'].flatMap((folder) =>
    readdirSync(folder)
      .filter((file) => file.endsWith('.yaml'))
      .map((file) => `${folder}/${file}`),
  );
  expect(files.length).toBeGreaterThan(3);
  const points = files.flatMap((file) => Object.values(parseExperimentFile(readYamlFile(file).value).arms));
  const rules = points.flatMap(({ point }) => (point === undefined ? [] : [point.trial]));
  expect(rules.length).toBeGreaterThan(20);
  for (const rule of rules) expect(rule).toMatch(/^(knee|best:[a-z0-9_]+)$/);
});
