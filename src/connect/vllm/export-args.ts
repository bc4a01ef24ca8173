import type { ModelArchitecture } from '../../simulators/cluster/engine-config.ts';
import type { ClusterSettings } from '../../simulators/cluster/settings/cluster-settings.ts';
import { HARDWARE } from '../../simulators/cluster/settings/hardware-catalog.ts';
import { catalogKey, MODEL_CONFIGS } from '../../simulators/cluster/settings/model-catalog.ts';
import { parseModelConfig } from '../../simulators/cluster/settings/model-config.ts';
import type { ClusterConfig } from '../../simulators/cluster/settings/resolve-cluster.ts';
import { kvBlockBytes } from './engine-settings.ts';

/** Flags of one kind of engines. */
export interface ExportedEngine {
  /** null = every instance. */
  readonly role: 'prefill' | 'decode' | null;
  readonly model: string;
  /** Flag and value; null = a switch. */
  readonly flags: readonly (readonly [flag: string, value: string | null])[];
}

export interface ExportedEngines {
  readonly engines: readonly ExportedEngine[];
  readonly leftOut: readonly string[];
  readonly notes: readonly string[];
  /** Whether the KV blocks that were simulated are not among the flags. */
  readonly hidden: boolean;
}

const GIB = 2 ** 30;

/** KV blocks move between pools by this connector. */
const TRANSFER = '{"kv_connector":"NixlConnector","kv_role":"kv_both"}';
/** Engines tell the router what they cache. */
const EVENTS = '{"enable_kv_cache_events":true,"publisher":"zmq","endpoint":"tcp://*:5557"}';

/** The engines of a strategy as flags of `vllm serve`, every one of them written out: defaults change by GPU and release. */
export function exportEngines(settings: ClusterSettings, config: ClusterConfig): ExportedEngines {
  const pools = config.disaggregation;
  const leftOut = engineLeftOut(settings);
  if (config.instance.kv.kind === 'offload') leftOut.push('kv_offload');
  const notes = [`simulated on ${hardwareOf(settings, config)}`];
  if (config.instance.kv.kind === 'tiered') {
    notes.push('kv_cpu_blocks was simulated as a mirror of GPU blocks; vLLM offloads by its native connector');
  }
  const hidden = settings.total_kv_blocks !== null && !fitsMemory(settings, config, tpOf(config, settings));
  if (hidden) {
    notes.push(`${settings.total_kv_blocks} KV blocks were simulated, more than the GPUs hold; vLLM takes what fits`);
  }
  const engine = (role: ExportedEngine['role'], tp: number, maxModelLen: number | null): ExportedEngine => ({
    role,
    model: settings.model ?? '',
    flags: flagsOf(settings, config, { tp, maxModelLen }),
  });
  const tp = tpOf(config, settings);
  if (pools === null) return { engines: [engine(null, tp, settings.max_model_len)], leftOut, notes, hidden };
  const prefill = engine(
    'prefill',
    settings.prefill_tp ?? tp,
    settings.prefill_max_model_len ?? settings.max_model_len,
  );
  const decode = engine('decode', settings.decode_tp ?? tp, settings.decode_max_model_len ?? settings.max_model_len);
  const same = JSON.stringify(prefill.flags) === JSON.stringify(decode.flags);
  return { engines: same ? [{ ...decode, role: null }] : [prefill, decode], leftOut, notes, hidden };
}

function engineLeftOut(settings: ClusterSettings): string[] {
  const { scheduler, preemption_policy: preemption, max_num_seqs: seqs, max_num_batched_tokens: tokens } = settings;
  const limits = tokens < seqs ? [`max_num_batched_tokens ${tokens} below max_num_seqs ${seqs}: vLLM refuses it`] : [];
  if (vllmPolicy(scheduler, preemption) !== undefined) return limits;
  return [
    ...limits,
    `scheduler ${scheduler} with preemption_policy ${preemption}: vLLM has fcfs and priority, for both at once`,
  ];
}

function vllmPolicy(scheduler: string, preemption: string): string | undefined {
  if (scheduler === 'fcfs' && preemption === 'fcfs') return 'fcfs';
  return scheduler === 'priority-fcfs' && preemption === 'priority' ? 'priority' : undefined;
}

