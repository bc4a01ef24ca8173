import { InputError } from '../../../base/errors.ts';
import type { AdmissionConfig, GatewayConfig } from '../engine-config.ts';
import type { ClusterSettings } from './cluster-settings.ts';
import type { PolicyBundle } from './policy-bundle.ts';

/** Who may enter the cluster. */
export function resolveAdmission(settings: ClusterSettings, bundle: PolicyBundle, warnings: string[]): AdmissionConfig {
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

/** The queue in front of it; null = off. */
export function resolveGateway(settings: ClusterSettings, warnings: string[]): GatewayConfig | null {
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
