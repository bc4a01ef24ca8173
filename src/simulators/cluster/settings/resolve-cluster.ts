import { InputError, unknownName } from '../../../base/errors.ts';
import type { Json } from '../../../base/json.ts';
import type { EngineConfig, HardwareSpec, RoutingConfig } from '../engine-config.ts';
import { resolveClassPools, type WrittenPools } from './class-pools.ts';
import { type ClusterSettings, DEFAULT_SETTINGS } from './cluster-settings.ts';
import { resolveAdmission, resolveGateway } from './gateway-settings.ts';
import { type InstanceRequest, resolveInstance } from './instance-settings.ts';
import { TRAINED_PHYSICS } from './latency-settings.ts';
import { catalogKey, DEFAULT_DEPLOYMENTS, MODEL_CONFIGS } from './model-catalog.ts';
import { parseModelConfig } from './model-config.ts';
import type { OffloadDocument } from './offload-config.ts';
import { pairRoutingWarnings } from './pair-routing-section.ts';
import type { PolicyBundle } from './policy-bundle.ts';
import { resolveDisaggregation } from './pool-settings.ts';
import type { ReferenceDefaults } from './reference-defaults.ts';
import { routerRules } from './router-rules.ts';
import { DEFAULT_SCORERS } from './scorer-profile.ts';
import { batchLimits, type EngineDefaults } from './vllm-defaults.ts';

export interface ClusterRequest {
  /** What the user said, setting by setting. */
  readonly settings: Partial<ClusterSettings>;
  readonly bundle: PolicyBundle;
  /** Instances of their own for SLO classes; absent = none. */
  readonly classPools?: WrittenPools;
  /** Whose defaults hold for the limits of a batch; absent = the reference's. */
  readonly engineDefaults?: EngineDefaults;
  /** A parsed `config.json` instead of the catalogue's. */
  readonly modelConfig: Json | null;
  /** Replaces the built-in GPU list. */
  readonly hardware: Readonly<Record<string, HardwareSpec>> | null;
  readonly offload: OffloadDocument | null;
  /** Replaces what is built in of GPUs of models and coefficients. */
  readonly defaults: ReferenceDefaults | null;
}

/** All of `EngineConfig` that does not depend on the run. */
export type ClusterConfig = Omit<EngineConfig, 'seed' | 'horizonUs' | 'traceDecisions' | 'counterfactualK'>;

export type ResolvedCluster =
  | {
      readonly kind: 'ready';
      readonly config: ClusterConfig;
      readonly settings: ClusterSettings;
      readonly warnings: readonly string[];
    }
  /** Every value is allowed, but together they cannot run. */
  | { readonly kind: 'infeasible'; readonly reason: string };

const SLO_PRIORITIES = { critical: 4, standard: 3, batch: -1, sheddable: -2, background: -3 };

/**
 * Turns settings and policy sections into what the engine runs. A setting given by itself wins over the bundle,
 * the bundle wins over the default.
 * @throws InputError with the name of the setting as path
 */
export function resolveCluster(request: ClusterRequest): ResolvedCluster {
  const { bundle } = request;
  const given = { ...bundle.settings, ...withoutEmptyScorers(request.settings) };
  const settings = endless(withSchedulingPolicy({ ...DEFAULT_SETTINGS, ...batchLimits(request, given), ...given }));
  const warnings = [...bundle.warnings];
  const routing = resolveRouting(settings, warnings);
  if (routing === undefined) return infeasible('every routing scorer has weight 0');
  const base = instanceRequest(request, settings, warnings);
  const instance = resolveInstance(base);
  if (instance.kind === 'infeasible') return instance;
  const disaggregation = resolveDisaggregation(settings, base, instance.config, bundle.pairRouting);
  if (disaggregation.kind === 'infeasible') return disaggregation;
  const pools = resolveClassPools(request.classPools ?? {}, settings, instance.config);
  if (pools.kind === 'infeasible') return pools;
  const cluster = { hasPools: disaggregation.config !== null, decider: settings.pd_decider };
  warnings.push(...pairRoutingWarnings(bundle.pairRouting, cluster));
  return {
    kind: 'ready',
    config: {
      model: settings.model!.toLowerCase(),
      instances: settings.num_instances,
      admissionLatencyUs: settings.admission_latency,
      routingLatencyUs: settings.routing_latency,
      snapshotRefreshUs: settings.snapshot_refresh_interval,
      cacheSignalDelayUs: settings.cache_signal_delay,
      routing,
      ...routerRules(settings),
      admission: resolveAdmission(settings, bundle, warnings),
      sloPriorities: { ...SLO_PRIORITIES, ...bundle.admission.sloPriorities },
      tenantBudgets: bundle.tenantBudgets,
      gateway: resolveGateway(settings, warnings),
      disaggregation: disaggregation.config,
      instance: instance.config,
      ...(pools.pools.length === 0 ? {} : { classPools: pools.pools }),
    },
    settings,
    warnings,
  };
}

