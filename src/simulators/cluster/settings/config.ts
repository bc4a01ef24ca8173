import { InputError, unknownName, within } from '../../../base/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../../base/json.ts';
import { mapAll } from '../../../base/problem-list.ts';
import { CLASS_POOLS_SECTION, inClassPools, parseClassPools, type WrittenPools } from './class-pools.ts';
import { type ClusterSettings, SETTING_ALIASES, SETTINGS, type SettingKey } from './cluster-settings.ts';
import { parseHardwareConfig } from './hardware-catalog.ts';
import { BUNDLE_SECTIONS, parsePolicyBundle } from './policy-bundle.ts';
import { type ResolvedCluster, resolveCluster } from './resolve-cluster.ts';
import type { OwnScorers, ScorerRules } from './scorer-profile.ts';
import { readSetting } from './setting-values.ts';
import { COMMAND_LINE_NAMES, UNSUPPORTED_SETTINGS } from './unsupported-settings.ts';
import { ENGINE_DEFAULTS_KEY, type EngineDefaults, parseEngineDefaults } from './vllm-defaults.ts';

/** Settings of the strategy's policy modules, handed to them as they are. */
export const POLICY_KEY = 'policy';

/** Keys of a strategy's configuration that hold whole documents. */
const DOCUMENTS = ['model_config', 'hardware_config', 'kv_offload'] as const;

/**
 * Reads the configuration of a cluster strategy: settings by name, policy sections as in a policy file, and inline
 * documents (`model_config`, `hardware_config`, `kv_offload`). The key `policy` belongs to the policy modules.
 * @param ownScorers - names that policy modules add
 * @throws InputError whose path starts at the configuration
 */
export function resolveStrategyConfig(config: Json, ownScorers: OwnScorers = []): ResolvedCluster {
  if (!isJsonObject(config)) throw new InputError('must be a map of cluster settings');
  const rules = { zeroWeight: 'drops', ownScorers } as const;
  const sections: Record<string, Json> = {};
  const documents: Partial<Record<(typeof DOCUMENTS)[number], Json>> = {};
  const settings: Record<string, Json> = {};
  let classPools: WrittenPools = {};
  let engineDefaults: EngineDefaults = 'blis';
  for (const [key, value] of Object.entries(config)) {
    if (key === POLICY_KEY) continue;
    if (key === ENGINE_DEFAULTS_KEY) engineDefaults = parseEngineDefaults(value);
    else if (key === CLASS_POOLS_SECTION) classPools = inClassPools(() => parseClassPools(value));
    else if (isSection(key)) sections[key] = value;
    else if (isDocument(key)) documents[key] = value;
    else settings[key] = value;
  }
  return resolveCluster({
    settings: parseSettings(settings, rules),
    bundle: parsePolicyBundle(sections, rules),
    classPools,
    engineDefaults,
    modelConfig: documents.model_config ?? null,
    hardware: parseOwnHardware(documents.hardware_config),
    offload: documents.kv_offload === undefined ? null : { document: documents.kv_offload, recorded: false },
    defaults: null,
  });
}

/** Checks all settings. @throws InputError for unknown and unsupported names and for values outside the rule */
export function parseSettings(given: JsonObject, rules: ScorerRules): Partial<ClusterSettings> {
  const settings: Record<string, unknown> = {};
  mapAll(Object.entries(given), ([name, value]) => {
    const key = settingKey(name);
    if (Object.hasOwn(settings, key)) throw new InputError(`${key} is given twice`, { path: [name] });
    settings[key] = within([name], () => readSetting(SETTINGS[key].rule, value, rules));
  });
  return settings as Partial<ClusterSettings>;
}

/** @throws InputError for a name that is unknown, or known and not supported */
function settingKey(name: string): SettingKey {
  if (Object.hasOwn(SETTINGS, name)) return name as SettingKey;
  const alias = Object.hasOwn(SETTING_ALIASES, name) ? SETTING_ALIASES[name] : undefined;
  if (alias !== undefined) return alias;
  for (const refused of [UNSUPPORTED_SETTINGS, COMMAND_LINE_NAMES]) {
    if (Object.hasOwn(refused, name)) throw new InputError(`not supported: ${refused[name]}`, { path: [name] });
  }
  throw unknownName(
    'setting',
    name,
    [...Object.keys(SETTINGS), ...BUNDLE_SECTIONS, CLASS_POOLS_SECTION, ENGINE_DEFAULTS_KEY, ...DOCUMENTS, POLICY_KEY],
    {
      path: [name],
    },
  );
}

function parseOwnHardware(document: Json | undefined) {
  if (document === undefined) return null;
  return within(['hardware_config'], () => parseHardwareConfig(document));
}

/** `scheduler` is a setting and a section with the same meaning: one reading is enough. */
function isSection(key: string): boolean {
  return key !== 'scheduler' && (BUNDLE_SECTIONS as readonly string[]).includes(key);
}

function isDocument(key: string): key is (typeof DOCUMENTS)[number] {
  return (DOCUMENTS as readonly string[]).includes(key);
}
