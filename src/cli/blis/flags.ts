import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Argv, Options } from 'yargs';
import { InputError } from '../../base/errors.ts';
import { isJsonObject, type Json } from '../../base/json.ts';
import { placed } from '../../document/yaml.ts';
import {
  type ClusterSettings,
  SETTING_ALIASES,
  SETTINGS,
  type SettingKey,
} from '../../simulators/cluster/settings/cluster-settings.ts';
import { parseSettings } from '../../simulators/cluster/settings/config.ts';
import { parseHardwareConfig } from '../../simulators/cluster/settings/hardware-catalog.ts';
import type { OffloadDocument } from '../../simulators/cluster/settings/offload-config.ts';
import { EMPTY_BUNDLE, type PolicyBundle, parsePolicyBundle } from '../../simulators/cluster/settings/policy-bundle.ts';
import { type ResolvedCluster, resolveCluster } from '../../simulators/cluster/settings/resolve-cluster.ts';
import { UNSUPPORTED_SETTINGS } from '../../simulators/cluster/settings/unsupported-settings.ts';
import { readYamlFile } from '../../study/io/yaml-file.ts';
import type { Flags } from '../terminal/command.ts';
import { lastValueWins, textFlag } from '../terminal/flags.ts';
import { readDefaultsFile } from './defaults-file.ts';
import { readJson } from './text-files.ts';

/** Where `blis` commands do as the reference does, and studies what is right. */
const BLIS_DEFAULTS: Partial<ClusterSettings> = { pool_rules: 'reference' };

/** Declares one flag per cluster setting, plus those that name files with parts of the configuration. */
export function declareClusterFlags(parser: Argv): Argv {
  const options: Record<string, Options> = {};
  for (const [key, setting] of Object.entries(SETTINGS)) {
    options[flagName(key)] = {
      type: setting.rule.kind === 'boolean' ? 'boolean' : 'string',
      describe: `${setting.summary}${defaultText(BLIS_DEFAULTS[key as SettingKey] ?? setting.default)}`,
      group: 'Cluster:',
    };
  }
  for (const [alias, key] of Object.entries(SETTING_ALIASES)) {
    options[flagName(alias)] = { type: 'string', describe: `old name of --${flagName(key)}`, hidden: true };
  }
  for (const name of Object.keys(UNSUPPORTED_SETTINGS)) options[flagName(name)] = { type: 'string', hidden: true };
  return lastValueWins(parser).options({
    ...options,
    'lazy-generation': {
      type: 'boolean',
      describe: 'accepted, without effect: requests are the same however they are generated',
      group: 'Workload:',
    },
    'policy-config': { type: 'string', describe: 'YAML file with policy sections', group: 'Files:' },
    'model-config-folder': { type: 'string', describe: 'folder with the config.json of the model', group: 'Files:' },
    'hardware-config': { type: 'string', describe: 'JSON file with GPU figures', group: 'Files:' },
    'defaults-filepath': {
      type: 'string',
      describe: 'defaults.yaml of BLIS instead of what is built in: GPU and TP of models, workloads, coefficients',
      group: 'Files:',
    },
    'kv-offload-config': { type: 'string', describe: 'YAML file with a kv_offload block', group: 'Files:' },
  });
}

export interface ClusterFlags {
  readonly cluster: Extract<ResolvedCluster, { kind: 'ready' }>;
  readonly bundle: PolicyBundle;
  readonly offload: OffloadDocument | null;
}

/** Values of unsupported flags that ask for nothing: the reference's defaults, written out. */
const INERT_VALUES: Readonly<Record<string, string>> = {
  model_autoscaler_interval_us: '0',
  lora_adapter_capacity: '0',
  lora_load_base_latency_us: '0',
};

/**
 * Reads and resolves them.
 * @param offload - from the header of a trace; by default that of the flag
 * @throws InputError naming the flag or the place in the file
 */
