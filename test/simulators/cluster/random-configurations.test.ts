import fc from 'fast-check';
import { it } from 'vitest';
import { checkLaws, runs } from './random-configurations.ts';

it('every configuration conserves requests, keeps causality and repeats itself', () => {
  fc.assert(fc.property(runs, checkLaws), { numRuns: 60 });
}, 60_000);
