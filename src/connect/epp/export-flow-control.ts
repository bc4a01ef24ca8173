import type { Json, JsonObject } from '../../base/json.ts';
import type { AdmissionConfig, GatewayConfig } from '../../simulators/cluster/engine-config.ts';
import type { PluginList } from './export-plugins.ts';
import type { RoutingPart } from './routing-part.ts';
import { NEVER_SATURATED } from './scorer-plugins.ts';

/** No queue holds as many requests. */
const UNBOUNDED = '1000000000';

/** Admission and the queue in front of the scheduler: sections of the document; their plugins join the list. */
export function exportFlowControl(
  { settings, config }: RoutingPart,
  plugins: PluginList,
  leftOut: string[],
): JsonObject {
  if (config.tenantBudgets !== null) leftOut.push('tenant_budgets');
  if (config.gateway === null) {
    addDetector(plugins, legacyDetector(config.admission, leftOut));
    return {};
  }
  const { gateway } = config;
  if (gateway.shedding) leftOut.push('queue_shedding');
  if (Object.keys(gateway.sloTargetsUs).length > 0) leftOut.push('slo_targets: the router reads them from headers');
  const detector = addDetector(plugins, detectorOf(gateway));
  return {
    featureGates: ['flowControl'],
    flowControl: {
      saturationDetector: { pluginRef: detector },
      ...(gateway.maxDepth > 0 ? { maxRequests: String(gateway.maxDepth) } : {}),
      defaultRequestTTL: goDuration(settings.request_ttl),
      defaultPriorityBand: band(gateway, plugins, leftOut),
      ...usageLimit(gateway, plugins),
      ...(gateway.inFlightEviction ? { enableEviction: true } : {}),
    },
  };
}

interface Detector {
  readonly type: string;
  readonly parameters: JsonObject;
}

function addDetector(plugins: PluginList, detector: Detector | null): string {
  return detector === null ? 'utilization-detector' : plugins.add(detector);
}

/** Without the queue the router turns requests of negative priority away while the detector says saturated. */
function legacyDetector(admission: AdmissionConfig, leftOut: string[]): Detector | null {
  switch (admission.kind) {
    case 'always-admit':
      return { type: 'utilization-detector', parameters: { ...NEVER_SATURATED } };
    case 'gaie-legacy':
      return utilization(admission, leftOut);
    case 'reject-all':
    case 'tier-shed':
    case 'token-bucket':
      leftOut.push(`admission policy ${admission.kind}`);
      return null;
    default:
      return admission satisfies never;
  }
}

function utilization(
  { queueDepth, kvUtilization }: { readonly queueDepth: number; readonly kvUtilization: number },
  leftOut: string[],
): Detector {
  const whole = Math.max(1, Math.round(queueDepth));
  if (whole !== queueDepth) leftOut.push(`queue depth threshold ${queueDepth}: the router takes integers`);
  return {
    type: 'utilization-detector',
    parameters: { queueDepthThreshold: whole, kvCacheUtilThreshold: kvUtilization },
  };
}

function detectorOf({ detector }: GatewayConfig): Detector {
  switch (detector.kind) {
    case 'never':
      return { type: 'utilization-detector', parameters: { ...NEVER_SATURATED } };
    case 'utilization':
      return utilization(detector, []);
    case 'concurrency':
      return { type: 'concurrency-detector', parameters: { maxConcurrency: detector.maxConcurrency } };
    default:
      return detector satisfies never;
  }
}

function band(gateway: GatewayConfig, plugins: PluginList, leftOut: string[]): Json {
  if (gateway.dispatchOrder === 'priority') leftOut.push('dispatch_order priority');
  return {
    priority: 0,
    maxRequests: gateway.perBandCapacity > 0 ? String(gateway.perBandCapacity) : UNBOUNDED,
    ...(gateway.dispatchOrder === 'slo-deadline'
      ? { orderingPolicyRef: plugins.add({ type: 'slo-deadline-ordering-policy' }) }
      : {}),
    ...(gateway.fairness === 'round-robin'
      ? { fairnessPolicyRef: plugins.add({ type: 'round-robin-fairness-policy' }) }
      : {}),
  };
}

function usageLimit({ usageLimit: threshold }: GatewayConfig, plugins: PluginList): JsonObject {
  if (threshold === 1) return {};
  return {
    usageLimitPolicyPluginRef: plugins.add({ type: 'static-usage-limit-policy', parameters: { threshold } }),
  };
}

function goDuration(us: number): string {
  if (us % 1e6 === 0) return `${us / 1e6}s`;
  return us % 1000 === 0 ? `${us / 1000}ms` : `${us}us`;
}
