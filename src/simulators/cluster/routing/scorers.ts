import { unknownName } from '../../../base/errors.ts';
import { effectiveLoad, type SnapshotColumns } from '../gateway/admission.ts';
import type { RouterRules } from '../router-config.ts';
import type { PrefixMemory } from './prefix-memory.ts';
import type { RoutedRequest } from './routed-request.ts';
import type { TokenLedger } from './token-ledger.ts';

/** Rates every instance of a view; stateful ones learn where the request went. */
export interface InstanceScorer {
  /** Writes a value per member of the view into `values`, by instance index; the caller clamps to [0, 1]. */
  score(request: RoutedRequest, view: SnapshotColumns, values: Float64Array, clockUs: number): void;
  /** Called after the choice. */
  observe?(request: RoutedRequest, instance: number, clockUs: number): void;
}

export interface ScorerParts {
  /** One per router, made on first use. */
  readonly prefixMemory: () => PrefixMemory;
  /** One per cluster. */
  readonly ledger: () => TokenLedger;
  readonly rules: RouterRules;
  /** Leading prompt blocks that the instance has cached, as fresh as the cache signal. */
  readonly cachedBlocks: (instance: number, request: RoutedRequest) => number;
  readonly instances: number;
}

type Maker = (parts: ScorerParts) => InstanceScorer;

/** Scorers by name. */
const SCORERS: Readonly<Record<string, Maker>> = {
  'queue-depth': () => ({
    score: (_request, view, values) => lowestFirst(view, values, view.queueDepth),
  }),
  'kv-utilization': () => ({
    score: (_request, view, values) => {
      for (let k = 0; k < view.count; k++) values[view.members[k]!] = 1 - view.kvUtilization[view.members[k]!]!;
    },
  }),
  'prefix-affinity': (parts) => prefixAffinity(parts.prefixMemory()),
  'precise-prefix-cache': (parts) => {
    const rate = parts.rules.precisePrefix === 'router' ? cachedShare : preciseCache;
    return { score: (request, view, values) => rate(parts, request, view, values) };
  },
  'load-balance': () => ({
    score: (_request, view, values) => {
      for (let k = 0; k < view.count; k++) {
        const i = view.members[k]!;
        values[i] = 1 / (1 + effectiveLoad(view, i));
      }
    },
  }),
  'active-requests': ({ rules }) => ({ score: (_request, view, values) => activeRequests(rules, view, values) }),
  'running-requests': () => ({
    score: (_request, view, values) => lowestFirst(view, values, view.batchSize),
  }),
  'load-aware': ({ rules: { loadAwareThreshold } }) => ({
    score: (_request, view, values) => {
      for (let k = 0; k < view.count; k++) {
        const i = view.members[k]!;
        const depth = view.queueDepth[i]!;
        values[i] = depth === 0 ? 0.5 : 0.5 * (1 - Math.min(depth, loadAwareThreshold) / loadAwareThreshold);
      }
    },
  }),
  'token-load': (parts) => tokenLoad(parts),
  'vllm-dp': () => ({
    score: (_request, view, values) => {
      for (let k = 0; k < view.count; k++) {
        const i = view.members[k]!;
        values[i] = 4 * view.queueDepth[i]! + view.batchSize[i]!;
      }
      lowestFirst(view, values, values);
    },
  }),
  'no-hit-lru': (parts) => new NoHitLru(parts),
  /** Without adapters every instance is as good as any other. */
  'lora-affinity': () => ({
    score: (_request, view, values) => {
      for (let k = 0; k < view.count; k++) values[view.members[k]!] = 1;
    },
  }),
};

/** @throws InputError for a name that is not in the table */
export function createScorer(name: string, parts: ScorerParts): InstanceScorer {
  const maker = Object.hasOwn(SCORERS, name) ? SCORERS[name] : undefined;
  if (maker === undefined) throw unknownName('scorer', name, Object.keys(SCORERS));
  return maker(parts);
}

/** (max − x) / (max − min) of a signal; all 1 where there is no difference. */
function lowestFirst(view: SnapshotColumns, values: Float64Array, signal: Int32Array | Float64Array): void {
  const { members, count } = view;
  let min = Number.POSITIVE_INFINITY;
  let max = 0;
  for (let k = 0; k < count; k++) {
    const x = signal[members[k]!]!;
    if (x < min) min = x;
    if (x > max) max = x;
  }
  for (let k = 0; k < count; k++) {
    const i = members[k]!;
    values[i] = max === min ? 1 : (max - signal[i]!) / (max - min);
  }
}

