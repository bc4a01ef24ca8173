import { statSync } from 'node:fs';
import type { Argv } from 'yargs';
import { InputError } from '../../base/errors.ts';
import type { JsonObject } from '../../base/json.ts';
import { shortText } from '../../base/short-text.ts';
import type { ScenarioFile, ScenarioOptions } from '../../companions/kvsched/scenario-file.ts';
import { parseYaml, placed } from '../../document/yaml.ts';
import { readRoles } from '../../simulators/kvsched/read-scenario.ts';
import type { Fidelity, HeuristicWeights, PolicySettings } from '../../simulators/kvsched/scenario.ts';
import {
  type LinkMode,
  type RunSettings,
  readPolicy,
  readWeights,
  resolvePolicy,
  resolveWeights,
  schedulerName,
} from '../../simulators/kvsched/settings.ts';
import { readYamlFile } from '../../study/io/yaml-file.ts';
import type { Flags } from '../terminal/command.ts';
import { integerFlag, switchFlag, textFlag } from '../terminal/flags.ts';

export const DEFAULT_TICKS = 1000;
const MAX_TICKS = 10_000_000;

/** One combination of the prefetch and overlap switches. */
export interface Ablation {
  readonly prefetch: boolean;
  readonly overlap: boolean;
}

/** Flags that mean the same in `run` and `batch`. */
export function simulationFlags(parser: Argv): Argv {
  return parser
    .option('base', { type: 'string', describe: 'base scenario; default: the built-in one' })
    .option('ticks', { type: 'number', describe: `requests per run; default: the scenario's, else ${DEFAULT_TICKS}` })
    .option('prefetch', { type: 'boolean', describe: 'kv_heuristic starts transfers ahead of decoding' })
    .option('overlap', { type: 'boolean', describe: 'transfers run beside computation' })
    .option('strict-network', { type: 'boolean', describe: 'only the links of the scenario exist' })
    .option('strict-behaviour', {
      choices: ['skip', 'error'] as const,
      describe: 'a pair without a link is skipped, or ends the run (default: skip; legacy: error)',
    })
    .option('fidelity', {
      choices: ['wired', 'legacy'] as const,
      default: 'wired',
      describe: "what the document says, or the published program's numbers",
    })
    .option('dynamics', {
      choices: ['walk', 'queue'] as const,
      describe: 'loads walk at random, or follow the requests',
    })
    .option('gpu-latency', { type: 'boolean', describe: 'slower GPUs take longer' })
    .option('decode-roles', { type: 'string', describe: 'roles that may decode, e.g. decode' })
    .option('weights-json', { type: 'string', describe: 'weights of kv_heuristic: JSON or a file' })
    .option('policy-json', { type: 'string', describe: 'policy of kv_heuristic: JSON or a file' });
}

export function scenarioOptions(flags: Flags): ScenarioOptions {
  const over: Record<string, JsonObject[string]> = {};
  const dynamics = textFlag(flags, 'dynamics');
  if (dynamics !== undefined) over['dynamics'] = dynamics;
  if (switchFlag(flags, 'gpu-latency')) over['gpu_latency'] = true;
  const roles = textFlag(flags, 'decode-roles');
  if (roles !== undefined) over['decode_roles'] = readRoles(listOf(roles), ['--decode-roles']);
  return { base: textFlag(flags, 'base') ?? null, fidelity: fidelityOf(flags), over };
}

export function fidelityOf(flags: Flags): Fidelity {
  return flags['fidelity'] === 'legacy' ? 'legacy' : 'wired';
}

/** Items of a comma-separated list. */
export function listOf(text: string): readonly string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

/** What the command line fixes for all of its runs. */
export interface CommonSettings {
  readonly ticks: number | undefined;
  readonly fidelity: Fidelity;
  readonly links: LinkMode;
  readonly weights: Partial<HeuristicWeights>;
  readonly policy: Partial<PolicySettings>;
}

/** @throws InputError naming the flag */
export function commonSettings(flags: Flags): CommonSettings {
  const fidelity = fidelityOf(flags);
  const behaviour = textFlag(flags, 'strict-behaviour') ?? (fidelity === 'legacy' ? 'error' : 'skip');
  const links = !switchFlag(flags, 'strict-network') ? 'relaxed' : behaviour === 'error' ? 'error' : 'skip';
  return {
    ticks: integerFlag(flags, 'ticks', 1, MAX_TICKS),
    fidelity,
    links,
    weights: jsonFlag(flags, 'weights-json', readWeights),
    policy: jsonFlag(flags, 'policy-json', readPolicy),
  };
}

/** Settings of one run. Policy documents win over the switches. */
export function runSettings(
  { scenario, own }: Pick<ScenarioFile, 'scenario' | 'own'>,
  common: CommonSettings,
  one: Ablation & { readonly scheduler: string; readonly seed: number },
): RunSettings {
  const switches = { enablePrefetch: one.prefetch, overlapRatio: one.overlap ? null : 0 };
  return {
    scheduler: schedulerName(one.scheduler),
    ticks: common.ticks ?? own.ticks ?? DEFAULT_TICKS,
    seed: one.seed,
    fidelity: common.fidelity,
    links: common.links,
    weights: resolveWeights(scenario.defaults.weights, common.weights),
    policy: resolvePolicy(scenario, switches, scenario.defaults.policy, common.policy),
  };
}

/** Distinct integers of a comma-separated list. @throws InputError naming the flag */
export function seedsFlag(flags: Flags, name: string): readonly number[] {
  const items = listOf(textFlag(flags, name) ?? '');
  if (items.length === 0) throw new InputError(`--${name} needs at least one seed`);
  const seeds = items.map((item) => {
    const seed = Number(item);
    if (!Number.isSafeInteger(seed)) throw new InputError(`--${name} must list integers, got ${shortText(item)}`);
    return seed;
  });
  return [...new Set(seeds)];
}

function jsonFlag<T>(flags: Flags, name: string, read: (value: unknown, path: readonly string[]) => T): T | object {
  const given = textFlag(flags, name);
  if (given === undefined) return {};
  const inline = given.trimStart().startsWith('{') || statSync(given, { throwIfNoEntry: false }) === undefined;
  if (inline && !given.trimStart().startsWith('{')) {
    throw new InputError(`--${name} must be a JSON object or the path of a file, got ${shortText(given)}`);
  }
  const source = inline ? parseYaml(given, `--${name}`) : readYamlFile(given);
  return placed(source, 0, () => read(source.value, []));
}
