import { InputError, nearestName } from '../../base/errors.ts';
import { Fields, type KeyPath } from './fields.ts';
import {
  DEFAULT_POLICY,
  DEFAULT_WEIGHTS,
  type Fidelity,
  type HeuristicWeights,
  type PolicySettings,
  type Scenario,
} from './scenario.ts';

export const SCHEDULERS = ['kv_heuristic', 'load_only', 'kv_only', 'random', 'rr'] as const;
export type SchedulerName = (typeof SCHEDULERS)[number];

const ALIASES: Readonly<Record<string, SchedulerName>> = {
  kv_aware: 'kv_heuristic',
  kaware: 'kv_heuristic',
  load: 'load_only',
  kv: 'kv_only',
  kv_affinity: 'kv_only',
  rand: 'random',
  round_robin: 'rr',
};

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

/** Canonical name of a scheduler. @throws InputError for a name that is neither a scheduler nor an alias */
export function schedulerName(name: string, path: KeyPath = []): SchedulerName {
  const found =
    SCHEDULERS.find((known) => known === name) ?? (Object.hasOwn(ALIASES, name) ? ALIASES[name] : undefined);
  if (found !== undefined) return found;
  const near = nearestName(name, [...SCHEDULERS, ...Object.keys(ALIASES)]);
  const hint = near === undefined ? '' : `did you mean "${near}"? `;
  throw new InputError(`Unknown scheduler: ${name}`, { path, suggestion: `${hint}known: ${SCHEDULERS.join(', ')}` });
}

/** Reads `w_queue`, `w_migration_ms`, `w_mem_pressure`; absent keys stay absent. @throws InputError */
export function readWeights(value: unknown, path: KeyPath): Partial<HeuristicWeights> {
  const fields = new Fields(value, path, ['w_queue', 'w_migration_ms', 'w_mem_pressure']);
  const weight = (key: string): number => fields.number(key, { min: 0 });
  return {
    ...(fields.has('w_queue') ? { queue: weight('w_queue') } : {}),
    ...(fields.has('w_migration_ms') ? { migrationMs: weight('w_migration_ms') } : {}),
    ...(fields.has('w_mem_pressure') ? { memPressure: weight('w_mem_pressure') } : {}),
  };
}

/** Reads the policy keys that are present. @throws InputError */
export function readPolicy(value: unknown, path: KeyPath): Partial<PolicySettings> {
  const fields = new Fields(value, path, [
    'hysteresis_ms',
    'enable_prefetch',
    'enable_overlap',
    'prefetch_horizon_tokens',
    'overlap_ratio',
  ]);
  return {
    ...(fields.has('hysteresis_ms') ? { hysteresisMs: fields.number('hysteresis_ms', { min: 0 }) } : {}),
    ...(fields.has('enable_prefetch') ? { enablePrefetch: fields.flag('enable_prefetch', true) } : {}),
    ...(fields.has('enable_overlap') ? { enableOverlap: fields.flag('enable_overlap', true) } : {}),
    ...(fields.has('prefetch_horizon_tokens')
      ? { prefetchHorizonTokens: fields.number('prefetch_horizon_tokens', { integer: true, min: 0 }) }
      : {}),
    ...(fields.has('overlap_ratio') ? { overlapRatio: fields.number('overlap_ratio', { min: 0, max: 1 }) } : {}),
  };
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
