import fc from 'fast-check';
import { expect } from 'vitest';
import { InputError } from '../../../src/base/errors.ts';
import type { EngineConfig } from '../../../src/simulators/cluster/engine-config.ts';
import type { EngineResult } from '../../../src/simulators/cluster/engine-result.ts';
import { clusterHeadline } from '../../../src/simulators/cluster/figures/headline-metrics.ts';
import { RunReport } from '../../../src/simulators/cluster/figures/run-report.ts';
import { resolveStrategyConfig } from '../../../src/simulators/cluster/settings/config.ts';
import { simulateCluster } from '../../../src/simulators/cluster/simulate-cluster.ts';
import type { Workload } from '../../../src/simulators/workload/follow-ups.ts';
import { generateWorkload } from '../../../src/simulators/workload/generate-workload.ts';
import { parseWorkload } from '../../../src/simulators/workload/parse-workload.ts';

const one = fc.constantFrom;

const settings = fc.record({
  latency_model: one('roofline', 'trained-physics'),
  total_kv_blocks: one(60, 120, 300, 1000, 20_000),
  block_size_in_tokens: one(8, 16, 32),
  routing_policy: one('round-robin', 'least-loaded', 'always-busiest'),
  scheduler: one('fcfs', 'priority-fcfs', 'sjf', 'reverse-priority'),
  preemption_policy: one('fcfs', 'priority'),
  snapshot_refresh_interval: one(0, 5_000, 50_000),
  cache_signal_delay: one(0, 20_000),
  long_prefill_token_threshold: one(0, 32, 128),
  max_num_batched_tokens: one(256, 2048),
  max_num_seqs: one(4, 32, 256),
  admission_policy: one('always-admit', 'token-bucket', 'tier-shed', 'gaie-legacy'),
  admission_latency: one(0, 3_000),
  routing_latency: one(0, 1_500),
});

const weighted = fc.record({
  routing_policy: one('weighted'),
  routing_scorers: one(
    'prefix-affinity:3,queue-depth:2,kv-utilization:2',
    'precise-prefix-cache:2,queue-depth:1',
    'no-hit-lru:1,load-balance:1',
    'vllm-dp:1,running-requests:1,load-aware:0.7,active-requests:1',
  ),
});

const gateway = fc.record({
  flow_control: one(true),
  saturation_detector: one('never', 'utilization', 'concurrency'),
  dispatch_order: one('fifo', 'priority', 'slo-deadline'),
  fairness_policy: one('global-strict', 'round-robin'),
  max_concurrency: one(2, 10, 100),
  usage_limit_threshold: one(0.5, 1),
  queue_shedding: fc.boolean(),
  max_gateway_queue_depth: one(0, 20),
  per_band_capacity: one(0, 10),
  request_ttl: one(0, 50_000),
  in_flight_eviction: fc.boolean(),
  slo_targets: one({ critical: 50_000 }),
});

const pools = fc.record({
  num_instances: one(4, 6),
  prefill_instances: one(1, 2),
  decode_instances: one(1, 2),
  prefill_decode_instances: one(0, 1),
  pd_decider: one('always', 'prefix-threshold', 'never'),
  pd_transfer_contention: fc.boolean(),
  pd_routing: one(
    { policy: 'ordinary' },
    { policy: 'pair-slo', ttft_slo_ms: 50, tpot_slo_ms: 20, negativeHeadroomProb: 0.2 },
    { policy: 'pair-slo', ttft_slo_ms: { critical: 40 }, selectionStrategy: 'best_headroom' },
  ),
});

const tiers = fc.oneof(
  fc.record({ kv_cpu_blocks: one(20, 100, 1000) }),
  fc.record({
    kv_offload: fc.record({
      cpu_bytes_to_use: one(3e7, 3e8),
      offload_prompt_only: fc.boolean(),
      secondary_tiers: one([], [{ type: 'fs', root_dir: '/kv', direct_io: true, device_class: 'nvme_gen4' }]),
    }),
  }),
);

const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: {} });

const config = fc
  .tuple(settings, one(1, 2, 5), optional(weighted), optional(gateway), optional(pools), optional(tiers))
  .map(([base, num_instances, ...parts]) =>
    Object.assign({ model: 'qwen/qwen3-14b', num_instances, ...base }, ...parts),
  );

