import { expect, test } from 'vitest';
import type { ParameterValues } from '../../src/optimizer/space/parameter.ts';
import { StudyPoints } from '../../src/study/propose.ts';
import type { Trial } from '../../src/study/trial.ts';
import { planOf } from '../support/plan-builder.ts';

function trialAt(number: number, values: ParameterValues, onRead: () => void): Trial {
  const trial = { number, origin: 'sampler', seen: 0, outcome: null, validation: null } as const;
  return Object.defineProperty(trial, 'values', {
    get: () => {
      onRead();
      return values;
    },
  }) as unknown as Trial;
}

test('the points of a study are read once each, however many batches follow', async () => {
  let reads = 0;
  const trials: Trial[] = [];
  const points = new StudyPoints(await planOf());
  for (let number = 0; number < 200; number++) {
    trials.push(trialAt(number, { x: number / 200, y: 0.5 }, () => reads++));
    expect(points.of(trials).count).toBe(number + 1);
  }
  expect(reads).toBe(200);
});

test('a baseline outside the space is none of them', async () => {
  const points = new StudyPoints(await planOf());
  const trials = [
    { x: 2, y: 0.5 },
    { x: 0.25, y: 0.5 },
  ].map((values, number) => trialAt(number, values, () => undefined));
  const used = points.of(trials);
  expect([used.count, used.has({ x: 2, y: 0.5 }), used.has({ x: 0.25, y: 0.5 })]).toEqual([1, false, true]);
});

test('fewer trials than before are another study', async () => {
  const points = new StudyPoints(await planOf());
  const trials = [0.25, 0.5, 0.75].map((x, number) => trialAt(number, { x, y: 0.5 }, () => undefined));
  points.of(trials);
  expect(points.of(trials.slice(0, 1)).has({ x: 0.5, y: 0.5 })).toBe(false);
});
