import {
  DEFAULT_POLICY,
  DEFAULT_WEIGHTS,
  type Fidelity,
  type HeuristicWeights,
  type PolicySettings,
  type Scenario,
} from './scenario.ts';
import type { SchedulerName } from './scheduler-names.ts';

/**
 * What to do where strict links leave a pair without a link: `relaxed` falls back to the reversed or the default
 * link, `skip` makes the destination unreachable, `error` refuses the run.
 */
export type LinkMode = 'relaxed' | 'skip' | 'error';

/** Everything a run needs besides its scenario. */
export interface RunSettings {
  readonly scheduler: SchedulerName;
  readonly ticks: number;
  /** Seeds the dynamics, the random scheduler and the workload: three streams with equal seeds. */
  readonly seed: number;
  readonly fidelity: Fidelity;
  readonly links: LinkMode;
  readonly weights: HeuristicWeights;
  readonly policy: RunPolicy;
}

/** Policy with its overlap resolved to one ratio. */
export interface RunPolicy {
  readonly hysteresisMs: number;
  readonly enablePrefetch: boolean;
  readonly prefetchHorizonTokens: number;
  readonly overlapRatio: number;
}

export function resolveWeights(...layers: readonly Partial<HeuristicWeights>[]): HeuristicWeights {
  return Object.assign({}, DEFAULT_WEIGHTS, ...layers) as HeuristicWeights;
}

/** Later layers win. */
export function resolvePolicy(scenario: Scenario, ...layers: readonly Partial<PolicySettings>[]): RunPolicy {
  const policy = Object.assign({}, DEFAULT_POLICY, ...layers) as PolicySettings;
  return {
    hysteresisMs: policy.hysteresisMs,
    enablePrefetch: policy.enablePrefetch,
    prefetchHorizonTokens: policy.prefetchHorizonTokens,
    overlapRatio: policy.enableOverlap ? (policy.overlapRatio ?? scenario.network?.overlapRatio ?? 0) : 0,
  };
}
