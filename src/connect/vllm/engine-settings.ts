import { InputError, unknownName } from '../../base/errors.ts';
import type { Json } from '../../base/json.ts';
import type { ModelArchitecture } from '../../simulators/cluster/engine-config.ts';
import { HARDWARE } from '../../simulators/cluster/settings/hardware-catalog.ts';
import { kvBytesPerToken } from '../../simulators/cluster/settings/kv-capacity.ts';
import { catalogKey, DEFAULT_DEPLOYMENTS, MODEL_CONFIGS } from '../../simulators/cluster/settings/model-catalog.ts';
import { parseModelConfig } from '../../simulators/cluster/settings/model-config.ts';
import { VLLM_RELEASE, vllmDefaults } from '../../simulators/cluster/settings/vllm-defaults.ts';
import type { VllmArgs } from './read-args.ts';

/** Flags of an engine as settings of a simulated cluster. */
export interface ImportedEngine {
  readonly settings: Readonly<Record<string, Json>>;
  readonly leftOut: readonly string[];
  /** What was assumed where the flags say nothing. */
  readonly notes: readonly string[];
}

/** Flags whose value is a setting as it is. */
const SAME: Readonly<Record<string, string>> = {
  'max-num-seqs': 'max_num_seqs',
  'max-num-batched-tokens': 'max_num_batched_tokens',
  'long-prefill-token-threshold': 'long_prefill_token_threshold',
  'gpu-memory-utilization': 'gpu_memory_utilization',
  'block-size': 'block_size_in_tokens',
  'num-gpu-blocks-override': 'total_kv_blocks',
  'tensor-parallel-size': 'tp',
  'data-parallel-size': 'dp',
  'all2all-backend': 'moe_comm_backend',
};

const GIB = 2 ** 30;
const DEFAULT_MODEL = 'qwen/qwen3-14b';
const DEFAULT_GPU = 'H100';
const BLOCK_SIZE = 16;
const GPU_MEMORY_UTILIZATION = 0.9;

export interface EngineOptions {
  /** Name of the GPU; absent = the usual one of the model. */
  readonly gpu?: string;
  /** A `config.json` of Hugging Face, for a model that is not known by name. */
  readonly modelConfig?: Json;
}

/**
 * @throws InputError for a model or GPU that is not known
 */
export function importEngine(args: VllmArgs, { gpu, modelConfig }: EngineOptions = {}): ImportedEngine {
  const notes: string[] = [];
  const leftOut = [...args.others];
  const model = modelOf(args, modelConfig !== undefined, notes);
  const deployment = DEFAULT_DEPLOYMENTS.find((row) => row.model === model.toLowerCase());
  const hardware = gpu ?? deployment?.hardware ?? DEFAULT_GPU;
  if (!Object.hasOwn(HARDWARE, hardware))
    throw unknownName('GPU', hardware, Object.keys(HARDWARE), { path: ['--gpu'] });
  if (gpu === undefined) notes.push(`GPU ${hardware} (say otherwise with --gpu)`);
  const settings: Record<string, Json> = { model, hardware, tp: 1 };
  if (modelConfig !== undefined) settings['model_config'] = modelConfig;
  for (const [flag, setting] of Object.entries(SAME)) {
    const value = args.values[flag];
    if (value !== undefined) settings[setting] = value;
  }
  const maxModelLen = args.values['max-model-len'];
  if (typeof maxModelLen === 'number') settings['max_model_len'] = maxModelLen;
  if (args.values['enable-expert-parallel'] === true) settings['enable_expert_parallel'] = true;
  addPolicy(args, settings);
  addDefaults(settings, hardware, notes);
  checkLimits(settings);
  if (args.values['enable-prefix-caching'] === false) settings['enable_prefix_caching'] = false;
  if (args.values['enable-chunked-prefill'] === false) leftOut.push('--no-enable-chunked-prefill: prompts are chunked');
  addOffloading(args, modelConfig ?? MODEL_CONFIGS[catalogKey(model)]!, settings, leftOut);
  return { settings, leftOut, notes };
}

function modelOf(args: VllmArgs, isDescribed: boolean, notes: string[]): string {
  const given = args.values['model'];
  if (given === undefined) {
    notes.push(`model ${DEFAULT_MODEL} (no vLLM line names one)`);
    return DEFAULT_MODEL;
  }
  const model = String(given);
  if (!isDescribed && !Object.hasOwn(MODEL_CONFIGS, catalogKey(model))) {
    const { message, suggestion } = unknownName('model', String(given), Object.keys(MODEL_CONFIGS));
    throw new InputError(message, {
      path: ['--vllm-args'],
      suggestion: `give its config.json with --model-config; ${suggestion}`,
    });
  }
  return model;
}

function addPolicy({ values }: VllmArgs, settings: Record<string, Json>): void {
  const policy = values['scheduling-policy'] ?? 'fcfs';
  if (policy !== 'fcfs' && policy !== 'priority') {
    throw unknownName('scheduling policy', String(policy), ['fcfs', 'priority'], { path: ['--scheduling-policy'] });
  }
  settings['scheduling_policy'] = policy;
}

/** What vLLM does where no flag says otherwise, written out: the simulator's own defaults are those of BLIS. */
function addDefaults(settings: Record<string, Json>, hardware: string, notes: string[]): void {
  const usual = vllmDefaults(HARDWARE[hardware]!);
  const assumed: string[] = [];
  const add = (key: string, value: number): void => {
    if (Object.hasOwn(settings, key)) return;
    settings[key] = value;
    assumed.push(`${key} ${value}`);
  };
  add('max_num_seqs', usual.max_num_seqs);
  add('max_num_batched_tokens', usual.max_num_batched_tokens);
  add('block_size_in_tokens', BLOCK_SIZE);
  add('gpu_memory_utilization', GPU_MEMORY_UTILIZATION);
  add('long_prefill_token_threshold', 0);
  if (assumed.length > 0) notes.push(`defaults of vLLM ${VLLM_RELEASE} on ${hardware}: ${assumed.join(', ')}`);
}

function checkLimits(settings: Readonly<Record<string, Json>>): void {
  const [tokens, seqs] = [Number(settings['max_num_batched_tokens']), Number(settings['max_num_seqs'])];
  if (tokens < seqs) {
    throw new InputError(`max_num_batched_tokens ≥ max_num_seqs must hold, got ${tokens} and ${seqs}`, {
      path: ['--max-num-batched-tokens'],
    });
  }
}

/** A second tier in CPU memory; GiB over all GPUs of an instance. */
function addOffloading(
  { values }: VllmArgs,
  modelConfig: Json,
  settings: Record<string, Json>,
  leftOut: string[],
): void {
  const size = values['kv-offloading-size'];
  const backend = values['kv-offloading-backend'] ?? 'native';
  if (size === undefined || size === 0) return;
  if (backend !== 'native') {
    leftOut.push(`--kv-offloading-backend ${String(backend)}`);
    return;
  }
  const { architecture } = parseModelConfig(modelConfig, String(settings['model']));
  const block = {
    model: architecture,
    tp: Number(settings['tp']),
    blockSize: Number(settings['block_size_in_tokens']),
  };
  settings['kv_cpu_blocks'] = Math.floor((Number(size) * GIB) / kvBlockBytes(block) + 1e-9);
}

export interface KvBlock {
  readonly model: ModelArchitecture;
  readonly tp: number;
  /** Tokens. */
  readonly blockSize: number;
}

/** Bytes of one KV block over all GPUs of an instance. */
export function kvBlockBytes({ model, tp, blockSize }: KvBlock): number {
  return kvBytesPerToken(model, tp) * tp * blockSize;
}
