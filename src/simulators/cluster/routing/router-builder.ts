import { goRandom, subsystemSeed } from '../../workload/go-random.ts';
import type { RequestTable } from '../../workload/request-table.ts';
import type { EngineConfig, ScorerWeight } from '../engine-config.ts';
import type { BlockKeys } from '../kv/block-keys.ts';
import type { EngineHooks } from '../policy/policy.ts';
import { CacheSignal } from './cache-signal.ts';
import { hookScorer, type PolicyViews } from './policy-views.ts';
import { PrefixIndex } from './prefix-index.ts';
import { createRouter, type Router } from './routers.ts';
import { createScorer, type ScorerParts } from './scorers.ts';

export interface RouterBuilderParts {
  readonly config: EngineConfig;
  readonly hooks: EngineHooks;
  readonly views: PolicyViews | null;
  readonly keys: BlockKeys;
  readonly table: RequestTable;
  /** Whether content outside shared prefixes can come back with another request. */
  readonly tracksAll: boolean;
}

/** Makes routers that share what they know of the instances' caches. */
export interface RouterBuilder {
  readonly cacheSignal: CacheSignal;
  main(): Router;
  /** A weighted router with scorers, prefix index and random stream of its own. */
  pool(scorers: readonly ScorerWeight[], stream: string): Router;
}

export function routerBuilder(parts: RouterBuilderParts): RouterBuilder {
  const { config, keys } = parts;
  const cacheSignal = new CacheSignal(config.cacheSignalDelayUs, config.instance.blockSize, parts.table);
  const build = (routing: EngineConfig['routing'], stream: string): Router => {
    let index: PrefixIndex | null = null;
    const scorerParts: ScorerParts = {
      instances: config.instances,
      prefixIndex: () => {
        index ??= new PrefixIndex(keys, config.instances, parts.tracksAll);
        return index;
      },
      cachedBlocks: (instance, request) => cacheSignal.cachedBlocks(instance, request.row),
    };
    return createRouter(routing, {
      random: goRandom(subsystemSeed(config.seed, stream)),
      instances: config.instances,
      createScorer: (name) => {
        const own = parts.hooks.scorers;
        if (own !== undefined && Object.hasOwn(own, name) && parts.views !== null) {
          cacheSignal.isUsed = true;
          return hookScorer(own[name]!, parts.views, cacheSignal);
        }
        if (name === 'precise-prefix-cache' || name === 'no-hit-lru') cacheSignal.isUsed = true;
        return createScorer(name, scorerParts);
      },
    });
  };
  return {
    cacheSignal,
    main: () => build(config.routing, 'router'),
    pool: (scorers, stream) => build({ policy: 'weighted', scorers }, stream),
  };
}
