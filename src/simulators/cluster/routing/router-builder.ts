import { type GoRandom, goRandom, subsystemSeed } from '../../workload/go-random.ts';
import type { RequestTable } from '../../workload/request-table.ts';
import type { RequestsView } from '../column-owners.ts';
import type { EngineConfig, ScorerWeight } from '../engine-config.ts';
import { BlockKeys } from '../kv/block-keys.ts';
import type { EngineHooks } from '../policy/policy.ts';
import type { RouterRules } from '../router-config.ts';
import { AffinityFilter } from './affinity-filter.ts';
import { CacheSignal } from './cache-signal.ts';
import { hookScorer, type PolicyViews } from './policy-views.ts';
import { PrefixMemory } from './prefix-memory.ts';
import { createRouter, type Router, type RouterParts } from './routers.ts';
import { createScorer, type InstanceScorer, type ScorerParts } from './scorers.ts';
import { TokenLedger } from './token-ledger.ts';

export interface RouterBuilderParts {
  readonly config: EngineConfig;
  readonly hooks: EngineHooks;
  readonly views: PolicyViews | null;
  readonly keys: BlockKeys;
  readonly table: RequestTable;
  readonly requests: RequestsView;
  /** Whether content outside shared prefixes occurs on one instance only, for one request. */
  readonly oneHome: boolean;
}

/** Makes routers that share what they know of the instances' caches and of the tokens under way. */
export interface RouterBuilder {
  readonly cacheSignal: CacheSignal;
  /** null where nobody asks for tokens under way. */
  readonly ledger: TokenLedger | null;
  main(): Router;
  /** A weighted router with scorers, prefix memory and random stream of its own. */
  pool(scorers: readonly ScorerWeight[], pool: 'prefill' | 'decode'): Router;
}

const BLIS_RULES: RouterRules = {
  precisePrefix: 'blis',
  prefixBlockTokens: 0,
  prefixLruBlocks: 10_000,
  queueThresholdTokens: 4_194_304,
  loadAwareThreshold: 128,
  idleThreshold: 0,
  maxBusyScore: 1,
  picker: 'max-score',
  affinity: null,
};

export function routerBuilder(parts: RouterBuilderParts): RouterBuilder {
  const { config, table } = parts;
  const rules = config.router ?? BLIS_RULES;
  const cacheSignal = new CacheSignal(config.cacheSignalDelayUs, config.instance.blockSize, table);
  const ledger = countsTokens(config, rules) ? new TokenLedger(parts.requests, table, config.instances) : null;
  const prefixKeys = prefixBlocks(parts, rules);
  const build = (routing: EngineConfig['routing'], stream: string, scope: 'main' | 'prefill' | 'decode'): Router => {
    let memory: PrefixMemory | null = null;
    const prefixMemory = (): PrefixMemory => {
      memory ??= new PrefixMemory({
        table,
        keys: prefixKeys,
        instances: config.instances,
        remembers: parts.oneHome ? 'shared prefixes' : 'all prompts',
        capacity: rules.prefixLruBlocks,
      });
      return memory;
    };
    const scorerParts: ScorerParts = {
      instances: config.instances,
      prefixMemory,
      ledger: () => ledger!,
      rules,
      cachedBlocks: (instance, request) => cacheSignal.cachedBlocks(instance, request.row),
    };
    const random = goRandom(subsystemSeed(config.seed, stream));
    return createRouter(routing, {
      random,
      instances: config.instances,
      picker: rules.picker,
      createScorer: (name) => namedScorer(name, parts, cacheSignal, scorerParts),
      ...(ledger === null ? {} : tokenParts({ rules, scope, prefixMemory, ledger, random }, config.instances)),
    });
  };
  return {
    cacheSignal,
    ledger,
    main: () => build(config.routing, 'router', 'main'),
    pool: (scorers, pool) => build({ policy: 'weighted', scorers }, `${pool}-router`, pool),
  };
}

/** Blocks that prefixes are remembered in: the engine's, or of a size of their own. */
function prefixBlocks({ config, keys, table }: RouterBuilderParts, { prefixBlockTokens }: RouterRules): BlockKeys {
  const size = prefixBlockTokens === 0 ? keys.blockSize : prefixBlockTokens;
  // The router remembers prompts whether or not engines cache them.
  const isEngines = size === keys.blockSize && config.instance.prefixCaching !== false;
  return isEngines ? keys : new BlockKeys(table, size);
}

function countsTokens({ routing, disaggregation }: EngineConfig, { affinity }: RouterRules): boolean {
  const profiles = [routing.scorers, disaggregation?.prefillScorers ?? [], disaggregation?.decodeScorers ?? []];
  return affinity !== null || profiles.flat().some(({ name }) => name === 'token-load');
}

function namedScorer(
  name: string,
  { hooks, views }: RouterBuilderParts,
  cacheSignal: CacheSignal,
  scorerParts: ScorerParts,
): InstanceScorer {
  const own = hooks.scorers;
  if (own !== undefined && Object.hasOwn(own, name) && views !== null) {
    cacheSignal.isUsed = true;
    return hookScorer(own[name]!, views, cacheSignal);
  }
  if (name === 'precise-prefix-cache' || name === 'no-hit-lru') cacheSignal.isUsed = true;
  return createScorer(name, scorerParts);
}

interface TokenParts {
  readonly rules: RouterRules;
  readonly scope: 'main' | 'prefill' | 'decode';
  readonly prefixMemory: () => PrefixMemory;
  readonly ledger: TokenLedger;
  readonly random: GoRandom;
}

/** What a router needs to count tokens under way, and the filter that reads them. */
function tokenParts(
  { rules, scope, prefixMemory, ledger, random }: TokenParts,
  instances: number,
): Pick<RouterParts, 'filter' | 'beforeSending'> {
  const memory = prefixMemory();
  const matched = new Float64Array(instances);
  const { affinity } = rules;
  const filters = affinity !== null && (affinity.scope === 'all' || affinity.scope === scope);
  return {
    beforeSending: (request, instance) => {
      memory.match(request, matched);
      ledger.note(request.request, memory.uncachedTokens(request, matched[instance]!));
      memory.touch(request, instance);
    },
    ...(filters ? { filter: new AffinityFilter(affinity, { memory, ledger, random, instances }) } : {}),
  };
}
