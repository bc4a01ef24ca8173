import type { ScorerWeight } from '../engine-config.ts';
import type { Rule } from './setting-values.ts';

/**
 * Every setting of a simulated cluster, by its name in a strategy file; the flag of the same name has hyphens.
 * Times in µs unless the name says otherwise; null = decided from the other settings.
 */
export interface ClusterSettings {
  readonly model: string | null;
  readonly hardware: string | null;
  readonly tp: number | null;
  readonly dp: number;
  readonly enable_expert_parallel: boolean;
  readonly moe_comm_backend: string;
  readonly latency_model: string | null;
  readonly alpha_coeffs: readonly number[] | null;
  readonly beta_coeffs: readonly number[] | null;
  readonly total_kv_blocks: number | null;
  readonly block_size_in_tokens: number;
  readonly gpu_memory_utilization: number;
  readonly max_model_len: number | null;
  readonly max_num_seqs: number;
  readonly max_num_batched_tokens: number;
  readonly long_prefill_token_threshold: number;
  readonly kv_cpu_blocks: number;
  readonly kv_transfer_bandwidth: number;
  readonly kv_transfer_base_latency: number;
  readonly kv_offload_threshold: number;
  readonly num_instances: number;
  readonly horizon: number | null;
  readonly admission_latency: number;
  readonly routing_latency: number;
  readonly snapshot_refresh_interval: number;
  readonly cache_signal_delay: number;
  readonly admission_policy: string;
  readonly token_bucket_capacity: number;
  readonly token_bucket_refill_rate: number;
  readonly routing_policy: string;
  readonly routing_scorers: readonly ScorerWeight[];
  readonly precise_prefix: string;
  readonly prefix_block_tokens: number;
  readonly prefix_lru_blocks: number;
  readonly queue_threshold_tokens: number;
  readonly load_aware_threshold: number;
  readonly idle_threshold: number;
  readonly max_busy_score: number;
  readonly affinity_filter: string;
  readonly affinity_threshold: number;
  readonly exploration_probability: number;
  readonly max_ttft_penalty_ms: number;
  readonly peak_prefill_throughput: number;
  readonly picker: string;
  readonly scheduler: string;
  readonly preemption_policy: string;
  readonly scheduling_policy: string | null;
  readonly enable_prefix_caching: boolean;
  readonly flow_control: boolean;
  readonly saturation_detector: string;
  readonly dispatch_order: string;
  readonly slo_targets: Readonly<Record<string, number>>;
  readonly max_gateway_queue_depth: number;
  readonly per_band_capacity: number;
  readonly queue_depth_threshold: number;
  readonly kv_cache_util_threshold: number;
  readonly max_concurrency: number;
  readonly usage_limit_threshold: number;
  readonly fairness_policy: string;
  readonly request_ttl: number;
  readonly queue_shedding: boolean;
  readonly in_flight_eviction: boolean;
  readonly dispatch_tick_interval: number;
  readonly prefill_instances: number;
  readonly decode_instances: number;
  readonly prefill_decode_instances: number;
  readonly encode_instances: number;
  readonly pd_decider: string;
  readonly pd_prefix_threshold: number;
  readonly pd_prompt_tokens: number;
  readonly encode_decider: string;
  readonly pd_transfer_bandwidth: number;
  readonly pd_transfer_base_latency: number;
  readonly pd_transfer_contention: boolean;
  readonly prefill_routing_scorers: readonly ScorerWeight[];
  readonly decode_routing_scorers: readonly ScorerWeight[];
  readonly prefill_tp: number | null;
  readonly decode_tp: number | null;
  readonly prefill_hardware: string | null;
  readonly decode_hardware: string | null;
  readonly prefill_latency_model: string | null;
  readonly decode_latency_model: string | null;
  readonly prefill_max_model_len: number | null;
  readonly decode_max_model_len: number | null;
  /**
   * `own`: a pool has the step times of its own GPU and latency model, and `total_kv_blocks` where given. `reference`:
   * GPU and coefficients of step times are the cluster's, whatever the pool's; a GPU or tp of its own decides the KV
   * blocks, even where `total_kv_blocks` is given.
   */
  readonly pool_rules: string;
  /** SLO class → ms; for goodput only. */
  readonly slo_ttft: Readonly<Record<string, number>>;
  readonly slo_itl: Readonly<Record<string, number>>;
  readonly slo_e2e: Readonly<Record<string, number>>;
}

export type SettingKey = keyof ClusterSettings;

interface Setting<V> {
  readonly rule: Rule;
  readonly default: V;
  readonly summary: string;
}

const LATENCY_MODELS = ['blackbox', 'roofline', 'trained-physics'];
const NO_CLASSES: Readonly<Record<string, number>> = {};
const NO_SCORERS: readonly ScorerWeight[] = [];
const COUNT: Rule = { kind: 'integer', min: 1 };
/** More would fill the memory of the machine with empty books of blocks. */
const MOST_INSTANCES = 65_536;
const NATURAL: Rule = { kind: 'integer', min: 0 };

