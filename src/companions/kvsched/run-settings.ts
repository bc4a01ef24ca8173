import type { Fidelity, HeuristicWeights, PolicySettings } from '../../simulators/kvsched/scenario.ts';
import type { SchedulerName } from '../../simulators/kvsched/scheduler-names.ts';
import { type LinkMode, type RunSettings, resolvePolicy, resolveWeights } from '../../simulators/kvsched/settings.ts';
import type { ScenarioFile } from './scenario-file.ts';

/** Requests of a run where neither flag nor scenario says how many. */
export const DEFAULT_TICKS = 1000;

/** One combination of the prefetch and overlap switches. */
export interface Ablation {
  readonly prefetch: boolean;
  readonly overlap: boolean;
}

/** What is fixed for all runs of one command. */
export interface CommonSettings {
  readonly ticks: number | undefined;
  readonly fidelity: Fidelity;
  readonly links: LinkMode;
  readonly weights: Partial<HeuristicWeights>;
  readonly policy: Partial<PolicySettings>;
}

/** Settings of one run. Policy documents win over the switches. */
export function runSettings(
  { scenario, own }: Pick<ScenarioFile, 'scenario' | 'own'>,
  common: CommonSettings,
  one: Ablation & { readonly scheduler: SchedulerName; readonly seed: number },
): RunSettings {
  const switches = { enablePrefetch: one.prefetch, overlapRatio: one.overlap ? null : 0 };
  return {
    scheduler: one.scheduler,
    ticks: common.ticks ?? own.ticks ?? DEFAULT_TICKS,
    seed: one.seed,
    fidelity: common.fidelity,
    links: common.links,
    weights: resolveWeights(scenario.defaults.weights, common.weights),
    policy: resolvePolicy(scenario, switches, scenario.defaults.policy, common.policy),
  };
}
