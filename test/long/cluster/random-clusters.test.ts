import { describe, expect, it } from 'vitest';
import { checkLaws } from '../../simulators/cluster/golden/laws.ts';
import { bothMirrors } from '../../simulators/cluster/golden/mirror-comparison.ts';
import { randomCluster } from '../../simulators/cluster/golden/random-cluster.ts';

describe('a thousand random clusters', () => {
  it('keep the laws of conservation, causality and repetition', () => {
    for (let seed = 10_000; seed < 11_000; seed++) {
      checkLaws(randomCluster(seed, { inherits: seed % 2 === 0 }), `seed ${seed}`);
    }
  });

  it('evict the same blocks from the CPU tier as a literal walk would', () => {
    for (let seed = 20_000; seed < 21_000; seed++) {
      const { lazy, literal } = bothMirrors(randomCluster(seed, { kv: 'tiered', inherits: seed % 2 === 0 }));
      expect(lazy, `seed ${seed}`).toEqual(literal);
    }
  });
});