/** A horizon beyond exact doubles, such as the reference's default of 2^63 − 1, is none. */
function endless(settings: ClusterSettings): ClusterSettings {
  const { horizon } = settings;
  return horizon !== null && horizon > Number.MAX_SAFE_INTEGER
    ? { ...settings, horizon: Number.POSITIVE_INFINITY }
    : settings;
}

/** vLLM's one policy decides the order of the wait queue and whom to preempt. */
function withSchedulingPolicy(settings: ClusterSettings): ClusterSettings {
  switch (settings.scheduling_policy) {
    case 'fcfs':
      return { ...settings, scheduler: 'fcfs', preemption_policy: 'fcfs' };
    case 'priority':
      return { ...settings, scheduler: 'priority-fcfs', preemption_policy: 'priority' };
    default:
      return settings;
  }
}

/** An empty profile by flag leaves the choice to the bundle. */
function withoutEmptyScorers(settings: Partial<ClusterSettings>): Partial<ClusterSettings> {
  if (settings.routing_scorers === undefined || settings.routing_scorers.length > 0) return settings;
  const { routing_scorers: _, ...rest } = settings;
  return rest;
}

/** undefined when the chosen profile has no positive weight left. */
function resolveRouting(settings: ClusterSettings, warnings: string[]): RoutingConfig | undefined {
  const policy = settings.routing_policy as RoutingConfig['policy'];
  const chosen = settings.routing_scorers;
  if (policy !== 'weighted') {
    if (chosen.length > 0) warnings.push(`routing_scorers has no effect with routing_policy ${policy}`);
    return { policy, scorers: [] };
  }
  if (chosen.length === 0) return { policy, scorers: DEFAULT_SCORERS };
  const scorers = chosen.filter((scorer) => scorer.weight > 0);
  return scorers.length > 0 ? { policy, scorers } : undefined;
}

function instanceRequest(request: ClusterRequest, settings: ClusterSettings, warnings: string[]): InstanceRequest {
  if (settings.model === null) throw new InputError('a model is required', { path: ['model'] });
  const model = settings.model.toLowerCase();
  const parsed = parseModel(request.modelConfig, model);
  const deployments = request.defaults?.deployments ?? DEFAULT_DEPLOYMENTS;
  const deployment = deployments.find((row) => row.model === model);
  const hardware = settings.hardware ?? deployment?.hardware;
  const tp = settings.tp ?? deployment?.tp;
  if (hardware === undefined) throw noDefault('hardware', model);
  if (tp === undefined) throw noDefault('tp', model);
  return {
    settings,
    model: parsed,
    catalogKey: catalogKey(model),
    hardware,
    tp,
    latencyModel: settings.latency_model,
    stepTimesOf: null,
    trained: request.defaults === null ? TRAINED_PHYSICS : request.defaults.trainedPhysics,
    maxModelLen: settings.max_model_len,
    ownHardware: request.hardware,
    offload: request.offload,
    warnings,
  };
}

function parseModel(own: Json | null, model: string) {
  const key = catalogKey(model);
  if (own !== null) {
    try {
      return parseModelConfig(own, model);
    } catch (error) {
      throw error instanceof InputError ? error.at({ prefix: ['model_config'] }) : error;
    }
  }
  const known = Object.hasOwn(MODEL_CONFIGS, key) ? MODEL_CONFIGS[key] : undefined;
  if (known === undefined) throw unknownName('model', model, Object.keys(MODEL_CONFIGS), { path: ['model'] });
  return parseModelConfig(known, model);
}

function noDefault(key: string, model: string): InputError {
  return new InputError(`is required: ${model} has no default`, { path: [key] });
}

function infeasible(reason: string): ResolvedCluster {
  return { kind: 'infeasible', reason };
}
