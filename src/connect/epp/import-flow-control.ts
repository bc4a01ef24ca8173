import type { Json } from '../../base/json.ts';
import { hasFlowControl } from './check-flow-control.ts';
import type { PluginsByName } from './findings.ts';
import type { FlowControl, ListedPlugin, PickerConfig } from './picker-config.ts';
import { NEVER_SATURATED } from './scorer-plugins.ts';

export interface ImportedFlowControl {
  readonly settings: Readonly<Record<string, Json>>;
  readonly leftOut: readonly string[];
}

/** Defaults of the router where the simulator has others. */
const BAND_CAPACITY = 5000;
const REQUEST_TTL_MS = 60_000;
const USUAL_STALENESS = '200ms';

/** Bands of so many requests are never full. */
const UNBOUNDED = 1e9;

/** Admission and the queue in front of the scheduler. */
export function importFlowControl(config: PickerConfig, known: PluginsByName): ImportedFlowControl {
  const name = config.flowControl?.saturationDetector ?? 'utilization-detector';
  const detector: ListedPlugin = known.get(name)?.listed ?? { name, type: name, parameters: {} };
  if (!hasFlowControl(config)) return legacyAdmission(detector);
  const leftOut = detectorLeftOut(detector);
  const settings: Record<string, Json> = { flow_control: true, ...detectorSettings(detector, leftOut) };
  const flow = config.flowControl;
  settings['request_ttl'] = (flow?.defaultRequestTtlMs ?? REQUEST_TTL_MS) * 1000;
  const capacity = flow?.defaultPriorityBand?.maxRequests || BAND_CAPACITY;
  settings['per_band_capacity'] = capacity >= UNBOUNDED ? 0 : capacity;
  if (flow === null) return { settings, leftOut };
  if (flow.maxRequests !== null && flow.maxRequests > 0) settings['max_gateway_queue_depth'] = flow.maxRequests;
  if (flow.maxBytes !== null && flow.maxBytes > 0) leftOut.push('flowControl.maxBytes');
  if (
    flow.noEndpointRequestTtlMs !== null &&
    flow.noEndpointRequestTtlMs !== (flow.defaultRequestTtlMs ?? REQUEST_TTL_MS)
  )
    leftOut.push('flowControl.noEndpointRequestTTL: endpoints are always there');
  if (flow.enableEviction) settings['in_flight_eviction'] = true;
  importBands(flow, known, settings, leftOut);
  importUsageLimit(flow, known, settings, leftOut);
  return { settings, leftOut };
}

/** Without the queue, requests of negative priority are turned away while the pool is saturated. */
function legacyAdmission(detector: ListedPlugin): ImportedFlowControl {
  if (detector.type !== 'utilization-detector') {
    return { settings: {}, leftOut: [`${detector.type} without flow control: everything is admitted`] };
  }
  const leftOut = detectorLeftOut(detector);
  const { queueDepthThreshold: depth, kvCacheUtilThreshold: use } = thresholds(detector);
  if (isNever(depth, use)) return { settings: {}, leftOut };
  return {
    settings: { admission: { policy: 'gaie-legacy', gaie_qd_threshold: depth, gaie_kv_threshold: use } },
    leftOut,
  };
}

/** Room above the thresholds, and how old a metric may be: the simulated detector has neither. */
function detectorLeftOut({ type, parameters }: ListedPlugin): string[] {
  const { headroom = 0, metricsStalenessThreshold: staleness = USUAL_STALENESS } = parameters;
  return [
    ...(headroom === 0 || headroom === null ? [] : [`${type} headroom ${String(headroom)}`]),
    ...(staleness === USUAL_STALENESS || staleness === null
      ? []
      : [
          `${type} metricsStalenessThreshold ${String(staleness)}: \`snapshot_refresh_interval\` says how old metrics are`,
        ]),
  ];
}

function isNever(queueDepth: number, kvUse: number): boolean {
  return queueDepth === NEVER_SATURATED.queueDepthThreshold && kvUse === NEVER_SATURATED.kvCacheUtilThreshold;
}

