import {
  type ClusterPolicy,
  type InstanceView,
  type RequestView,
  readParameters,
  type Scheduler,
  type Scorer,
} from '../../src/policy.ts';
import { tierOf } from './classes.ts';

/**
 * Soft pools of instances by SLO class, sized by live demand. A step lasts as long as its batch makes it, so one batch
 * shared by all classes gives all of them the same TPOT: too slow for the tightest target while the loosest has room to
 * spare.
 *
 * - Levels: a class has a number of tokens in flight at an instance at which its TPOT target is met (`critical_ktokens`,
 *   `standard_ktokens`, in thousands); `sheddable_ktokens` is where the loosest class starts to use what the others leave. A
 *   request counts as its prompt and `request_tokens`.
 * - Size: tokens in flight of a class over its level is the number of instances it needs (Little's law: a pool that is
 *   too small slows down, so more are in flight, and it grows). The router counts them itself, exactly, and averages over
 *   `memory_ms`. Pools lie side by side, tightest first; a started instance belongs to the tighter class. If all needs
 *   exceed the cluster they shrink in proportion, and the loosest class keeps one instance.
 * - Choice: least in flight relative to the level. A looser class may use a tighter pool up to `fill` of its level; a
 *   tighter class uses looser pools only when its own is full. With `prefix_affinity` an instance counts as emptier by that
 *   share of the prompt it has cached.
 * - Queue: by due time = arrival + `due_weight` × TTFT target of the class, and `late_ms` later once the target is missed:
 *   those that can still make it go first, and nobody is passed over for longer than the sum.
 *
 * Price: the loosest class gets longer steps, and some throughput goes where a pool is larger than needed.
 *
 * @see Patke et al. 2024, "Queue management for SLO-oriented large language model serving" (QLM: requests grouped by SLO)
 * @see Sun et al. 2024, "Llumnix: dynamic scheduling for large language model serving" (load counted with head-room by class)
 */
const create: ClusterPolicy = (settings) => {
  const own = readParameters(settings, {
    critical_ktokens: { min: 0.1, max: 1e6 },
    standard_ktokens: { min: 0.1, max: 1e6 },
    sheddable_ktokens: { min: 0.1, max: 1e6 },
    request_tokens: { min: 1, max: 1e6 },
    fill: { min: 0, max: 1 },
    memory_ms: { min: 0, max: 1e9 },
    prefix_affinity: { min: 0, max: 1 },
    due_weight: { min: 0, max: 1 },
    late_ms: { min: 0, max: 1e6 },
    critical_ttft_ms: { min: 0, max: 1e9 },
    standard_ttft_ms: { min: 0, max: 1e9 },
    sheddable_ttft_ms: { min: 0, max: 1e9 },
  });
  const levels = [own.critical_ktokens, own.standard_ktokens, own.sheddable_ktokens].map((load) => 1000 * load);
  const targets = [own.critical_ttft_ms, own.standard_ttft_ms, own.sheddable_ttft_ms];
  return {
    scorers: { 'class-pools': classPools({ ...own, levels }) },
    ...(own.due_weight === 0 && own.late_ms === 0 ? {} : { scheduler: stillInTime({ ...own, targets }) }),
  };
};

interface PoolSettings {
  /** Tokens in flight at an instance, by tier. */
  readonly levels: readonly number[];
  readonly request_tokens: number;
  readonly fill: number;
  readonly memory_ms: number;
  readonly prefix_affinity: number;
}

function classPools(settings: PoolSettings): Scorer {
  const demand = new Demand(settings.memory_ms * 1000);
  const loads = new Map<number, number>();
  const add = (request: RequestView, instance: number, sign: 1 | -1) => {
    const tokens = sign * (request.inputTokens + settings.request_tokens);
    demand.add(tierOf(request.sloClass, request.priority), tokens);
    loads.set(instance, (loads.get(instance) ?? 0) + tokens);
  };
  return {
    score: (request, instances, clockUs) => {
      const ends = poolEnds(demand.at(clockUs), settings.levels, instances.length);
      const load = instances.map(({ index }) => loads.get(index) ?? 0);
      const costs = poolCosts(tierOf(request.sloClass, request.priority), { load, ends, settings });
      const seen = settings.prefix_affinity === 0 ? costs : nearCache(costs, request, instances, settings);
      const least = Math.min(...seen);
      return seen.map((cost) => (cost === least ? 1 : 0));
    },
    routed: (request, instance) => add(request, instance, 1),
    ended: (request, instance) => add(request, instance, -1),
  };
}

