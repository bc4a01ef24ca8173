import { SETTINGS } from '../../simulators/cluster/settings/cluster-settings.ts';
import { HARDWARE } from '../../simulators/cluster/settings/hardware-catalog.ts';
import { catalogKey, DEFAULT_DEPLOYMENTS, MODEL_CONFIGS } from '../../simulators/cluster/settings/model-catalog.ts';
import type { FlagNode } from '../terminal/completion/command-tree.ts';
import type { FlagValues } from '../terminal/completion/completion-words.ts';
import { flagName } from './flags.ts';
import { LOG_LEVELS } from './output.ts';

const FILES = [
  ...['policy-config', 'hardware-config', 'defaults-filepath', 'kv-offload-config', 'saturation-config'],
  ...['workload-spec', 'metrics-path', 'trace-output', 'results-path', 'trace-header', 'trace-data', 'itl-output'],
  ...['sim-results', 'sim-metrics', 'itl-data', 'report', 'spec', 'from'],
];
const FOLDERS = ['model-config-folder', 'path'];
const NAMES: Readonly<Record<string, readonly string[]>> = {
  model: modelNames(),
  hardware: Object.keys(HARDWARE),
  'prefill-hardware': Object.keys(HARDWARE),
  'decode-hardware': Object.keys(HARDWARE),
  workload: ['distribution', 'chatbot', 'summarization', 'contentgen', 'multidoc'],
  name: ['chatbot', 'contentgen', 'multidoc', 'summarization'],
  'trace-level': ['none', 'decisions'],
  'session-mode': ['fixed', 'closed-loop'],
  'api-format': ['completions', 'chat'],
  detectors: ['threshold'],
  time: ['midnight', 'morning', 'afternoon'],
  log: LOG_LEVELS,
};

/** What flags of `paretune blis` take; anything where nothing is known. */
export function blisFlagValues(): (flag: FlagNode) => FlagValues {
  const values: Record<string, FlagValues> = {};
  for (const [key, { rule }] of Object.entries(SETTINGS)) {
    if (rule.kind === 'choice') values[flagName(key)] = { kind: 'names', names: rule.names };
  }
  for (const name of FILES) values[name] = { kind: 'file' };
  for (const name of FOLDERS) values[name] = { kind: 'folder' };
  for (const [name, names] of Object.entries(NAMES)) values[name] = { kind: 'names', names };
  return ({ name, choices }) =>
    values[name] ?? (choices.length > 0 ? { kind: 'names', names: choices } : { kind: 'anything' });
}

/** Those that have a default GPU by their full names, the others as the catalogue has them. */
function modelNames(): readonly string[] {
  const full = DEFAULT_DEPLOYMENTS.map(({ model }) => model);
  const keys = new Set(full.map(catalogKey));
  return [...full, ...Object.keys(MODEL_CONFIGS).filter((key) => !keys.has(key))];
}