export function readClusterFlags(flags: Flags, offload = flaggedOffload(flags)): ClusterFlags {
  for (const [name, reason] of Object.entries(UNSUPPORTED_SETTINGS)) {
    const value = flags[flagName(name)];
    if (value === undefined || value === (INERT_VALUES[name] ?? '')) continue;
    throw new InputError(`--${flagName(name)} is not supported: ${reason}`);
  }
  const bundle = readBundle(textFlag(flags, 'policy-config'));
  const modelFolder = textFlag(flags, 'model-config-folder');
  const cluster = namingFlags(() =>
    resolveCluster({
      settings: { ...BLIS_DEFAULTS, ...givenSettings(flags) },
      bundle,
      modelConfig: modelFolder === undefined ? null : readModelConfig(modelFolder),
      hardware: readHardware(textFlag(flags, 'hardware-config')),
      offload,
      defaults: readDefaultsFile(flags),
    }),
  );
  if (cluster.kind === 'infeasible') throw new InputError(`the cluster cannot run: ${cluster.reason}`);
  return { cluster, bundle, offload };
}

export function flagName(key: string): string {
  return key.replaceAll('_', '-');
}

/** Turns paths that start with a setting into flags: `num_instances` → `--num-instances`. */
function namingFlags<T>(body: () => T): T {
  try {
    return body();
  } catch (error) {
    throw error instanceof InputError ? error.map(namingFlag) : error;
  }
}

function namingFlag(problem: InputError): InputError {
  const [first, ...rest] = problem.path;
  if (problem.position !== undefined || typeof first !== 'string' || first.startsWith('--')) return problem;
  return new InputError(problem.message, {
    path: [`--${flagName(first)}`, ...rest],
    ...(problem.suggestion === undefined ? {} : { suggestion: problem.suggestion }),
  });
}

function givenSettings(flags: Flags): Partial<ClusterSettings> {
  const given: Record<string, Json> = {};
  for (const key of [...Object.keys(SETTINGS), ...Object.keys(SETTING_ALIASES)]) {
    const value = flags[flagName(key)];
    if (value === undefined) continue;
    const isSwitch = SETTINGS[key as SettingKey]?.rule.kind === 'boolean';
    given[key] = isSwitch ? (value as boolean) : String(value);
  }
  return parseSettings(given, { zeroWeight: 'is-an-error' });
}

function defaultText(value: unknown): string {
  const shown = typeof value === 'number' || typeof value === 'string' ? String(value) : '';
  return shown === '' ? '' : ` [default: ${shown}]`;
}

function readBundle(file: string | undefined): PolicyBundle {
  if (file === undefined || file === '') return EMPTY_BUNDLE;
  const source = readYamlFile(file);
  return placed(source, 0, () => {
    if (!isJsonObject(source.value)) throw new InputError('must be a map of policy sections');
    return parsePolicyBundle(source.value, { zeroWeight: 'is-an-error' });
  });
}

function readModelConfig(folder: string): Json {
  const file = join(folder, 'config.json');
  if (!existsSync(file)) {
    throw new InputError(`no config.json in ${folder}`, { path: ['--model-config-folder'] });
  }
  return readJson(file);
}

function readHardware(file: string | undefined) {
  if (file === undefined) return null;
  const source = readYamlFile(file);
  return placed(source, 0, () => parseHardwareConfig(source.value));
}

function flaggedOffload(flags: Flags): OffloadDocument | null {
  const file = textFlag(flags, 'kv-offload-config');
  return file === undefined ? null : { document: readOffload(file), recorded: false };
}

function readOffload(file: string): Json {
  const source = readYamlFile(file);
  return placed(source, 0, () => {
    if (!isJsonObject(source.value) || source.value['kv_offload'] === undefined) {
      throw new InputError('must have the key kv_offload');
    }
    const other = Object.keys(source.value).find((key) => key !== 'kv_offload');
    if (other !== undefined) throw new InputError('unknown key; known: kv_offload', { path: [other] });
    return source.value['kv_offload'];
  });
}