/** Tokens in flight by tier, as a moving average that forgets with `memoryUs`. */
class Demand {
  readonly #now = [0, 0, 0];
  readonly #mean = [0, 0, 0];
  readonly #memoryUs: number;
  #atUs = 0;

  constructor(memoryUs: number) {
    this.#memoryUs = memoryUs;
  }

  add(tier: number, tokens: number): void {
    this.#now[tier] = this.#now[tier]! + tokens;
  }

  at(clockUs: number): readonly number[] {
    const kept = this.#memoryUs === 0 ? 0 : Math.exp((this.#atUs - clockUs) / this.#memoryUs);
    this.#atUs = clockUs;
    for (let t = 0; t < 3; t++) this.#mean[t] = this.#now[t]! + (this.#mean[t]! - this.#now[t]!) * kept;
    return this.#mean;
  }
}

/** A pool takes another instance once a tenth of it is needed. */
const STARTED = 0.1;

/** Where the pools of the two tighter tiers end; the last one has the rest. */
function poolEnds(demand: readonly number[], levels: readonly number[], count: number): readonly [number, number] {
  const needs = [demand[0]! / levels[0]!, demand[1]! / levels[1]!] as const;
  const most = demand[2]! < 1 ? count : count - 1;
  const share = Math.min(1, most / Math.max(needs[0] + needs[1], 1e-9));
  const first = needs[0] === 0 ? 0 : Math.min(most, Math.max(1, Math.ceil(needs[0] * share - STARTED)));
  if (needs[1] === 0) return [first, first];
  return [first, Math.min(most, Math.max(first + 1, Math.ceil((needs[0] + needs[1]) * share - STARTED)))];
}

/** Above every cost of an instance that is open to the request. */
const CLOSED = 1e6;

function poolCosts(
  tier: number,
  parts: {
    /** Tokens in flight, by place. */
    readonly load: readonly number[];
    readonly ends: readonly [number, number];
    readonly settings: PoolSettings;
  },
): number[] {
  const { ends, load } = parts;
  const { levels, fill } = parts.settings;
  const poolOf = (place: number) => (place < ends[0] ? 0 : place < ends[1] ? 1 : 2);
  let ownLeast = Number.POSITIVE_INFINITY;
  const costs = load.map((tokens, place) => {
    const pool = poolOf(place);
    if (pool >= tier) {
      const cost = tokens / levels[tier]!;
      if (pool === tier) ownLeast = Math.min(ownLeast, cost);
      return cost;
    }
    const cost = tokens / Math.max(levels[pool]! * fill, 1e-9);
    return cost < 1 ? cost : CLOSED + cost;
  });
  return ownLeast < 1 ? costs.map((cost, place) => (poolOf(place) > tier ? CLOSED + cost : cost)) : costs;
}

function nearCache(
  costs: readonly number[],
  request: RequestView,
  instances: readonly InstanceView[],
  { prefix_affinity }: PoolSettings,
): number[] {
  return costs.map((cost, place) => {
    const cached = Math.min(1, (16 * instances[place]!.cachedBlocks(request)) / Math.max(1, request.inputTokens));
    return cost * (1 - prefix_affinity * cached);
  });
}

/** Order of due times; what is late already counts as due later. */
function stillInTime(settings: {
  readonly due_weight: number;
  readonly late_ms: number;
  readonly targets: readonly number[];
}): Scheduler {
  return {
    fixed: settings.late_ms === 0,
    key: ({ arrivalUs, sloClass, priority }, { clockUs }) => {
      const target = settings.targets[tierOf(sloClass, priority)]!;
      const isLate = clockUs - arrivalUs > target * 1000;
      return arrivalUs + 1000 * (settings.due_weight * target + (isLate ? settings.late_ms : 0));
    },
  };
}

export default create;
