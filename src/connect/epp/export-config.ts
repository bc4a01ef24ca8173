import type { Json, JsonObject } from '../../base/json.ts';
import type { ClusterConfig } from '../../simulators/cluster/settings/resolve-cluster.ts';
import type { Catalogue } from './catalogue.ts';
import { checkConfig } from './check-config.ts';
import { exportFlowControl } from './export-flow-control.ts';
import { type ExportedPlugin, PluginList } from './export-plugins.ts';
import { exportProfile, type ProfileParts } from './export-profile.ts';
import { API_VERSION, parsePickerConfig } from './picker-config.ts';
import type { RoutingPart } from './routing-part.ts';

export interface ExportedConfig {
  readonly document: JsonObject;
  /** What the router has no plugin or parameter for. */
  readonly leftOut: readonly string[];
  /** Where the router does nearly the same. */
  readonly notes: readonly string[];
  /** Types that need `--allow-experimental-plugins`. */
  readonly alpha: readonly string[];
}

/**
 * The routing part of a strategy as llm-d's `EndpointPickerConfig`, checked against the catalogue.
 * @throws RangeError when what was written does not pass the strict check
 */
export function exportConfig({ settings, config }: RoutingPart, catalogue: Catalogue): ExportedConfig {
  const leftOut: string[] = [];
  const notes: string[] = [];
  const plugins = new PluginList();
  if (settings.routing_policy !== 'weighted') leftOut.push(`routing_policy ${settings.routing_policy}`);
  const pools = config.disaggregation;
  if (pools !== null && pools.pairRouting !== null) leftOut.push('pd_routing pair-slo');
  if (pools !== null && pools.encode > 0) leftOut.push(`encode_decider ${pools.encodeDecider}`);
  const profiles = exportProfiles(config, { settings, plugins, leftOut, notes });
  if (config.gateway === null && config.admission.kind === 'always-admit') notes.push(NEVER_TURNED_AWAY);
  const flow = exportFlowControl({ settings, config }, plugins, leftOut);
  const document: JsonObject = {
    apiVersion: API_VERSION,
    kind: 'EndpointPickerConfig',
    plugins: plugins.written(),
    ...(plugins.has('precise-prefix-cache-producer') ? { dataLayer: PRECISE_DATA } : {}),
    schedulingProfiles: profiles,
    ...flow,
  };
  const alpha = plugins.types().filter((type) => catalogue.plugins[type]?.stability === 'Alpha');
  checked(document, catalogue);
  return { document, leftOut, notes, alpha };
}

/** One profile, or one each for prefill and decode with a handler that chooses. */
function exportProfiles({ routing, disaggregation: pools }: ClusterConfig, parts: ProfileParts): readonly JsonObject[] {
  const main = routing.scorers;
  if (pools === null) return [exportProfile({ name: 'default', scope: 'main', scorers: main, filters: [] }, parts)];
  const decode = { scope: 'decode', scorers: pools.decodeScorers ?? main, filters: ['decode-filter'] } as const;
  if (pools.decider === 'never') return [exportProfile({ name: 'default', ...decode }, parts)];
  const prefill = { scope: 'prefill', scorers: pools.prefillScorers ?? main, filters: ['prefill-filter'] } as const;
  const profiles = [
    exportProfile({ name: 'prefill', ...prefill }, parts),
    exportProfile({ name: 'decode', ...decode }, parts),
  ];
  addHandler(parts.plugins, pools);
  return profiles;
}

const NEVER_TURNED_AWAY =
  'utilization-detector has thresholds out of reach, so that requests of negative priority enter as simulated';

/** Cached blocks are heard of by events, for which instances are subscribed to. */
const PRECISE_DATA: Json = {
  sources: [
    {
      pluginRef: 'endpoint-notification-source',
      extractors: [{ pluginRef: 'precise-prefix-cache-producer' }],
    },
  ],
};

/** The simulator moves a request with more than T uncached tokens, the router with N and more: N = T + 1. */
function addHandler(
  plugins: PluginList,
  { decider, prefixThreshold, promptTokens = 0 }: NonNullable<ClusterConfig['disaggregation']>,
): void {
  const plugin: ExportedPlugin =
    decider === 'always'
      ? { type: 'always-disagg-pd-decider' }
      : {
          type: 'prefix-based-pd-decider',
          parameters: { nonCachedTokens: prefixThreshold + 1, ...(promptTokens > 0 ? { promptTokens } : {}) },
        };
  plugins.add(plugin);
  plugins.add({ type: 'disagg-profile-handler', parameters: { deciders: { prefill: plugin.type } } });
}

function checked(document: JsonObject, catalogue: Catalogue): void {
  const { problems, warnings } = checkConfig(parsePickerConfig(document), catalogue);
  const first = [...problems, ...warnings][0];
  if (first !== undefined) throw new RangeError(`an exported file does not pass: ${first.message}`);
}
