import { stream } from '../../../src/base/random.ts';

export type Kind = 'disaggregated' | 'data-parallel' | 'replay';
export const KINDS: readonly Kind[] = ['disaggregated', 'data-parallel', 'replay'];

type Flag = readonly [name: string, value: string | number | null];

/** A command line with the files it names. */
export interface Typed {
  readonly command: 'run' | 'replay';
  readonly flags: readonly Flag[];
  readonly files: Readonly<Record<string, string>>;
  /** Requests that arrive, where nothing but the number of requests decides it. */
  readonly arriving: number | null;
  /** The run that writes `t.yaml` and `t.csv`, which are to be replayed. */
  readonly recorded: { readonly flags: readonly Flag[]; readonly files: Readonly<Record<string, string>> } | null;
}

/** Random choices, the same for the same label. */
export interface Draw {
  chance(share: number): boolean;
  integer(low: number, high: number): number;
  one<T>(choices: readonly T[]): T;
}

export function draws(label: string): Draw {
  const rng = stream(1, label);
  const integer = (low: number, high: number) => low + Math.floor(rng.uniform() * (high - low + 1));
  return {
    chance: (share) => rng.uniform() < share,
    integer,
    one: (choices) => choices[integer(0, choices.length - 1)]!,
  };
}

const DENSE = [
  'qwen/qwen3-14b',
  'meta-llama/llama-3.1-8b-instruct',
  'meta-llama/llama-2-7b-hf',
  'qwen/qwen2.5-7b-instruct',
];
const EXPERTS = ['qwen/qwen3-30b-a3b', 'deepseek-ai/deepseek-v2-lite', 'mistralai/mixtral-8x7b-v0.1'];
const GPUS = ['H100', 'A100-SXM', 'A100-80', 'L40S'];
const SCORERS = [
  'queue-depth',
  'kv-utilization',
  'prefix-affinity',
  'load-balance',
  'precise-prefix-cache',
  'no-hit-lru',
];
const CLASSES = ['critical', 'standard', 'batch', 'sheddable', 'background'];

export function commandLine(kind: Kind, draw: Draw): Typed {
  const load = workload(draw);
  const horizon: readonly Flag[] = draw.chance(0.25) ? [['horizon', draw.integer(100_000, 4_000_000)]] : [];
  const cluster = clusterFlags(kind, draw);
  const files = { 'workload.yaml': load.text };
  const out: readonly Flag[] = [
    ['metrics-path', 'OUT/metrics.json'],
    ...(draw.chance(0.3) ? [['trace-output', 'OUT/trace'] as const] : []),
    ...(draw.chance(0.3) ? [['trace-level', 'decisions'] as const, ['summarize-trace', null] as const] : []),
  ];
  if (kind !== 'replay') {
    return {
      command: 'run',
      flags: [...cluster, ['workload-spec', '@workload.yaml'], ...horizon, ...out],
      files,
      arriving: load.sessions || horizon.length > 0 ? null : load.requests,
      recorded: null,
    };
  }
  const closed = load.sessions && draw.chance(0.6);
  return {
    command: 'replay',
    flags: [
      ...cluster,
      ...[['trace-header', '@t.yaml'] as const, ['trace-data', '@t.csv'] as const],
      ...(closed ? [['session-mode', 'closed-loop'] as const] : []),
      ...(closed && draw.chance(0.5) ? [['think-time-ms', draw.integer(0, 400)] as const] : []),
      ...(horizon.length > 0 ? horizon : [['horizon', '9223372036854775807'] as const]),
      ...[...out, ['results-path', 'OUT/results.json'] as const],
    ],
    files: {},
    arriving: null,
    recorded: {
      flags: [
        ...([
          ['model', draw.one(DENSE)],
          ['hardware', 'H100'],
          ['tp', 1],
          ['num-instances', draw.integer(1, 4)],
        ] as Flag[]),
        ...([
          ['workload-spec', '@workload.yaml'],
          ['trace-output', 'OUT/t'],
        ] as Flag[]),
      ],
      files,
    },
  };
}

