import { InputError } from '../../base/errors.ts';
import type { Json, JsonObject } from '../../base/json.ts';
import type { PickerFile } from '../epp/read-picker-file.ts';
import { type EngineOptions, type ImportedEngine, importEngine } from '../vllm/engine-settings.ts';
import type { VllmArgs } from '../vllm/read-args.ts';
import type { HelmValues } from './read-helm-values.ts';
import { readSimulatedWith } from './simulated-with.ts';

export interface DeploymentSources {
  readonly picker: PickerFile;
  /** Of all files, for what exported ones say in comments. */
  readonly texts: readonly string[];
  readonly helm: HelmValues | null;
  /** Of a `vllm serve` line; they win over those of the Helm values. */
  readonly args: VllmArgs | null;
  readonly engine: EngineOptions;
  /** Numbers that were said; null = those of the Helm values, or assumed. */
  readonly instances: number | null;
  readonly prefillInstances: number | null;
}

export interface ImportedDeployment {
  /** Settings of a cluster strategy. */
  readonly settings: JsonObject;
  /** What the simulator does not have, by name. */
  readonly leftOut: readonly string[];
  /** What was assumed. */
  readonly notes: readonly string[];
}

const USUAL_INSTANCES = 4;

/** Today's deployment as settings of a simulated cluster. @throws InputError for what cannot be simulated at all */
export function importDeployment(sources: DeploymentSources): ImportedDeployment {
  const { picker, helm, args } = sources;
  const { routing } = picker;
  const decode = importEngine(merged(helm?.decode?.args, args), sources.engine);
  const prefill = routing.disaggregated ? prefillSettings(sources, decode) : { settings: {}, leftOut: [] };
  const notes = [...decode.notes];
  const instances = routing.disaggregated ? pools(sources, notes) : { num_instances: count(sources, notes) };
  const settings: Record<string, Json> = {
    ...decode.settings,
    ...instances,
    ...prefill.settings,
    ...routing.settings,
  };
  adaptPrefixBlocks(settings, picker);
  for (const [key, value] of Object.entries(readSimulatedWith(sources.texts.join('\n')))) {
    if (key in settings || key === 'total_kv_blocks') settings[key] = value;
  }
  const leftOut = [...routing.leftOut, ...decode.leftOut, ...prefill.leftOut];
  return { settings, leftOut: [...new Set(leftOut)], notes };
}

/** Flags of the second win. */
function merged(first: VllmArgs | undefined, second: VllmArgs | null): VllmArgs {
  return {
    values: { ...first?.values, ...second?.values },
    others: [...(first?.others ?? []), ...(second?.others ?? [])],
  };
}

function count({ instances, helm }: DeploymentSources, notes: string[]): number {
  const found = instances ?? helm?.decode?.replicas ?? null;
  if (found !== null && found > 0) return found;
  notes.push(`${USUAL_INSTANCES} instances (say otherwise with --instances)`);
  return USUAL_INSTANCES;
}

function pools(
  { instances, prefillInstances, helm }: DeploymentSources,
  notes: string[],
): Readonly<Record<string, Json>> {
  const replicas = { prefill: helm?.prefill?.replicas ?? null, decode: helm?.decode?.replicas ?? null };
  const fromHelm = replicas.prefill !== null && replicas.decode !== null ? replicas.prefill + replicas.decode : null;
  const total = instances ?? fromHelm ?? USUAL_INSTANCES;
  const prefill =
    prefillInstances ?? (instances === null ? replicas.prefill : null) ?? Math.max(1, Math.floor(total / 2));
  if (prefill >= total || prefill < 1) {
    throw new InputError(`prefill instances must leave one of ${total} for decode, got ${prefill}`, {
      path: ['--prefill-instances'],
      suggestion: 'raise --instances',
    });
  }
  if (instances === null && fromHelm === null) notes.push(`${total} instances (say otherwise with --instances)`);
  if (prefillInstances === null && replicas.prefill === null) {
    notes.push(`${prefill} of them for prefill (say otherwise with --prefill-instances)`);
  }
  return { num_instances: total, prefill_instances: prefill, decode_instances: total - prefill };
}

/** Settings that prefill instances may have of their own in the simulator. */
const OWN_OF_PREFILL: Readonly<Record<string, string>> = { tp: 'prefill_tp', max_model_len: 'prefill_max_model_len' };

function prefillSettings(
  { helm, args, engine }: DeploymentSources,
  decode: ImportedEngine,
): { readonly settings: Readonly<Record<string, Json>>; readonly leftOut: readonly string[] } {
  if (helm?.prefill == null) return { settings: {}, leftOut: [] };
  const prefill = importEngine(merged(helm.prefill.args, args), engine);
  const settings: Record<string, Json> = {};
  const leftOut: string[] = [];
  for (const [key, value] of Object.entries(prefill.settings)) {
    if (JSON.stringify(decode.settings[key]) === JSON.stringify(value)) continue;
    if (Object.hasOwn(OWN_OF_PREFILL, key)) settings[OWN_OF_PREFILL[key]!] = value;
    else leftOut.push(`prefill ${key} ${String(value)}: all instances have ${String(decode.settings[key])}`);
  }
  return { settings, leftOut };
}

/** The router takes the engine's block size, unless told otherwise, and raises it to 64. */
function adaptPrefixBlocks(settings: Record<string, Json>, { config }: PickerFile): void {
  const producer = config.plugins.find(({ type }) => type === 'approx-prefix-cache-producer');
  const block = Number(settings['block_size_in_tokens'] ?? 0);
  if (!('prefix_block_tokens' in settings) || producer?.parameters['autoTune'] === false || block <= 64) return;
  settings['prefix_block_tokens'] = block;
}
