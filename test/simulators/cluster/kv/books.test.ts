import { describe, expect, it } from 'vitest';
import { RunMemory } from '../../../../src/simulators/cluster/engine/run-memory.ts';
import type { EngineConfig } from '../../../../src/simulators/cluster/engine-config.ts';
import type { EngineEvent, EngineHooks, RequestView } from '../../../../src/simulators/cluster/policy/policy.ts';
import { simulateCluster } from '../../../../src/simulators/cluster/simulate-cluster.ts';
import { type RandomCluster, randomCluster } from '../golden/random-cluster.ts';

const ASKS_THE_CACHE = [
  { name: 'precise-prefix-cache', weight: 2 },
  { name: 'no-hit-lru', weight: 1 },
];

function run({ config, workload }: RandomCluster, memory: RunMemory, hooks: () => EngineHooks = () => ({})) {
  const events: EngineEvent[] = [];
  const record = (event: EngineEvent) => events.push(event);
  const { e2eUs, ttftUs, instances, cluster } = simulateCluster(
    config,
    workload,
    () => {
      events.length = 0;
      return { ...hooks(), record };
    },
    memory,
  );
  return { e2eUs: [...e2eUs], ttftUs: [...ttftUs], instances, cluster, events };
}

function booksForAll(): RunMemory {
  const memory = new RunMemory();
  memory.books = 'all';
  return memory;
}

/** Every cluster ends by itself, and its router asks for cached blocks. */
function cluster(seed: number, more: Partial<EngineConfig>): RandomCluster {
  const { config, workload } = randomCluster(seed, { inherits: false, kv: seed % 2 === 0 ? 'tiered' : 'gpu-only' });
  return { workload, config: { ...config, horizonUs: 200_000, ...more } };
}

describe('own blocks without books', () => {
  it.each([0, 13_000])('give the results of books, and the same scores, with a cache signal %i µs old', (delay) => {
    let known = 0;
    for (let seed = 0; seed < 24; seed++) {
      const one = cluster(seed, {
        cacheSignalDelayUs: delay,
        routing: { policy: 'weighted', scorers: ASKS_THE_CACHE },
      });
      const memory = new RunMemory();
      const result = run(one, memory);
      expect(result, `seed ${seed}`).toEqual(run(one, booksForAll()));
      expect(memory.books).toBe('shared prefixes');
      for (const event of result.events)
        if (event.kind === 'routing' && event.scores!.some((score) => score > 0.7)) known++;
    }
    expect(known).toBeGreaterThan(50);
  });

  /** A scorer that prefers where the prompts of earlier requests are, and notes what it was told of them. */
  const nosy = (told: number[]) => (): EngineHooks => {
    const seen: RequestView[] = [];
    told.length = 0;
    return {
      scorers: {
        nosy: {
          score: (request, instances) => {
            const cached = instances.map((one) => seen.reduce((sum, earlier) => sum + one.cachedBlocks(earlier), 0));
            told.push(...cached);
            seen.push(request);
            return cached.map((blocks) => blocks / 1000);
          },
        },
      },
    };
  };

  it.each([0, 13_000])(
    'are not enough for a policy that asks for requests sent before: its run is done again (%i µs)',
    (delay) => {
      let informed = 0;
      for (let seed = 0; seed < 12; seed++) {
        const one = cluster(seed, {
          cacheSignalDelayUs: delay,
          routing: { policy: 'weighted', scorers: [{ name: 'nosy', weight: 1 }] },
        });
        const [told, expected]: [number[], number[]] = [[], []];
        const memory = new RunMemory();
        expect(run(one, memory, nosy(told)), `seed ${seed}`).toEqual(run(one, booksForAll(), nosy(expected)));
        expect(told).toEqual(expected);
        expect(memory.books).toBe('all');
        if (told.some((blocks) => blocks > 0)) informed++;
      }
      expect(informed).toBeGreaterThan(4);
    },
  );

  it('are not enough for a scheduler that asks for requests that ended', () => {
    let restarts = 0;
    for (let seed = 0; seed < 12; seed++) {
      const hooks = (): EngineHooks => {
        const seen = new Map<string, RequestView>();
        return {
          scheduler: {
            key: (request, { cachedBlocks }) => {
              if (seen.size < 5) seen.set(request.id, request);
              let sum = 0;
              for (const earlier of seen.values()) sum += cachedBlocks(earlier);
              return sum % 7;
            },
          },
        };
      };
      const one = cluster(seed, {});
      const memory = new RunMemory();
      expect(run(one, memory, hooks), `seed ${seed}`).toEqual(run(one, booksForAll(), hooks));
      if (memory.books === 'all') restarts++;
    }
    expect(restarts).toBeGreaterThan(4);
  });
});
