import { InputError, unknownName } from '../../../base/errors.ts';
import type { Json } from '../../../base/json.ts';
import type { AdmissionConfig, EngineConfig, GatewayConfig, HardwareSpec, RoutingConfig } from '../engine-config.ts';
import { resolveClassPools, type WrittenPools } from './class-pools.ts';
import { type ClusterSettings, DEFAULT_SETTINGS } from './cluster-settings.ts';
import { type InstanceRequest, resolveInstance } from './instance-settings.ts';
import { TRAINED_PHYSICS } from './latency-settings.ts';
import { catalogKey, DEFAULT_DEPLOYMENTS, MODEL_CONFIGS } from './model-catalog.ts';
import { parseModelConfig } from './model-config.ts';
import type { OffloadDocument } from './offload-config.ts';
import { pairRoutingWarnings } from './pair-routing-section.ts';
import type { PolicyBundle } from './policy-bundle.ts';
import { resolveDisaggregation } from './pool-settings.ts';
import type { ReferenceDefaults } from './reference-defaults.ts';
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
  const settings = endless({ ...DEFAULT_SETTINGS, ...batchLimits(request, given), ...given });
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

function resolveAdmission(settings: ClusterSettings, bundle: PolicyBundle, warnings: string[]): AdmissionConfig {
  const { admission } = bundle;
  switch (settings.admission_policy) {
    case 'token-bucket':
      return {
        kind: 'token-bucket',
        capacity: above0(settings, 'token_bucket_capacity'),
        refillPerSecond: above0(settings, 'token_bucket_refill_rate'),
      };
    case 'tier-shed': {
      const minPriority = admission.tierShedMinPriority ?? (admission.selectsTierShed ? 3 : 0);
      if (!admission.selectsTierShed && admission.tierShedMinPriority === null) {
        warnings.push('tier-shed chosen without admission.tier_shed_min_priority: it sheds below priority 0 only');
      }
      return { kind: 'tier-shed', threshold: admission.tierShedThreshold, minPriority };
    }
    case 'gaie-legacy':
      return { kind: 'gaie-legacy', queueDepth: admission.gaieQueueDepth, kvUtilization: admission.gaieKvUtilization };
    case 'reject-all':
      return { kind: 'reject-all' };
    default:
      return { kind: 'always-admit' };
  }
}

function resolveGateway(settings: ClusterSettings, warnings: string[]): GatewayConfig | null {
  if (!settings.flow_control) {
    for (const key of ['queue_shedding', 'in_flight_eviction'] as const) {
      if (settings[key]) warnings.push(`${key} has no effect without flow_control`);
    }
    return null;
  }
  if (settings.admission_policy !== 'always-admit') {
    warnings.push(`flow_control replaces the admission policy ${settings.admission_policy}`);
  }
  return {
    detector: resolveDetector(settings),
    dispatchOrder: settings.dispatch_order as GatewayConfig['dispatchOrder'],
    fairness: settings.fairness_policy as GatewayConfig['fairness'],
    sloTargetsUs: settings.slo_targets,
    maxDepth: settings.max_gateway_queue_depth,
    perBandCapacity: settings.per_band_capacity,
    usageLimit: settings.usage_limit_threshold,
    requestTtlUs: settings.request_ttl,
    shedding: settings.queue_shedding,
    inFlightEviction: settings.in_flight_eviction,
    tickUs: settings.dispatch_tick_interval || 1000,
  };
}

function resolveDetector(settings: ClusterSettings): GatewayConfig['detector'] {
  switch (settings.saturation_detector) {
    case 'utilization':
      return {
        kind: 'utilization',
        queueDepth: above0(settings, 'queue_depth_threshold'),
        kvUtilization: above0(settings, 'kv_cache_util_threshold'),
      };
    case 'concurrency':
      return { kind: 'concurrency', maxConcurrency: above0(settings, 'max_concurrency') };
    default:
      return { kind: 'never' };
  }
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

function above0<
  K extends
    | 'token_bucket_capacity'
    | 'token_bucket_refill_rate'
    | 'queue_depth_threshold'
    | 'kv_cache_util_threshold'
    | 'max_concurrency',
>(settings: ClusterSettings, key: K): number {
  if (settings[key] <= 0) throw new InputError(`must be > 0, got ${settings[key]}`, { path: [key] });
  return settings[key];
}

function infeasible(reason: string): ResolvedCluster {
  return { kind: 'infeasible', reason };
}