/** Rules of llm-d's router; the defaults are those of BLIS. */
const ROUTER_SETTINGS = {
  precise_prefix: {
    rule: { kind: 'choice', names: ['blis', 'router'] },
    default: 'blis',
    summary: 'score of precise-prefix-cache: min-max over instances (blis) or matched/total (router)',
  },
  prefix_block_tokens: {
    rule: NATURAL,
    default: 0,
    summary: 'tokens per block of the prefix index; 0 = the KV block, llm-d 64',
  },
  prefix_lru_blocks: { rule: COUNT, default: 10_000, summary: 'blocks the prefix index keeps per instance' },
  queue_threshold_tokens: {
    rule: { kind: 'number', above: 0 },
    default: 4_194_304,
    summary: 'tokens in flight at which token-load is 0',
  },
  load_aware_threshold: {
    rule: { kind: 'number', above: 0 },
    default: 128,
    summary: 'queue depth at which load-aware is 0',
  },
  idle_threshold: { rule: NATURAL, default: 0, summary: 'requests in flight up to which active-requests is 1' },
  max_busy_score: {
    rule: { kind: 'number', min: 0, max: 1 },
    default: 1,
    summary: 'largest active-requests score of an instance that is not idle',
  },
  affinity_filter: {
    rule: { kind: 'choice', names: ['off', 'all', 'prefill', 'decode'] },
    default: 'off',
    summary: 'routers that keep requests at instances holding their prefix',
  },
  affinity_threshold: {
    rule: { kind: 'number', max: 1 },
    default: 0.8,
    summary: 'share of the prompt such an instance holds at least; ≤ 0 = off',
  },
  exploration_probability: {
    rule: { kind: 'number', min: 0, max: 1 },
    default: 0,
    summary: 'share of requests that skip the affinity filter',
  },
  max_ttft_penalty_ms: {
    rule: { kind: 'number', min: 0 },
    default: 18_000,
    summary: 'TTFT penalty beyond which affinity gives way, ms; 0 = never',
  },
  peak_prefill_throughput: {
    rule: { kind: 'number', above: 0 },
    default: 15_928,
    summary: 'prompt tokens/s by which that penalty is estimated',
  },
  picker: {
    rule: { kind: 'choice', names: ['max-score', 'weighted-random', 'random'] },
    default: 'max-score',
    summary: 'how the weighted policy picks by score',
  },
} as const;

