import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { InputError } from '../../src/base/errors.ts';
import type { ClusterPolicy } from '../../src/simulators/cluster/policy/policy-modules.ts';
import { loadPolicies } from '../../src/study/io/load-policy.ts';

const HELPERS = ['classes.ts'];
const FILES = readdirSync('strategies/policies').filter((file) => !HELPERS.includes(file));

describe('policy modules', () => {
  for (const file of FILES) {
    it(`${file} names a missing parameter, an unknown one and one out of range`, async () => {
      const [module] = await loadPolicies([`strategies/policies/${file}`]);
      const create = module!.create as ClusterPolicy;
      const missing = refusal(() => create({}));
      expect(missing.message).toBe('is required but missing');
      const [, section, name] = missing.path;
      expect(section).toBe('policy');
      expect(refusal(() => create({ nonsense: 1 })).message).toContain('unknown policy parameter "nonsense"');
      expect(refusal(() => create({ [name!]: -1 })).message).toContain('must be a number in');
      expect(refusal(() => create({ [name!]: '3' })).message).toContain('must be a number in');
    });
  }
});

function refusal(body: () => unknown): InputError {
  try {
    body();
  } catch (error) {
    if (error instanceof InputError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}
