import type { PythonRandom } from './python-random.ts';
import type { HeuristicWeights } from './scenario.ts';
import type { SchedulerName } from './scheduler-names.ts';
import type { RunPolicy } from './settings.ts';

/** What a scheduler may see of one request. */
export interface DecodeRequest {
  /** Index of the node that holds the KV cache. */
  readonly owner: number;
  readonly kvBytes: number;
  readonly maxNewTokens: number;
}

/** The cluster at the moment of a decision. */
export interface ClusterView {
  /** Nodes allowed to decode a request owned by `owner`, in node order; not empty. */
  candidates(owner: number): readonly number[];
  decodeLoad(node: number): number;
  memPressure(node: number): number;
  /** Transfer time with nothing hidden, in ms; 0 on the owner. */
  transferMs(owner: number, node: number, bytes: number): number;
}

export interface Placement {
  readonly target: number;
  readonly prefetch: boolean;
}

export type Scheduler = (request: DecodeRequest, cluster: ClusterView) => Placement;

export interface SchedulerOptions {
  readonly weights: HeuristicWeights;
  readonly policy: RunPolicy;
  /** A move must gain more than this score; 0 leaves the stay rule out, as the published program does. */
  readonly hysteresisMs: number;
  readonly rng: PythonRandom;
}

/** A scheduler for one run; `random` and `rr` carry state from call to call. */
export function createScheduler(name: SchedulerName, options: SchedulerOptions): Scheduler {
  switch (name) {
    case 'kv_heuristic':
      return kvHeuristic(options);
    case 'load_only':
      return (request, cluster) => stay(leastLoaded(cluster.candidates(request.owner), cluster));
    case 'kv_only':
      return (request) => stay(request.owner);
    case 'random':
      return (request, cluster) => {
        const candidates = cluster.candidates(request.owner);
        return stay(candidates[options.rng.index(candidates.length)]!);
      };
    case 'rr':
      return roundRobin();
    default:
      return name satisfies never;
  }
}

function stay(target: number): Placement {
  return { target, prefetch: false };
}

function roundRobin(): Scheduler {
  let calls = 0;
  return (request, cluster) => {
    const candidates = cluster.candidates(request.owner);
    return stay(candidates[calls++ % candidates.length]!);
  };
}

function leastLoaded(candidates: readonly number[], cluster: ClusterView): number {
  let best = candidates[0]!;
  for (const node of candidates) if (cluster.decodeLoad(node) < cluster.decodeLoad(best)) best = node;
  return best;
}

/** Least weighted sum of load, transfer time and memory pressure; the first of equal nodes wins. */
function kvHeuristic({ weights, policy, hysteresisMs }: SchedulerOptions): Scheduler {
  return ({ owner, kvBytes, maxNewTokens }, cluster) => {
    const score = (node: number): number =>
      weights.queue * cluster.decodeLoad(node) +
      weights.migrationMs * cluster.transferMs(owner, node, kvBytes) +
      weights.memPressure * cluster.memPressure(node);
    const candidates = cluster.candidates(owner);
    let target = candidates[0]!;
    let least = score(target);
    for (let i = 1; i < candidates.length; i++) {
      const value = score(candidates[i]!);
      if (value < least) {
        least = value;
        target = candidates[i]!;
      }
    }
    const mayStay = hysteresisMs > 0 && target !== owner && candidates.includes(owner);
    if (mayStay && score(owner) - least <= hysteresisMs) target = owner;
    const prefetch = target !== owner && policy.enablePrefetch && maxNewTokens >= policy.prefetchHorizonTokens;
    return { target, prefetch };
  };
}