function clusterFlags(kind: Kind, draw: Draw): readonly Flag[] {
  const flags: Flag[] = [];
  const sometimes = (share: number, name: string, value: () => string | number | null) => {
    if (draw.chance(share)) flags.push([name, value()]);
  };
  const isExperts = kind === 'data-parallel' || draw.chance(0.15);
  const tp = draw.one([1, 2, 4]);
  flags.push(['model', draw.one(isExperts ? EXPERTS : DENSE)], ['hardware', draw.one(GPUS)], ['tp', tp]);
  const models = kind === 'data-parallel' ? ['trained-physics'] : ['roofline', 'trained-physics'];
  flags.push(['latency-model', draw.one(models)]);
  sometimes(0.6, 'total-kv-blocks', () => draw.integer(60, 3000));
  sometimes(0.4, 'block-size-in-tokens', () => draw.one([8, 16, 32]));
  sometimes(0.4, 'max-num-seqs', () => draw.integer(1, 64));
  sometimes(0.4, 'max-num-batched-tokens', () => draw.one([64, 256, 512, 2048]));
  sometimes(0.3, 'long-prefill-token-threshold', () => draw.integer(16, 400));
  sometimes(0.2, 'max-model-len', () => draw.integer(100, 2000));
  sometimes(0.4, 'scheduler', () => draw.one(['fcfs', 'priority-fcfs', 'sjf', 'reverse-priority']));
  sometimes(0.4, 'preemption-policy', () => draw.one(['fcfs', 'priority']));
  sometimes(0.3, 'admission-policy', () => draw.one(['tier-shed', 'gaie-legacy', 'token-bucket', 'reject-all']));
  sometimes(0.3, 'snapshot-refresh-interval', () => draw.one([0, 1000, 100_000]));
  sometimes(0.3, 'cache-signal-delay', () => draw.one([0, 20_000]));
  sometimes(0.2, 'admission-latency', () => draw.integer(0, 5000));
  sometimes(0.2, 'routing-latency', () => draw.integer(0, 5000));
  sometimes(0.15, 'kv-cpu-blocks', () => draw.integer(50, 2000));
  if (kind !== 'replay') sometimes(0.4, 'timeout', () => draw.one([1, 5, 300, -1]));
  sometimes(0.3, 'seed', () => draw.integer(1, 1_000_000));
  flags.push(...routing(draw), ...gateway(draw));
  if (kind === 'data-parallel') flags.push(...dataParallel(draw));
  const pools = kind === 'disaggregated' || (kind === 'replay' && draw.chance(0.4));
  return [...flags, ...(pools ? disaggregation(draw) : [['num-instances', draw.integer(1, 5)] as Flag])];
}

function routing(draw: Draw): readonly Flag[] {
  const policy = draw.one(['round-robin', 'least-loaded', 'weighted', 'weighted', 'always-busiest']);
  return [['routing-policy', policy], ...(policy === 'weighted' ? [['routing-scorers', scorers(draw)] as Flag] : [])];
}

function scorers(draw: Draw): string {
  const names = SCORERS.filter(() => draw.chance(0.4));
  return (names.length > 0 ? names : [SCORERS[0]!]).map((name) => `${name}:${draw.integer(1, 9) / 2}`).join(',');
}

function gateway(draw: Draw): readonly Flag[] {
  if (!draw.chance(0.3)) return [];
  return [
    ['flow-control', null],
    ['saturation-detector', draw.one(['never', 'utilization', 'concurrency'])],
    ['max-concurrency', draw.integer(1, 40)],
    ['dispatch-order', draw.one(['fifo', 'priority'])],
    ...(draw.chance(0.4)
      ? [['max-gateway-queue-depth', draw.integer(1, 60)] as Flag, ['queue-shedding', null] as Flag]
      : []),
    ...(draw.chance(0.3) ? [['request-ttl', draw.integer(10_000, 2_000_000)] as Flag] : []),
    ...(draw.chance(0.3) ? [['in-flight-eviction', null] as Flag] : []),
  ];
}

