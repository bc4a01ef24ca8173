import fc from 'fast-check';
import { it } from 'vitest';
import { checkLaws, runs } from '../../simulators/cluster/random-configurations.ts';

it('a thousand configurations conserve requests, keep causality and repeat themselves', () => {
  fc.assert(fc.property(runs, checkLaws), { numRuns: 1000 });
}, 900_000);
