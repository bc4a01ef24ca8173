import { statSync } from 'node:fs';
import type { Argv } from 'yargs';
import { z } from 'zod';
import { InputError } from '../../base/errors.ts';
import type { JsonObject } from '../../base/json.ts';
import { shortText } from '../../base/short-text.ts';
import { type CommonSettings, DEFAULT_TICKS } from '../../companions/kvsched/run-settings.ts';
import type { ScenarioOptions } from '../../companions/kvsched/scenario-file.ts';
import { parseWith } from '../../document/schema.ts';
import { parseYaml, placed } from '../../document/yaml.ts';
import type { Fidelity } from '../../simulators/kvsched/scenario.ts';
import {
  decodeRoles,
  dynamics,
  fidelity,
  heuristicWeights,
  policySettings,
  seedTexts,
  ticks,
} from '../../simulators/kvsched/settings-schema.ts';
import { readYamlFile } from '../../study/io/yaml-file.ts';
import type { Flags } from '../terminal/command.ts';
import { switchFlag, textFlag } from '../terminal/flags.ts';
import { flagValue, schemaFlag } from '../terminal/schema-flag.ts';

/** More would not fit into memory. */
const MAX_TICKS = 10_000_000;

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
      choices: fidelity.options,
      default: 'wired',
      describe: "what the document says, or the published program's numbers",
    })
    .option('dynamics', {
      choices: dynamics.options,
      describe: 'loads walk at random, or follow the requests',
    })
    .option('gpu-latency', { type: 'boolean', describe: 'slower GPUs take longer' })
    .option('gpu-profiles', {
      type: 'string',
      describe: 'coefficients that fit-latency wrote, instead of the built-in ones; implies --gpu-latency',
    })
    .option('decode-roles', { type: 'string', describe: 'roles that may decode, e.g. decode' })
    .option('weights-json', { type: 'string', describe: 'weights of kv_heuristic: JSON or a file' })
    .option('policy-json', { type: 'string', describe: 'policy of kv_heuristic: JSON or a file' });
}

export function scenarioOptions(flags: Flags): ScenarioOptions {
  const over: Record<string, JsonObject[string]> = {};
  const dynamics = textFlag(flags, 'dynamics');
  if (dynamics !== undefined) over['dynamics'] = dynamics;
  if (switchFlag(flags, 'gpu-latency')) over['gpu_latency'] = true;
  const fitted = textFlag(flags, 'gpu-profiles');
  if (fitted !== undefined) {
    over['gpu_latency'] = true;
    over['gpu_ms_per_token'] = msPerToken(fitted);
  }
  const roles = textFlag(flags, 'decode-roles');
  if (roles !== undefined) over['decode_roles'] = flagValue('decode-roles', listOf(roles), decodeRoles);
  return { base: textFlag(flags, 'base') ?? null, fidelity: fidelityOf(flags), over };
}

const profile = z.looseObject({ beta_ms_per_token: z.number().gt(0) }).transform((fit) => fit.beta_ms_per_token);

/** Of a GPU with stages that of its prefill: the toy charges tokens there. */
const profiles = z.record(
  z.string(),
  z.union([profile, z.looseObject({ prefill: profile }).transform(({ prefill }) => prefill)], {
    error: 'must have beta_ms_per_token, by itself or of its prefill',
  }),
);

function msPerToken(file: string): Record<string, number> {
  const source = readYamlFile(file);
  return placed(source, 0, () => parseWith(profiles, source.value));
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

/** @throws InputError naming the flag */
export function commonSettings(flags: Flags): CommonSettings {
  const chosen = fidelityOf(flags);
  const behaviour = textFlag(flags, 'strict-behaviour') ?? (chosen === 'legacy' ? 'error' : 'skip');
  const links = !switchFlag(flags, 'strict-network') ? 'relaxed' : behaviour === 'error' ? 'error' : 'skip';
  return {
    ticks: schemaFlag(flags, 'ticks', ticks.max(MAX_TICKS)),
    fidelity: chosen,
    links,
    weights: jsonFlag(flags, 'weights-json', heuristicWeights) ?? {},
    policy: jsonFlag(flags, 'policy-json', policySettings) ?? {},
  };
}

/** Distinct integers of a comma-separated list. @throws InputError naming the flag */
export function seedsFlag(flags: Flags, name: string): readonly number[] {
  const items = listOf(textFlag(flags, name) ?? '');
  if (items.length === 0) throw new InputError(`--${name} needs at least one seed`);
  return [...new Set(flagValue(name, items, seedTexts))];
}

function jsonFlag<T>(flags: Flags, name: string, schema: z.ZodType<T>): T | undefined {
  const given = textFlag(flags, name);
  if (given === undefined) return undefined;
  const inline = given.trimStart().startsWith('{') || statSync(given, { throwIfNoEntry: false }) === undefined;
  if (inline && !given.trimStart().startsWith('{')) {
    throw new InputError(`--${name} must be a JSON object or the path of a file, got ${shortText(given)}`);
  }
  const source = inline ? parseYaml(given, `--${name}`) : readYamlFile(given);
  return placed(source, 0, () => parseWith(schema, source.value));
}
