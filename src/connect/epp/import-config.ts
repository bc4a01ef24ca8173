import { InputError } from '../../base/errors.ts';
import type { Json } from '../../base/json.ts';
import { type DisaggregationParameters, disaggregationOf } from './disaggregation.ts';
import type { PluginsByName } from './findings.ts';
import { importFlowControl } from './import-flow-control.ts';
import { type ImportedProfile, importProfile, titled } from './import-profile.ts';
import type { ListedPlugin, PickerConfig, SchedulingProfile } from './picker-config.ts';

/** A configuration of the router as settings of a simulated cluster. */
export interface ImportedRouting {
  readonly settings: Readonly<Record<string, Json>>;
  /** Whether prefill and decode have profiles of their own. */
  readonly disaggregated: boolean;
  /** Plugins and parameters that the simulator does not have. */
  readonly leftOut: readonly string[];
}

/**
 * @param known - of a configuration that `checkConfig` has no problem with
 * @throws InputError naming the plugin without which routing would be another one
 */
export function importConfig(config: PickerConfig, known: PluginsByName): ImportedRouting {
  const handler = config.plugins.find(({ name }) => known.get(name)?.plugin.roles.includes('profile-handler'));
  const flow = importFlowControl(config, known);
  const routing = importProfiles(config, handler, known);
  const admitters = config.plugins.filter(({ name }) => known.get(name)?.plugin.roles.includes('admitter'));
  return {
    ...routing,
    settings: { routing_policy: 'weighted', ...routing.settings, ...flow.settings },
    leftOut: [...new Set([...routing.leftOut, ...admitters.map((one) => `admitter ${titled(one)}`), ...flow.leftOut])],
  };
}

function importProfiles(
  config: PickerConfig,
  handler: ListedPlugin | undefined,
  known: PluginsByName,
): ImportedRouting {
  const profiles = config.profiles ?? [everything(config, known)];
  if (handler === undefined) return single(importProfile(profiles[0]!, known));
  switch (handler.type) {
    case 'single-profile-handler':
      return single(importProfile(profiles[0]!, known));
    case 'data-parallel-profile-handler': {
      const routing = single(importProfile(profiles[0]!, known));
      return { ...routing, leftOut: [...routing.leftOut, 'data-parallel-profile-handler: ranks are not routed to'] };
    }
    case 'disagg-profile-handler':
      return disaggregated(profiles, disaggregationOf(handler.parameters), known);
    default:
      throw new InputError(`plugin ${titled(handler)}: its choice of profiles is not simulated`, {
        path: ['plugins', config.plugins.indexOf(handler)],
        suggestion: 'disagg-profile-handler and single-profile-handler are',
      });
  }
}

/** Without profiles the router puts every filter, scorer and picker into one. */
function everything({ plugins }: PickerConfig, known: PluginsByName): SchedulingProfile {
  const inProfiles = plugins.filter(({ name }) =>
    known.get(name)!.plugin.roles.some((role) => role === 'scorer' || role === 'filter' || role === 'picker'),
  );
  return { name: 'default', plugins: inProfiles.map(({ name }) => ({ ref: name, weight: null })) };
}

function single(profile: ImportedProfile): ImportedRouting {
  return {
    disaggregated: false,
    settings: {
      routing_scorers: listed(profile),
      ...profile.settings,
      ...(profile.affinity ? { affinity_filter: 'all' } : {}),
    },
    leftOut: profile.leftOut,
  };
}

function listed({ scorers }: ImportedProfile): Json {
  return Object.entries(scorers).map(([name, weight]) => ({ name, weight }));
}

function disaggregated(
  profiles: readonly SchedulingProfile[],
  { profiles: names, deciders, prefillFirst }: DisaggregationParameters,
  known: PluginsByName,
): ImportedRouting {
  const leftOut: string[] = [];
  if (deciders.encode !== null) leftOut.push(`disagg-profile-handler: encode stage by ${deciders.encode}`);
  if (prefillFirst) leftOut.push('disagg-profile-handler stageOrder prefill-first: decode is chosen first');
  const profile = (name: string): ImportedProfile => importProfile(profiles.find((one) => one.name === name)!, known);
  const decode = profile(names.decode);
  const decider = deciders.prefill === null ? undefined : known.get(deciders.prefill)!.listed;
  if (decider === undefined) {
    const alone = single(decode);
    return { ...alone, leftOut: [...alone.leftOut, ...leftOut] };
  }
  const prefill = profile(names.prefill);
  return {
    disaggregated: true,
    settings: {
      ...deciderSettings(decider),
      routing_scorers: listed(decode),
      prefill_routing_scorers: listed(prefill),
      decode_routing_scorers: listed(decode),
      ...joined(prefill, decode, leftOut),
    },
    leftOut: [...prefill.leftOut, ...decode.leftOut, ...leftOut],
  };
}

/** The router moves a request with N uncached tokens and more, the simulator with more than T: T = N − 1. */
function deciderSettings({ type, parameters }: ListedPlugin): Readonly<Record<string, Json>> {
  if (type === 'always-disagg-pd-decider') return { pd_decider: 'always' };
  const least = Number(parameters['nonCachedTokens'] ?? 0);
  if (type !== 'prefix-based-pd-decider' || least === 0) return { pd_decider: 'never' };
  const prompt = Number(parameters['promptTokens'] ?? 0);
  return {
    pd_decider: 'prefix-threshold',
    pd_prefix_threshold: least - 1,
    ...(prompt > 0 ? { pd_prompt_tokens: prompt } : {}),
  };
}

/** Settings of both profiles; where they differ, those of decode hold. */
function joined(prefill: ImportedProfile, decode: ImportedProfile, leftOut: string[]): Readonly<Record<string, Json>> {
  const picker = (profile: ImportedProfile): Json => profile.settings['picker'] ?? 'max-score';
  if (picker(prefill) !== picker(decode)) leftOut.push(`prefill profile: picker ${String(picker(prefill))}`);
  for (const [key, value] of Object.entries(prefill.settings)) {
    const other = decode.settings[key];
    if (key !== 'picker' && other !== undefined && other !== value) {
      leftOut.push(`prefill profile: ${key} ${String(value)}, decode has ${String(other)}`);
    }
  }
  const { picker: _, ...shared } = prefill.settings;
  const scope = prefill.affinity ? (decode.affinity ? 'all' : 'prefill') : decode.affinity ? 'decode' : null;
  return { ...shared, ...decode.settings, ...(scope === null ? {} : { affinity_filter: scope }) };
}
