import { describe, it } from 'vitest';
import { checkLaws } from './golden/laws.ts';
import { randomCluster } from './golden/random-cluster.ts';

describe('every run conserves requests and blocks, respects causality and repeats exactly', () => {
  it.each(['gpu-only', 'tiered', 'offload'] as const)('with %s KV, on random clusters', (kv) => {
    for (let seed = 0; seed < 40; seed++) {
      for (const inherits of [true, false]) {
        checkLaws(randomCluster(1_000 + seed, { kv, inherits }), `${kv} seed ${seed} inherits ${inherits}`);
      }
    }
  });
});
