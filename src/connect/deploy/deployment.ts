import { InputError } from '../../base/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../base/json.ts';
import { shortText } from '../../base/short-text.ts';
import { resolveStrategyConfig } from '../../simulators/cluster/settings/config.ts';
import type { RoutingPart } from '../epp/routing-part.ts';

/** A strategy at one point. */
export interface FilledStrategy {
  readonly simulator: string;
  /** Policy modules of the strategy. */
  readonly policies: readonly string[];
  /** All holes filled. */
  readonly config: Json;
}

/** A strategy of the cluster with all its settings. */
export interface Deployment extends RoutingPart {
  readonly strategy: FilledStrategy;
  readonly written: JsonObject;
  /** What runs nowhere but in the simulator. */
  readonly leftOut: readonly string[];
}

/** @throws InputError for a strategy of another simulator, and for a point that cannot run */
export function deploymentOf(strategy: FilledStrategy): Deployment {
  if (strategy.simulator !== 'cluster') {
    throw new InputError(`a strategy of simulator ${shortText(strategy.simulator)} is no deployment of llm-d`, {
      suggestion: 'strategies of the cluster are',
    });
  }
  if (!isJsonObject(strategy.config)) throw new InputError('the configuration must be a map');
  const resolved = resolveStrategyConfig(strategy.config, 'any');
  if (resolved.kind !== 'ready') throw new InputError(`the point cannot run: ${resolved.reason}`);
  const leftOut = strategy.policies.map((file) => `policy module ${file}`);
  if (resolved.config.classPools !== undefined)
    leftOut.push('class_pools: a pool for each class is a deployment of its own');
  if ('kv_offload_threshold' in strategy.config) leftOut.push('kv_offload_threshold, which has no effect');
  return { strategy, written: strategy.config, settings: resolved.settings, config: resolved.config, leftOut };
}
