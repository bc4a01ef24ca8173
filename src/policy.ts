/**
 * Public entry for policy modules of the cluster. Everything a policy may rest on is named here; the modules behind it may
 * move.
 *
 * @example
 * ```ts
 * import { type ClusterPolicy, readParameters } from 'paretune/policy';
 *
 * const create: ClusterPolicy = (settings) => {
 *   const { tokens } = readParameters(settings, { tokens: { min: 1, max: 1e6 } });
 *   return { prefillThreshold: () => tokens };
 * };
 * export default create;
 * ```
 */
export { InputError, unknownName } from './base/errors.ts';
export { isJsonObject, type JsonObject } from './base/json.ts';
export { TieredKv as PressureTier } from './simulators/cluster/kv/mirror/tiered-kv.ts';
export type {
  AdmissionPolicy,
  EngineEvent,
  EngineHooks,
  InstanceLoad,
  InstanceView,
  PausePolicy,
  PrefillThreshold,
  PriorityPolicy,
  RequestView,
  RoutingHint,
  Scheduler,
  SchedulingContext,
  Scorer,
  StepTokens,
} from './simulators/cluster/policy/policy.ts';
export type { ClusterPolicy } from './simulators/cluster/policy/policy-modules.ts';
export { type PolicyRange, readParameters } from './simulators/cluster/policy/policy-parameters.ts';
