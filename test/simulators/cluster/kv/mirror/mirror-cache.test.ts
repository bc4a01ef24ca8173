import { describe, expect, it } from 'vitest';
import { bothMirrors } from '../../golden/mirror-comparison.ts';
import { randomCluster } from '../../golden/random-cluster.ts';

describe('the lazy CPU mirror', () => {
  it.each([
    ['inherited contexts', true],
    ['content of one home', false],
  ])('is indistinguishable from walking the batch every step, on random clusters with %s', (_name, inherits) => {
    let evictions = 0;
    for (let seed = 0; seed < 120; seed++) {
      const { lazy, literal } = bothMirrors(randomCluster(seed, { kv: 'tiered', inherits }));
      expect(lazy, `seed ${seed}`).toEqual(literal);
      for (const tier of (lazy as { tiers: number[][] }).tiers) evictions += tier[1]!;
    }
    expect(evictions).toBeGreaterThan(1_000);
  });
});
