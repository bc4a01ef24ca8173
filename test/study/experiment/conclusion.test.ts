import { expect, test } from 'vitest';
import { filledConclusion } from '../../../src/study/experiment/conclusion.ts';
import { parseExperimentFile } from '../../../src/study/experiment/experiment-file.ts';
import type { ClaimResult } from '../../../src/study/experiment/judge-claim.ts';

const experiment = (conclusion: string) =>
  parseExperimentFile({
    name: 'e',
    title: 'E',
    conclusion,
    seeds: [1, 2, 3, 4, 5, 6, 7, 8],
    arms: { a: {}, b: {} },
    claims: [
      { id: 'share', kind: 'ratio', statement: 's', metric: 'm', arm: 'a', against: 'b', low: 0.5, high: 0.9 },
      { id: 'gain', kind: 'improves', statement: 's', metric: 'm', arm: 'a', against: 'b' },
    ],
  });

const RESULTS = [
  { id: 'share', verdict: 'undecided', scale: 'log-ratio', effect: 0.78, low: 0.7, high: 0.91 },
  { id: 'gain', verdict: 'confirmed', scale: 'log-ratio', effect: 0.22, low: 0.1, high: null },
] as unknown as readonly ClaimResult[];

test('words about figures hold the figures of the run, with their intervals', () => {
  const text = '{share} times as many, {share:verdict}; {gain} better (published 0.71).';
  expect(filledConclusion(experiment(text), RESULTS)).toBe(
    '0.78 [0.7, 0.91] times as many, undecided; +22.0 % [+10.0 %, –] better (published 0.71).',
  );
});

test('a place that names no claim is refused', () => {
  expect(() => experiment('about {shares}')).toThrow('unknown claim "shares"');
});