function dataParallel(draw: Draw): readonly Flag[] {
  return [
    ['dp', draw.one([2, 4, 8])],
    ...(draw.chance(0.4) ? [['enable-expert-parallel', null] as Flag] : []),
    ...(draw.chance(0.3) ? [['moe-comm-backend', draw.one(['naive', 'pplx', 'deepep_low_latency'])] as Flag] : []),
  ];
}

function disaggregation(draw: Draw): readonly Flag[] {
  const [prefill, decode, both] = [draw.integer(1, 3), draw.integer(1, 3), draw.chance(0.2) ? 1 : 0];
  const decider = draw.one(['always', 'always', 'never', 'prefix-threshold']);
  return [
    ['num-instances', prefill + decode + both],
    ['prefill-instances', prefill],
    ['decode-instances', decode],
    ...(both > 0 ? [['prefill-decode-instances', both] as Flag] : []),
    ['pd-decider', decider],
    ...(decider === 'prefix-threshold' ? [['pd-prefix-threshold', draw.integer(1, 400)] as Flag] : []),
    ...(draw.chance(0.4) ? [['pd-transfer-bandwidth', draw.integer(1, 60)] as Flag] : []),
    ...(draw.chance(0.4) ? [['pd-transfer-base-latency', draw.integer(0, 30)] as Flag] : []),
    ...(draw.chance(0.4) ? [['pd-transfer-contention', null] as Flag] : []),
    ...(draw.chance(0.3) ? [['prefill-routing-scorers', scorers(draw)] as Flag] : []),
    ...(draw.chance(0.3) ? [['decode-routing-scorers', scorers(draw)] as Flag] : []),
    ...(draw.chance(0.25) ? [['prefill-hardware', draw.one(GPUS)] as Flag] : []),
    ...(draw.chance(0.25) ? [['decode-tp', draw.one([1, 2, 4])] as Flag] : []),
    ...(draw.chance(0.2) ? [['decode-latency-model', 'roofline'] as Flag] : []),
    ...(draw.chance(0.2) ? [['prefill-max-model-len', draw.integer(100, 1500)] as Flag] : []),
    ...(draw.chance(0.2) ? [['decode-max-model-len', draw.integer(100, 1500)] as Flag] : []),
  ];
}

/** A workload of a few clients; with `sessions` further rounds come while it runs. */
function workload(draw: Draw): { readonly text: string; readonly requests: number; readonly sessions: boolean } {
  const sessions = draw.chance(0.35);
  const requests = draw.integer(1, 120);
  const count = draw.integer(1, 4);
  const clients = Array.from({ length: count }, (_, i) => ({
    id: `c${i}`,
    tenant_id: draw.one(['', 't1', 't2']),
    slo_class: draw.one(CLASSES),
    rate_fraction: draw.integer(1, 9) / 10,
    arrival: draw.one<object>([{ process: 'poisson' }, { process: 'constant' }, { process: 'gamma', cv: 2 }]),
    input_distribution: gaussian(draw, 900),
    output_distribution: gaussian(draw, 200),
    streaming: draw.chance(0.5),
    ...(draw.chance(0.4) ? { prefix_group: draw.one(['g1', 'g2']), prefix_length: draw.integer(1, 300) } : {}),
    ...(sessions && i === 0 ? { reasoning: talk(draw) } : {}),
  }));
  const document = {
    version: '2',
    seed: draw.integer(0, 99_999),
    aggregate_rate: draw.integer(2, 400),
    num_requests: requests,
  };
  return { text: JSON.stringify({ ...document, clients }), requests, sessions };
}

function gaussian(draw: Draw, most: number): object {
  const mean = draw.integer(2, most);
  return { type: 'gaussian', params: { mean, std_dev: Math.ceil(mean / 3), min: 1, max: 2 * mean } };
}

function talk(draw: Draw): object {
  return {
    reason_ratio_distribution: { type: 'constant', params: { value: 0 } },
    multi_turn: {
      max_rounds: draw.integer(1, 5),
      think_time_us: draw.integer(0, 500_000),
      context_growth: draw.one(['', 'accumulate']),
    },
  };
}