const client = (id: string, sloClass: string, rate_fraction: number) =>
  fc.record({
    id: one(id),
    tenant_id: one(`tenant-${id}`),
    slo_class: one(sloClass),
    rate_fraction: one(rate_fraction),
    arrival: one({ process: 'poisson' }, { process: 'gamma', cv: 2 }),
    prefix_group: one('g1', 'g2', ''),
    prefix_length: one(64),
    input_distribution: one(50, 200).map((mean) => ({
      type: 'gaussian',
      params: { mean, std_dev: 50, min: 1, max: 600 },
    })),
    output_distribution: one(4, 40).map((mean) => ({ type: 'exponential', params: { mean } })),
    timeout: one(0, 200_000, 2_000_000),
    reasoning: one({}, { multi_turn: { max_rounds: 3, think_time_us: 20_000, context_growth: 'accumulate' } }),
  });

const workload = fc.record({
  seed: fc.nat(1_000_000),
  aggregate_rate: one(50, 300, 2000),
  num_requests: one(30, 120),
  clients: fc.tuple(client('a', 'critical', 0.2), client('b', 'standard', 0.5), client('c', 'sheddable', 0.3)),
});

/** Configurations of every kind, on workloads of every kind. */
export const runs = fc.record({ config, workload, seed: fc.nat(1_000_000), horizonUs: one(500_000, 30_000_000) });

export type RandomRun = typeof runs extends fc.Arbitrary<infer R> ? R : never;

/** Simulates a run twice and checks the laws that hold for every run. */
export function checkLaws({ config, workload: document, seed, horizonUs }: RandomRun): void {
  const resolved = resolveStrategyConfig(config);
  if (resolved.kind === 'infeasible') return;
  const generated = generateWorkload(parseWorkload(document), { horizonUs });
  const engineConfig = { ...resolved.config, seed, horizonUs, traceDecisions: true, counterfactualK: 2 };
  const first = attempt(engineConfig, generated);
  if (first === null) return;
  checkConservation(first, horizonUs);
  const text = printed(engineConfig, first);
  expect(text).not.toMatch(/NaN|undefined|Infinity/);
  expect(printed(engineConfig, attempt(engineConfig, generated)!)).toBe(text);
}

/** null where requests block each other for ever: an answer, too. */
function attempt(config: EngineConfig, generated: Workload): EngineResult | null {
  try {
    return simulateCluster(config, generated);
  } catch (error) {
    if (error instanceof InputError && error.message.startsWith('cannot progress')) return null;
    throw error;
  }
}

/** Every arrival is accounted for exactly once; at an early horizon some may still be on their way. */
function checkConservation(result: EngineResult, horizonUs: number): void {
  const { cluster } = result;
  const headline = clusterHeadline(result);
  const arrived = Object.values(cluster.arrivals).reduce((sum, count) => sum + count, 0);
  const accounted =
    headline.completed +
    headline.stillQueued +
    headline.stillRunning +
    headline.dropped +
    headline.timedOut +
    cluster.admissionRejected +
    cluster.routingRejected +
    cluster.gatewayQueued +
    cluster.gatewayShed +
    cluster.gatewayRejected +
    cluster.gatewayEvicted +
    cluster.gatewayExpired;
  if (horizonUs > 1_000_000) expect(accounted).toBe(arrived);
  else expect(accounted).toBeLessThanOrEqual(arrived);
  for (let row = 0; row < result.table.length; row++) {
    if (result.completed[row] !== 1) continue;
    expect(result.ttftUs[row]!).toBeGreaterThan(0);
    expect(result.e2eUs[row]!).toBeGreaterThanOrEqual(result.ttftUs[row]!);
    expect(result.ttftUs[row]!).toBeGreaterThanOrEqual(result.schedulingDelayUs[row]!);
  }
}

function printed(config: EngineConfig, result: EngineResult): string {
  const report = new RunReport({
    config,
    result,
    targets: { critical: { ttftMs: 50, itlMs: 0, e2eMs: 500 } },
    fitnessWeights: new Map([['p99_ttft', 1]]),
    summarizeTrace: true,
    detector: null,
  });
  return report.text() + [...report.metricsFile()].join('');
}
