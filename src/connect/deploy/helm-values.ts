import type { Json, JsonObject } from '../../base/json.ts';
import type { ClusterConfig } from '../../simulators/cluster/settings/resolve-cluster.ts';
import { type ExportedEngine, exportEngines } from '../vllm/export-args.ts';
import type { Deployment } from './deployment.ts';

/** File of the router's configuration inside the values. */
const CONFIG_FILE = 'paretune-plugins.yaml';

export interface ExportedValues {
  readonly document: JsonObject;
  readonly leftOut: readonly string[];
}

/**
 * Values for llm-d's charts: `router` for llm-d-router, the rest for llm-d-modelservice. Either ignores what is the
 * other's.
 * @param pickerText - the router's configuration
 */
export function helmValues({ settings, config }: Deployment, pickerText: string): ExportedValues {
  const { engines } = exportEngines(settings, config);
  const { prefill, decode, leftOut } = replicas(config);
  const engine = (role: 'prefill' | 'decode'): ExportedEngine =>
    engines.find((one) => one.role === role) ?? engines[0]!;
  const model = settings.model ?? '';
  return {
    leftOut,
    document: {
      router: { epp: { pluginsConfigFile: CONFIG_FILE, pluginsCustomConfig: { [CONFIG_FILE]: pickerText } } },
      modelArtifacts: { name: model, uri: `hf://${model}` },
      decode: pods(engine('decode'), decode),
      prefill: prefill === 0 ? { create: false } : pods(engine('prefill'), prefill),
    },
  };
}

function replicas({ instances, disaggregation: pools }: ClusterConfig): {
  readonly prefill: number;
  readonly decode: number;
  readonly leftOut: readonly string[];
} {
  if (pools === null) return { prefill: 0, decode: instances, leftOut: [] };
  return {
    prefill: pools.prefill,
    decode: pools.decode,
    leftOut: [
      ...(pools.shared > 0 ? [`prefill_decode_instances ${pools.shared}: the chart has no such role`] : []),
      ...(pools.encode > 0 ? [`encode_instances ${pools.encode}`] : []),
    ],
  };
}

function pods({ flags }: ExportedEngine, count: number): Json {
  const tensor = Number(flags.find(([flag]) => flag === '--tensor-parallel-size')?.[1] ?? 1);
  const args = flags
    .filter(([flag]) => flag !== '--tensor-parallel-size')
    .map(([flag, value]) => (value === null ? flag : `${flag}=${value}`));
  return {
    create: true,
    replicas: count,
    parallelism: { tensor },
    containers: [{ name: 'vllm', modelCommand: 'vllmServe', args }],
  };
}