function flagsOf(
  settings: ClusterSettings,
  config: ClusterConfig,
  { tp, maxModelLen }: { readonly tp: number; readonly maxModelLen: number | null },
): ExportedEngine['flags'] {
  const policy = vllmPolicy(settings.scheduler, settings.preemption_policy);
  const flags: [string, string | null][] = [
    ['--tensor-parallel-size', String(tp)],
    ['--max-num-seqs', String(settings.max_num_seqs)],
    ['--max-num-batched-tokens', String(settings.max_num_batched_tokens)],
    ['--long-prefill-token-threshold', String(settings.long_prefill_token_threshold)],
    ['--block-size', String(settings.block_size_in_tokens)],
    ['--gpu-memory-utilization', String(settings.gpu_memory_utilization)],
    [settings.enable_prefix_caching ? '--enable-prefix-caching' : '--no-enable-prefix-caching', null],
  ];
  if (policy !== undefined) flags.push(['--scheduling-policy', policy]);
  if (maxModelLen !== null && maxModelLen > 0) flags.push(['--max-model-len', String(maxModelLen)]);
  if (fitsMemory(settings, config, tp)) flags.push(['--num-gpu-blocks-override', String(settings.total_kv_blocks)]);
  if (settings.dp > 1) flags.push(['--data-parallel-size', String(settings.dp)]);
  if (settings.enable_expert_parallel) flags.push(['--enable-expert-parallel', null]);
  if (settings.moe_comm_backend !== '') flags.push(['--all2all-backend', settings.moe_comm_backend]);
  if (settings.kv_cpu_blocks > 0) {
    const block = { model: architectureOf(settings, config), tp, blockSize: settings.block_size_in_tokens };
    const bytes = settings.kv_cpu_blocks * kvBlockBytes(block);
    flags.push(['--kv-offloading-backend', 'native'], ['--kv-offloading-size', String(bytes / GIB)]);
  }
  if (config.disaggregation !== null) flags.push(['--kv-transfer-config', TRANSFER]);
  if (usesPrecise(config)) flags.push(['--kv-events-config', EVENTS]);
  return flags;
}

/** Whether the number of KV blocks that was given is one that the GPUs can hold. */
function fitsMemory(settings: ClusterSettings, config: ClusterConfig, tp: number): boolean {
  const { latency } = config.instance;
  const memoryGiB = latency.kind === 'blackbox' ? 0 : latency.hardware.memoryGiB;
  if (settings.total_kv_blocks === null || memoryGiB === 0) return false;
  const block = { model: architectureOf(settings, config), tp, blockSize: settings.block_size_in_tokens };
  return settings.total_kv_blocks * kvBlockBytes(block) <= memoryGiB * GIB * tp * settings.gpu_memory_utilization;
}

function architectureOf({ model }: ClusterSettings, { instance: { latency } }: ClusterConfig): ModelArchitecture {
  if (latency.kind !== 'blackbox') return latency.model;
  const name = model ?? '';
  return parseModelConfig(MODEL_CONFIGS[catalogKey(name)]!, name).architecture;
}

function usesPrecise({ routing, disaggregation }: ClusterConfig): boolean {
  const profiles = [routing.scorers, disaggregation?.prefillScorers ?? [], disaggregation?.decodeScorers ?? []];
  return profiles.flat().some(({ name }) => name === 'precise-prefix-cache');
}

/** The one that was simulated, also where it is the usual one of the model. */
function tpOf({ instance: { latency } }: ClusterConfig, settings: ClusterSettings): number {
  return latency.kind === 'blackbox' ? (settings.tp ?? 1) : latency.tp;
}

function hardwareOf(settings: ClusterSettings, { instance: { latency } }: ClusterConfig): string {
  const name = latency.kind === 'blackbox' ? null : latency.hardware.name;
  return settings.hardware ?? name ?? Object.keys(HARDWARE)[0]!;
}

/** The flags as one line of a shell, continued over several. */
export function vllmLine({ model, flags }: ExportedEngine): string {
  const words = flags.map(([flag, value]) => (value === null ? flag : `${flag} ${shellQuoted(value)}`));
  return [`vllm serve ${shellQuoted(model)}`, ...words].join(' \\\n  ');
}

/** Safe in a shell. */
export function shellQuoted(value: string): string {
  return /^[\w./:=,+-]+$/.test(value) ? value : `'${value.replaceAll("'", "'\\''")}'`;
}
