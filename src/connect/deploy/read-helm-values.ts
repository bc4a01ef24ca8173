import { InputError } from '../../base/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../base/json.ts';
import { shortText } from '../../base/short-text.ts';
import { readVllmArgs, readVllmWords, type VllmArgs } from '../vllm/read-args.ts';

/** What Helm values say of a deployment. */
export interface HelmValues {
  /** Text of the router's configuration; null = not in these values. */
  readonly pickerText: string | null;
  /** null = no such pods. */
  readonly decode: HelmPods | null;
  readonly prefill: HelmPods | null;
}

export interface HelmPods {
  readonly replicas: number | null;
  readonly args: VllmArgs;
}

const NO_ARGS: VllmArgs = { values: {}, others: [] };

/** Sections that hold the endpoint picker in the charts of llm-d-router and of the inference extension. */
const PICKER_SECTIONS = [['router', 'epp'], ['epp'], ['inferenceExtension'], ['endpointPicker']];

/**
 * Reads values of llm-d's charts: plugins of the router, and replicas, parallelism and arguments of the model servers.
 * @throws InputError with the path of a value that cannot be read
 */
export function readHelmValues(values: Json): HelmValues {
  if (!isJsonObject(values)) throw new InputError('must be a map of Helm values');
  const model = modelOf(values['modelArtifacts']);
  return {
    pickerText: pickerTextOf(values),
    decode: pods(values, 'decode', model),
    prefill: pods(values, 'prefill', model),
  };
}

/** The configuration in a ConfigMap; null for any other document. */
export function configMapText(document: Json): string | null {
  if (!isJsonObject(document) || document['kind'] !== 'ConfigMap' || !isJsonObject(document['data'])) return null;
  return Object.values(document['data']).find(isPicker) ?? null;
}

function isPicker(value: Json): value is string {
  return typeof value === 'string' && /^kind:\s*EndpointPickerConfig/m.test(value);
}

function pickerTextOf(values: JsonObject): string | null {
  for (const path of PICKER_SECTIONS) {
    const section = path.reduce<Json | undefined>((at, key) => (isJsonObject(at) ? at[key] : undefined), values);
    const files = isJsonObject(section) ? section['pluginsCustomConfig'] : undefined;
    if (!isJsonObject(section) || !isJsonObject(files)) continue;
    const named = files[String(section['pluginsConfigFile'])];
    if (typeof named === 'string') return named;
    const only = Object.values(files).find(isPicker);
    if (only !== undefined) return only;
  }
  return null;
}

function modelOf(artifacts: Json | undefined): string | undefined {
  if (!isJsonObject(artifacts)) return undefined;
  if (typeof artifacts['name'] === 'string') return artifacts['name'];
  const uri = artifacts['uri'];
  return typeof uri === 'string' && uri.startsWith('hf://') ? uri.slice('hf://'.length) : undefined;
}

function pods(values: JsonObject, role: 'decode' | 'prefill', model: string | undefined): HelmPods | null {
  const section = values[role];
  if (!isJsonObject(section) || section['create'] === false) return null;
  const replicas = section['replicas'];
  if (replicas !== undefined && replicas !== null && (!Number.isInteger(replicas) || Number(replicas) < 0)) {
    throw new InputError(`must be an integer ≥ 0, got ${shortText(replicas)}`, { path: [role, 'replicas'] });
  }
  const args = containerArgs(section['containers'], role);
  const parallelism = isJsonObject(section['parallelism']) ? section['parallelism'] : {};
  return {
    replicas: typeof replicas === 'number' ? replicas : null,
    args: {
      others: args.others,
      values: {
        ...(model === undefined ? {} : { model }),
        ...(typeof parallelism['tensor'] === 'number' ? { 'tensor-parallel-size': parallelism['tensor'] } : {}),
        ...(typeof parallelism['data'] === 'number' ? { 'data-parallel-size': parallelism['data'] } : {}),
        ...args.values,
      },
    },
  };
}

/** Arguments of the container that runs vLLM: words, or one line for a shell. */
function containerArgs(containers: Json | undefined, role: string): VllmArgs {
  if (!Array.isArray(containers)) return NO_ARGS;
  const index = containers.findIndex(
    (one: Json) => isJsonObject(one) && (one['modelCommand'] !== undefined || one['name'] === 'vllm'),
  );
  const container: Json | undefined = containers[index];
  if (!isJsonObject(container)) return NO_ARGS;
  const words = [container['command'], container['args']].flatMap((list) =>
    Array.isArray(list) ? list.map(String) : typeof list === 'string' ? [list] : [],
  );
  const path = [role, 'containers', index, 'args'];
  try {
    const line = words.find((word) => /vllm(?:\s|\s.*\s)serve\s/.test(word));
    return line === undefined
      ? readVllmWords(words.filter((word) => word !== 'vllm' && word !== 'serve'))
      : readVllmArgs(line);
  } catch (error) {
    throw error instanceof InputError
      ? new InputError(`${error.path.join(' ')} ${error.message}`.trim(), { path })
      : error;
  }
}
