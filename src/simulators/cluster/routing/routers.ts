import type { GoRandom } from '../../workload/go-random.ts';
import type { RoutingConfig, ScorerWeight } from '../engine-config.ts';
import { effectiveLoad, type SnapshotColumns } from '../gateway/admission.ts';
import type { RouterRules } from '../router-config.ts';
import type { AffinityFilter } from './affinity-filter.ts';
import type { RoutedRequest } from './routed-request.ts';
import type { InstanceScorer } from './scorers.ts';

/** Chooses the instance of a request. The view is never empty. */
export interface Router {
  choose(request: RoutedRequest, view: SnapshotColumns, clockUs: number): number;
  /** Scores of the last choice by instance index; null where the policy has none. */
  readonly scores: Float64Array | null;
}

export interface RouterParts {
  /** Breaks ties; one bounded draw per tie, none otherwise. */
  readonly random: GoRandom;
  readonly instances: number;
  readonly createScorer: (name: string) => InstanceScorer;
  readonly picker: RouterRules['picker'];
  /** Leaves some of the instances to the scorers. Absent: all. */
  readonly filter?: AffinityFilter;
  /** Hears of a choice before the scorers do. */
  readonly beforeSending?: (request: RoutedRequest, instance: number) => void;
}

export function createRouter(config: RoutingConfig, parts: RouterParts): Router {
  switch (config.policy) {
    case 'round-robin': {
      let next = 0;
      return { scores: null, choose: (_request, view) => view.members[next++ % view.count]! };
    }
    case 'least-loaded':
      return new LeastLoaded(parts);
    case 'always-busiest':
      return { scores: null, choose: (_request, view) => busiest(view) };
    case 'weighted':
      return new WeightedRouter(config.scorers, parts);
    default:
      return config.policy satisfies never;
  }
}

function busiest(view: SnapshotColumns): number {
  let best = view.members[0]!;
  for (let k = 1; k < view.count; k++) {
    if (effectiveLoad(view, view.members[k]!) > effectiveLoad(view, best)) best = view.members[k]!;
  }
  return best;
}

class LeastLoaded implements Router {
  readonly scores = null;
  readonly #random: GoRandom;
  readonly #tied: Int32Array;

  constructor(parts: RouterParts) {
    this.#random = parts.random;
    this.#tied = new Int32Array(parts.instances);
  }

  choose(_request: RoutedRequest, view: SnapshotColumns): number {
    let least = Number.POSITIVE_INFINITY;
    let count = 0;
    for (let k = 0; k < view.count; k++) {
      const i = view.members[k]!;
      const load = effectiveLoad(view, i);
      if (load > least) continue;
      if (load < least) count = 0;
      least = load;
      this.#tied[count++] = i;
    }
    return this.#tied[count === 1 ? 0 : this.#random.intn(count)]!;
  }
}

/** Weighted sum of scorer values; weights are normalised once, and terms added in configured order. */
class WeightedRouter implements Router {
  readonly scores: Float64Array;
  readonly #random: GoRandom;
  readonly #scorers: readonly InstanceScorer[];
  readonly #weights: Float64Array;
  readonly #values: Float64Array;
  readonly #tied: Int32Array;
  readonly #picker: RouterRules['picker'];
  readonly #filter: AffinityFilter | null;
  readonly #beforeSending: RouterParts['beforeSending'];
  #narrowed: NarrowedView | null = null;

  constructor(scorers: readonly ScorerWeight[], parts: RouterParts) {
    let total = 0;
    for (const { weight } of scorers) total += weight;
    this.#weights = Float64Array.from(scorers, ({ weight }) => weight / total);
    this.#scorers = scorers.map(({ name }) => parts.createScorer(name));
    this.#random = parts.random;
    this.#picker = parts.picker;
    this.#filter = parts.filter ?? null;
    this.#beforeSending = parts.beforeSending;
    this.scores = new Float64Array(parts.instances);
    this.#values = new Float64Array(parts.instances);
    this.#tied = new Int32Array(parts.instances);
  }

  choose(request: RoutedRequest, whole: SnapshotColumns, clockUs: number): number {
    const { scores } = this;
    const values = this.#values;
    for (let k = 0; k < whole.count; k++) scores[whole.members[k]!] = 0;
    const view = this.#filter === null ? whole : this.#narrow(whole, this.#filter.members(request, whole, clockUs));
    const { members, count } = view;
    for (let s = 0; s < this.#scorers.length; s++) {
      this.#scorers[s]!.score(request, view, values, clockUs);
      const weight = this.#weights[s]!;
      for (let k = 0; k < count; k++) {
        const i = members[k]!;
        const value = values[i]!;
        scores[i] = scores[i]! + Math.min(1, Math.max(0, value)) * weight;
      }
    }
    const chosen = this.#pick(view);
    this.#beforeSending?.(request, chosen);
    for (const scorer of this.#scorers) scorer.observe?.(request, chosen, clockUs);
    return chosen;
  }

  #narrow(whole: SnapshotColumns, members: Int32Array): SnapshotColumns {
    this.#narrowed ??= new NarrowedView(whole);
    this.#narrowed.members = members;
    this.#narrowed.count = members.length;
    return this.#narrowed;
  }

  #pick(view: SnapshotColumns): number {
    switch (this.#picker) {
      case 'max-score':
        return this.#best(view);
      case 'weighted-random':
        return this.#drawn(view);
      case 'random':
        return view.members[this.#random.intn(view.count)]!;
      default:
        return this.#picker satisfies never;
    }
  }

  /** With chances in proportion to the scores; equal chances where all are 0. */
  #drawn(view: SnapshotColumns): number {
    const { scores } = this;
    const { members, count } = view;
    let total = 0;
    for (let k = 0; k < count; k++) total += scores[members[k]!]!;
    if (!(total > 0)) return members[this.#random.intn(count)]!;
    let rest = this.#random.float64() * total;
    for (let k = 0; k < count; k++) {
      rest -= scores[members[k]!]!;
      if (rest < 0) return members[k]!;
    }
    return this.#best(view);
  }

  #best(view: SnapshotColumns): number {
    let best = -1;
    let tied = 0;
    for (let k = 0; k < view.count; k++) {
      const i = view.members[k]!;
      const score = this.scores[i]!;
      if (score < best) continue;
      if (score > best) tied = 0;
      best = score;
      this.#tied[tied++] = i;
    }
    return this.#tied[tied === 1 ? 0 : this.#random.intn(tied)]!;
  }
}

/** The columns of a view for some of its instances. */
class NarrowedView implements SnapshotColumns {
  count = 0;
  members: Int32Array = new Int32Array(0);
  readonly queueDepth: SnapshotColumns['queueDepth'];
  readonly batchSize: SnapshotColumns['batchSize'];
  readonly kvUtilization: SnapshotColumns['kvUtilization'];
  readonly freeBlocks: SnapshotColumns['freeBlocks'];
  readonly inFlight: SnapshotColumns['inFlight'];

  constructor(whole: SnapshotColumns) {
    this.queueDepth = whole.queueDepth;
    this.batchSize = whole.batchSize;
    this.kvUtilization = whole.kvUtilization;
    this.freeBlocks = whole.freeBlocks;
    this.inFlight = whole.inFlight;
  }
}