function thresholds({ parameters }: ListedPlugin): { queueDepthThreshold: number; kvCacheUtilThreshold: number } {
  return {
    queueDepthThreshold: Number(parameters['queueDepthThreshold'] ?? 5),
    kvCacheUtilThreshold: Number(parameters['kvCacheUtilThreshold'] ?? 0.8),
  };
}

function detectorSettings(detector: ListedPlugin, leftOut: string[]): Readonly<Record<string, Json>> {
  const { type, parameters } = detector;
  if (type === 'concurrency-detector') {
    const mode = parameters['concurrencyMode'] ?? 'requests';
    if (mode !== 'requests') leftOut.push(`concurrency-detector concurrencyMode ${String(mode)}: requests are counted`);
    return { saturation_detector: 'concurrency', max_concurrency: Number(parameters['maxConcurrency'] ?? 100) };
  }
  const { queueDepthThreshold, kvCacheUtilThreshold } = thresholds(detector);
  if (isNever(queueDepthThreshold, kvCacheUtilThreshold)) return { saturation_detector: 'never' };
  return {
    saturation_detector: 'utilization',
    queue_depth_threshold: queueDepthThreshold,
    kv_cache_util_threshold: kvCacheUtilThreshold,
  };
}

/** The simulator treats all bands alike: as the default band. */
function importBands(flow: FlowControl, known: PluginsByName, settings: Record<string, Json>, leftOut: string[]): void {
  const typeOf = (ref: string | null, usual: string): string =>
    ref === null ? usual : (known.get(ref)?.listed.type ?? ref);
  const read = (band: FlowControl['defaultPriorityBand']) => ({
    capacity: band?.maxRequests || BAND_CAPACITY,
    ordering: typeOf(band?.orderingPolicyRef ?? null, 'fcfs-ordering-policy'),
    fairness: typeOf(band?.fairnessPolicyRef ?? null, 'global-strict-fairness-policy'),
  });
  const usual = read(flow.defaultPriorityBand);
  const others = [
    ...flow.priorityBands.map((band, i) => [`flowControl.priorityBands[${i}]`, band] as const),
    ...(flow.defaultNegativePriorityBand === null
      ? []
      : [['flowControl.defaultNegativePriorityBand', flow.defaultNegativePriorityBand] as const]),
  ];
  for (const [place, band] of others) {
    const own = read(band);
    if (own.capacity !== usual.capacity)
      leftOut.push(`${place}.maxRequests ${own.capacity}: all bands hold ${usual.capacity}`);
    if (band?.maxBytes) leftOut.push(`${place}.maxBytes`);
    if (own.ordering !== usual.ordering) leftOut.push(`${place}.orderingPolicyRef ${own.ordering}`);
    if (own.fairness !== usual.fairness) leftOut.push(`${place}.fairnessPolicyRef ${own.fairness}`);
  }
  if (flow.defaultPriorityBand?.maxBytes) leftOut.push('flowControl.defaultPriorityBand.maxBytes');
  if (usual.ordering === 'slo-deadline-ordering-policy') settings['dispatch_order'] = 'slo-deadline';
  else if (usual.ordering !== 'fcfs-ordering-policy') leftOut.push(`ordering policy ${usual.ordering}`);
  if (usual.fairness === 'round-robin-fairness-policy') settings['fairness_policy'] = 'round-robin';
  else if (usual.fairness !== 'global-strict-fairness-policy') leftOut.push(`fairness policy ${usual.fairness}`);
}

function importUsageLimit(
  { usageLimitPolicyPluginRef: ref }: FlowControl,
  known: PluginsByName,
  settings: Record<string, Json>,
  leftOut: string[],
): void {
  const listed = ref === null ? undefined : known.get(ref)?.listed;
  if (listed === undefined) return;
  const threshold = listed.parameters['threshold'];
  if (listed.type !== 'static-usage-limit-policy') leftOut.push(`usage-limit policy ${listed.type}`);
  else if (typeof threshold === 'number' && threshold > 0) settings['usage_limit_threshold'] = threshold;
}