/** Rule, default and help text of each setting: the one source for strategy files and flags. */
export const SETTINGS: { readonly [K in SettingKey]: Setting<ClusterSettings[K]> } = {
  model: { rule: { kind: 'text' }, default: null, summary: 'model name, e.g. qwen/qwen3-14b' },
  hardware: { rule: { kind: 'text' }, default: null, summary: 'GPU name; some models have a default' },
  tp: { rule: COUNT, default: null, summary: 'tensor parallelism; some models have a default' },
  dp: { rule: COUNT, default: 1, summary: 'data parallelism of a mixture-of-experts model' },
  enable_expert_parallel: { rule: { kind: 'boolean' }, default: false, summary: 'spread experts over all GPUs' },
  moe_comm_backend: {
    rule: {
      kind: 'choice',
      blank: '',
      names: [
        'naive',
        'allgather_reducescatter',
        'pplx',
        'deepep_high_throughput',
        'deepep_low_latency',
        'mori',
        'flashinfer_all2allv',
      ],
    },
    default: '',
    summary: 'communication of experts over data-parallel ranks',
  },
  latency_model: {
    rule: { kind: 'choice', names: LATENCY_MODELS },
    default: null,
    summary: 'step-time model (default trained-physics)',
  },
  alpha_coeffs: {
    rule: { kind: 'numbers' },
    default: null,
    summary: 'overhead coefficients α0,α1,α2 of the step model',
  },
  beta_coeffs: { rule: { kind: 'numbers' }, default: null, summary: 'step coefficients β of the step model' },
  total_kv_blocks: { rule: COUNT, default: null, summary: 'GPU KV blocks of an instance (default: what memory holds)' },
  block_size_in_tokens: { rule: COUNT, default: 16, summary: 'tokens per KV block' },
  gpu_memory_utilization: { rule: { kind: 'number', above: 0, max: 1 }, default: 0.9, summary: 'share of GPU memory' },
  max_model_len: { rule: NATURAL, default: null, summary: 'longest sequence, tokens; 0 = unlimited (default: model)' },
  max_num_seqs: { rule: COUNT, default: 256, summary: 'largest running batch' },
  max_num_batched_tokens: { rule: COUNT, default: 2048, summary: 'token budget of a step' },
  long_prefill_token_threshold: {
    rule: NATURAL,
    default: 0,
    summary: 'most prompt tokens a request gets per step; 0 = off',
  },
  kv_cpu_blocks: { rule: NATURAL, default: 0, summary: 'KV blocks in CPU memory; 0 = no second tier' },
  kv_transfer_bandwidth: { rule: { kind: 'number' }, default: 100, summary: 'CPU → GPU reload speed, tokens per µs' },
  kv_transfer_base_latency: { rule: NATURAL, default: 0, summary: 'fixed cost of a block reload, µs' },
  kv_offload_threshold: { rule: { kind: 'number', min: 0, max: 1 }, default: 0.9, summary: 'accepted, without effect' },
  num_instances: { rule: { kind: 'integer', min: 1, max: MOST_INSTANCES }, default: 1, summary: 'engine instances' },
  horizon: { rule: COUNT, default: null, summary: 'end of the simulated time, µs' },
  admission_latency: { rule: NATURAL, default: 0, summary: 'time for an admission decision, µs' },
  routing_latency: { rule: NATURAL, default: 0, summary: 'time for a routing decision, µs' },
  snapshot_refresh_interval: {
    rule: NATURAL,
    default: 50_000,
    summary: 'age limit of what the router sees, µs; 0 = live',
  },
  cache_signal_delay: { rule: NATURAL, default: 50_000, summary: 'age limit of the router’s cache view, µs; 0 = live' },
  admission_policy: {
    rule: {
      kind: 'choice',
      names: ['always-admit', 'gaie-legacy', 'reject-all', 'tier-shed', 'token-bucket'],
      blank: 'always-admit',
    },
    default: 'always-admit',
    summary: 'who may enter',
  },
  token_bucket_capacity: { rule: { kind: 'number', min: 0 }, default: 10_000, summary: 'bucket size, prompt tokens' },
  token_bucket_refill_rate: { rule: { kind: 'number', min: 0 }, default: 1_000, summary: 'prompt tokens per second' },
  routing_policy: {
    rule: {
      kind: 'choice',
      names: ['always-busiest', 'least-loaded', 'round-robin', 'weighted'],
      blank: 'round-robin',
    },
    default: 'round-robin',
    summary: 'which instance gets a request',
  },
  routing_scorers: { rule: { kind: 'scorers' }, default: NO_SCORERS, summary: 'name:weight,… of the weighted policy' },
  ...ROUTER_SETTINGS,
  scheduler: {
    rule: { kind: 'choice', names: ['fcfs', 'priority-fcfs', 'reverse-priority', 'sjf'], blank: 'fcfs' },
    default: 'fcfs',
    summary: 'order of the wait queue',
  },
  preemption_policy: {
    rule: { kind: 'choice', names: ['fcfs', 'priority'] },
    default: 'fcfs',
    summary: 'whom to preempt',
  },
  scheduling_policy: {
    rule: { kind: 'choice', names: ['fcfs', 'priority'] },
    default: null,
    summary: 'scheduler and preemption_policy together, as in vLLM',
  },
  enable_prefix_caching: { rule: { kind: 'boolean' }, default: true, summary: 'requests share cached prompt blocks' },
  flow_control: { rule: { kind: 'boolean' }, default: false, summary: 'hold requests in a gateway queue' },
  saturation_detector: {
    rule: { kind: 'choice', names: ['concurrency', 'never', 'utilization'], blank: 'never' },
    default: 'never',
    summary: 'when the gateway queue holds back',
  },
  dispatch_order: {
    rule: { kind: 'choice', names: ['fifo', 'priority', 'slo-deadline'] },
    default: 'fifo',
    summary: 'order within a tenant’s gateway queue',
  },
  slo_targets: { rule: { kind: 'class-micros' }, default: NO_CLASSES, summary: 'class=µs,… for slo-deadline' },
  max_gateway_queue_depth: { rule: NATURAL, default: 0, summary: 'gateway queue limit; 0 = none' },
  per_band_capacity: { rule: NATURAL, default: 0, summary: 'gateway limit per priority; 0 = none' },
  queue_depth_threshold: { rule: { kind: 'number' }, default: 5, summary: 'queue depth that counts as saturated' },
  kv_cache_util_threshold: { rule: { kind: 'number' }, default: 0.8, summary: 'KV use that counts as saturated' },
  max_concurrency: {
    rule: { kind: 'integer' },
    default: 100,
    summary: 'requests per instance that count as saturated',
  },
  usage_limit_threshold: {
    rule: { kind: 'number', above: 0, max: 1 },
    default: 1,
    summary: 'ceiling of the lowest band',
  },
  fairness_policy: {
    rule: { kind: 'choice', names: ['global-strict', 'round-robin'] },
    default: 'global-strict',
    summary: 'which tenant is served next',
  },
  request_ttl: { rule: NATURAL, default: 0, summary: 'longest gateway wait, µs; 0 = unlimited' },
  queue_shedding: { rule: { kind: 'boolean' }, default: false, summary: 'a full queue sheds its lowest class' },
  in_flight_eviction: {
    rule: { kind: 'boolean' },
    default: false,
    summary: 'evict sheddable requests under saturation',
  },
  dispatch_tick_interval: { rule: NATURAL, default: 1_000, summary: 'gateway retry interval, µs' },
  prefill_instances: { rule: NATURAL, default: 0, summary: 'instances for prefill only' },
  decode_instances: { rule: NATURAL, default: 0, summary: 'instances for decode only' },
  prefill_decode_instances: { rule: NATURAL, default: 0, summary: 'instances for both roles' },
  encode_instances: { rule: NATURAL, default: 0, summary: 'instances for the encode stage' },
  pd_decider: {
    rule: { kind: 'choice', names: ['always', 'never', 'prefix-threshold'] },
    default: 'never',
    summary: 'when prefill moves to its own pool',
  },
  pd_prefix_threshold: { rule: NATURAL, default: 16, summary: 'uncached prompt tokens beyond which it moves' },
  pd_prompt_tokens: { rule: NATURAL, default: 0, summary: 'shorter prompts never move under prefix-threshold' },
  encode_decider: {
    rule: { kind: 'choice', names: ['always', 'multimodal', 'never'] },
    default: 'never',
    summary: 'when the encode stage is used',
  },
  pd_transfer_bandwidth: { rule: { kind: 'number' }, default: 25, summary: 'KV transfer, GB/s' },
  pd_transfer_base_latency: { rule: { kind: 'number' }, default: 0.05, summary: 'KV transfer, fixed ms' },
  pd_transfer_contention: { rule: { kind: 'boolean' }, default: false, summary: 'transfers share the bandwidth' },
  prefill_routing_scorers: { rule: { kind: 'scorers' }, default: NO_SCORERS, summary: 'name:weight,… for prefill' },
  decode_routing_scorers: { rule: { kind: 'scorers' }, default: NO_SCORERS, summary: 'name:weight,… for decode' },
  prefill_tp: { rule: COUNT, default: null, summary: 'tensor parallelism of prefill instances' },
  decode_tp: { rule: COUNT, default: null, summary: 'tensor parallelism of decode instances' },
  prefill_hardware: { rule: { kind: 'text' }, default: null, summary: 'GPU of prefill instances' },
  decode_hardware: { rule: { kind: 'text' }, default: null, summary: 'GPU of decode instances' },
  prefill_latency_model: {
    rule: { kind: 'choice', names: LATENCY_MODELS },
    default: null,
    summary: 'step-time model of prefill instances',
  },
  decode_latency_model: {
    rule: { kind: 'choice', names: LATENCY_MODELS },
    default: null,
    summary: 'step-time model of decode instances',
  },
  prefill_max_model_len: { rule: COUNT, default: null, summary: 'longest sequence on prefill instances' },
  decode_max_model_len: { rule: COUNT, default: null, summary: 'longest sequence on decode instances' },
  pool_rules: {
    rule: { kind: 'choice', names: ['own', 'reference'] },
    default: 'own',
    summary: 'what a pool’s GPU, tp and latency model decide',
  },
  slo_ttft: {
    rule: { kind: 'class-durations' },
    default: NO_CLASSES,
    summary: 'class=duration,… goodput target of TTFT',
  },
  slo_itl: {
    rule: { kind: 'class-durations' },
    default: NO_CLASSES,
    summary: 'class=duration,… goodput target of ITL',
  },
  slo_e2e: {
    rule: { kind: 'class-durations' },
    default: NO_CLASSES,
    summary: 'class=duration,… goodput target of E2E',
  },
} satisfies { readonly [K in SettingKey]: Setting<unknown> };

/** Older names that still work. */
export const SETTING_ALIASES: Readonly<Record<string, SettingKey>> = {
  max_num_running_reqs: 'max_num_seqs',
  max_num_scheduled_tokens: 'max_num_batched_tokens',
};

export const DEFAULT_SETTINGS: ClusterSettings = Object.fromEntries(
  Object.entries(SETTINGS).map(([key, setting]) => [key, setting.default]),
) as unknown as ClusterSettings;

/** Defaults that one number, name or switch says, older names included. */
export const SCALAR_DEFAULTS: Readonly<Record<string, string | number | boolean>> = Object.fromEntries(
  [...Object.keys(SETTINGS), ...Object.keys(SETTING_ALIASES)].flatMap((key) => {
    const value: unknown = SETTINGS[SETTING_ALIASES[key] ?? (key as SettingKey)].default;
    return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? [[key, value]] : [];
  }),
);
