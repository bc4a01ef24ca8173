import { describe, expect, test } from 'vitest';
import { surrogateSensitivity } from '../../../src/optimizer/sensitivity/surrogate-sensitivity.ts';
import {
  coverageOf,
  evidenceOf,
  KNOWN_FUNCTIONS,
  type KnownFunction,
  trueIndices,
} from '../../support/known-functions.ts';

function coverage(known: KnownFunction, count: number, seeds: number, sampler: string) {
  const truth = trueIndices(known);
  const all = Array.from({ length: seeds }, (_, k) => {
    const evidence = evidenceOf(known, { count, seed: k + 1, sampler });
    return coverageOf(truth, surrogateSensitivity(evidence, k + 1)![0]!.indices);
  });
  const intervals = all.reduce((sum, one) => sum + one.count, 0);
  return {
    share: all.reduce((sum, one) => sum + one.held, 0) / intervals,
    width: all.reduce((sum, one) => sum + one.width / seeds, 0),
  };
}

describe('95 % intervals of Sobol indices', () => {
  test.each([24, 60, 150])(
    'hold at least nine tenths of those of the Ishigami function after %i evaluations',
    (count) => {
      const { share, width } = coverage(KNOWN_FUNCTIONS.ishigami, count, 12, 'sobol');
      expect(share).toBeGreaterThanOrEqual(0.9);
      if (count >= 60) expect(width).toBeLessThanOrEqual(0.35);
    },
  );

  test.each(Object.entries(KNOWN_FUNCTIONS).filter(([name]) => name !== 'ishigami'))(
    'hold at least nine tenths of those of %s after 60 evaluations at random',
    (_, known) => {
      expect(coverage(known, 60, 6, 'random').share).toBeGreaterThanOrEqual(0.9);
    },
  );
});