/** Relative to the busiest instance only, so that equally busy instances all get 0. */
function activeRequests(
  { idleThreshold, maxBusyScore }: RouterRules,
  view: SnapshotColumns,
  values: Float64Array,
): void {
  let max = 0;
  for (let k = 0; k < view.count; k++) max = Math.max(max, view.inFlight[view.members[k]!]!);
  for (let k = 0; k < view.count; k++) {
    const i = view.members[k]!;
    const active = view.inFlight[i]!;
    values[i] = active <= idleThreshold || max === 0 ? 1 : ((max - active) / max) * maxBusyScore;
  }
}

function prefixAffinity(memory: PrefixMemory): InstanceScorer {
  return {
    score: (request, view, values) => {
      const blocks = memory.blocks(request);
      if (blocks === 0) {
        for (let k = 0; k < view.count; k++) values[view.members[k]!] = 0;
        return;
      }
      memory.match(request, values);
      for (let k = 0; k < view.count; k++) {
        const i = view.members[k]!;
        values[i] = values[i]! / blocks;
      }
    },
    observe: (request, instance) => memory.touch(request, instance),
  };
}

/** 1 − uncached prompt tokens under way, with those of this request, ÷ the threshold; at least 0. */
function tokenLoad({ prefixMemory, ledger: ledgerOf, rules, instances }: ScorerParts): InstanceScorer {
  const memory = prefixMemory();
  const ledger = ledgerOf();
  const matched = new Float64Array(instances);
  const { queueThresholdTokens } = rules;
  return {
    score: (request, view, values, clockUs) => {
      memory.match(request, matched);
      for (let k = 0; k < view.count; k++) {
        const i = view.members[k]!;
        const tokens = ledger.at(i, clockUs) + memory.uncachedTokens(request, matched[i]!);
        values[i] = 1 - Math.min(tokens, queueThresholdTokens) / queueThresholdTokens;
      }
    },
    observe: (request, instance) => memory.touch(request, instance),
  };
}

/** Leading blocks of the prompt that the instance has cached, of all of its complete blocks. */
function cachedShare(parts: ScorerParts, request: RoutedRequest, view: SnapshotColumns, values: Float64Array): void {
  for (let k = 0; k < view.count; k++) {
    const i = view.members[k]!;
    values[i] = request.blocks === 0 ? 0 : parts.cachedBlocks(i, request) / request.blocks;
  }
}

function preciseCache(parts: ScorerParts, request: RoutedRequest, view: SnapshotColumns, values: Float64Array): void {
  let min = Number.POSITIVE_INFINITY;
  let max = 0;
  for (let k = 0; k < view.count; k++) {
    const i = view.members[k]!;
    const cached = parts.cachedBlocks(i, request);
    values[i] = cached;
    if (cached < min) min = cached;
    if (cached > max) max = cached;
  }
  for (let k = 0; k < view.count; k++) {
    const i = view.members[k]!;
    values[i] = max === min ? 1 : (values[i]! - min) / (max - min);
  }
}

/** Spreads requests without any cached block over the instances that got such a request longest ago. */
class NoHitLru implements InstanceScorer {
  readonly #parts: ScorerParts;
  /** Instances that got a cold request, most recent first. */
  #recent: number[] = [];
  #cold = false;

  constructor(parts: ScorerParts) {
    this.#parts = parts;
  }

  score(request: RoutedRequest, view: SnapshotColumns, values: Float64Array): void {
    const members = view.members.subarray(0, view.count);
    this.#cold = !members.some((i) => this.#parts.cachedBlocks(i, request) > 0);
    if (!this.#cold) {
      for (const i of members) values[i] = 0.5;
      return;
    }
    if (members.length === 1) {
      values[members[0]!] = 1;
      return;
    }
    this.#recent = this.#recent.filter((i) => members.includes(i));
    const never = [...members].filter((i) => !this.#recent.includes(i));
    [...never, ...this.#recent.toReversed()].forEach((i, place) => {
      values[i] = 1 - place / (members.length - 1);
    });
  }

  observe(_request: RoutedRequest, instance: number): void {
    if (!this.#cold) return;
    this.#recent = [instance, ...this.#recent.filter((i) => i !== instance)];
  }
}
