import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { ClusterEngine } from '../../../../src/simulators/cluster/engine/cluster-engine.ts';
import type { EngineConfig, KvTierConfig } from '../../../../src/simulators/cluster/engine-config.ts';
import type { EngineEvent, EngineHooks } from '../../../../src/simulators/cluster/policy/policy.ts';
import { HARDWARE } from '../../../../src/simulators/cluster/settings/hardware-catalog.ts';
import { MODEL_CONFIGS } from '../../../../src/simulators/cluster/settings/model-catalog.ts';
import { parseModelConfig } from '../../../../src/simulators/cluster/settings/model-config.ts';
import { openWorkload, tokenTable } from './token-table.ts';

type Runs = readonly (readonly [number, number])[];

/** One instance fed with explicit tokens, and what the reference did with it. */
export interface Scenario {
  readonly scenario: {
    readonly name: string;
    readonly model: string;
    readonly gpu: string;
    readonly tp: number;
    readonly backend: 'roofline' | 'trained-physics';
    readonly alpha: readonly number[];
    readonly beta: readonly number[];
    readonly horizon: number;
    readonly total_blocks: number;
    readonly block_size: number;
    readonly cpu_blocks: number;
    readonly bw: number;
    readonly base_lat: number;
    readonly max_seqs: number;
    readonly max_tok: number;
    readonly thresh: number;
    readonly max_len: number;
    readonly sched: 'fcfs' | 'priority-fcfs' | 'sjf' | 'reverse-priority';
    readonly preempt: 'fcfs' | 'priority';
    readonly offload?: OffloadScenario;
    readonly requests: readonly {
      readonly id: string;
      readonly arrival: number;
      readonly max_out: number;
      readonly deadline: number;
      readonly slo: string;
      readonly in?: readonly number[];
      readonly out?: readonly number[];
      readonly in_runs?: Runs;
      readonly out_runs?: Runs;
    }[];
  };
  readonly expected: {
    readonly kv: {
      readonly free: readonly number[];
      readonly hits: number;
      readonly misses: number;
      readonly nhash: number;
      readonly rate: number;
      readonly thrash: number;
      readonly used: number;
    };
    readonly m: Readonly<Record<string, number>>;
    readonly tier: Readonly<Record<string, number>>;
    readonly requests: readonly {
      readonly id: string;
      readonly state: string;
      readonly pi: number;
      readonly itl?: readonly number[] | null;
      readonly ftt: number;
      readonly ss: number;
      readonly fs: number;
      readonly ttft?: number;
      readonly e2e?: number;
      readonly sd?: number;
      readonly tpot?: number;
      readonly capped: boolean;
    }[];
    readonly wq: readonly number[] | null;
    readonly rb: readonly number[] | null;
    readonly steps?:
      | readonly (readonly [
          number,
          number,
          readonly string[] | null,
          readonly number[] | null,
          number,
          number,
          number,
        ])[]
      | null;
  };
}

interface OffloadScenario {
  readonly CPUBytesToUse: number;
  readonly PerBlockBytes: number;
  readonly OffloadPromptOnly: boolean;
  readonly Tiers: readonly {
    readonly NReadThreads: number;
    readonly NWriteThreads: number;
    readonly ReadBandwidth: number;
    readonly WriteBandwidth: number;
    readonly BaseLatency: number;
    readonly SaturationQueueDepth: number;
    readonly SingleTransferFraction: number;
  }[];
}

export function readScenarios(file: string): Scenario[] {
  const text = gunzipSync(readFileSync(new URL(`../../../fixtures/cluster/${file}`, import.meta.url))).toString();
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Scenario);
}

export function scenarioConfig({ scenario: s }: Scenario): EngineConfig {
  return {
    instances: 1,
    seed: 42,
    horizonUs: s.horizon >= Number.MAX_SAFE_INTEGER ? Number.POSITIVE_INFINITY : s.horizon,
    admissionLatencyUs: 0,
    routingLatencyUs: 0,
    snapshotRefreshUs: 0,
    cacheSignalDelayUs: 0,
    routing: { policy: 'round-robin', scorers: [] },
    admission: { kind: 'always-admit' },
    sloPriorities: { critical: 4, standard: 3, batch: -1, sheddable: -2, background: -3 },
    tenantBudgets: null,
    gateway: null,
    disaggregation: null,
    traceDecisions: false,
    counterfactualK: 0,
    instance: {
      totalBlocks: s.total_blocks,
      blockSize: s.block_size,
      maxSeqs: s.max_seqs,
      maxBatchedTokens: s.max_tok,
      longPrefillThreshold: s.thresh,
      maxModelLen: s.max_len,
      scheduler: s.sched,
      preemption: s.preempt,
      kv: tierConfig(s),
      latency: {
        kind: s.backend,
        alpha: s.alpha,
        beta: s.beta,
        model: parseModelConfig(MODEL_CONFIGS[s.model]!, s.model).architecture,
        hardware: HARDWARE[s.gpu]!,
        tp: s.tp,
        dp: 1,
        moeCommBackend: '',
      },
    },
  };
}

export function runScenario(
  scenario: Scenario,
  hooks: EngineHooks = {},
): {
  readonly engine: ClusterEngine;
  readonly steps: readonly Extract<EngineEvent, { kind: 'step' }>[];
} {
  const table = tokenTable(
    scenario.scenario.requests.map((request) => ({
      id: request.id,
      arrivalUs: request.arrival,
      input: request.in ?? expand(request.in_runs),
      output: request.out ?? expand(request.out_runs),
      maxOutput: request.max_out,
      deadlineUs: request.deadline,
      sloClass: request.slo,
    })),
  );
  const steps: Extract<EngineEvent, { kind: 'step' }>[] = [];
  const engine = new ClusterEngine(scenarioConfig(scenario), openWorkload(table), {
    ...hooks,
    record: (event) => {
      if (event.kind === 'step') steps.push(event);
    },
  });
  engine.run();
  return { engine, steps };
}

function tierConfig(s: Scenario['scenario']): KvTierConfig {
  if (s.offload !== undefined) {
    return {
      kind: 'offload',
      chain: {
        cpuBlocks: Math.floor(s.offload.CPUBytesToUse / s.offload.PerBlockBytes),
        bytesPerBlock: s.offload.PerBlockBytes,
        promptOnly: s.offload.OffloadPromptOnly,
        tiers: s.offload.Tiers.map((tier) => ({
          readThreads: tier.NReadThreads,
          writeThreads: tier.NWriteThreads,
          readBandwidth: tier.ReadBandwidth,
          writeBandwidth: tier.WriteBandwidth,
          baseLatency: tier.BaseLatency,
          saturationQueueDepth: tier.SaturationQueueDepth,
          rampFraction: tier.SingleTransferFraction,
          jitterSigma: 0,
        })),
      },
    };
  }
  if (s.cpu_blocks === 0) return { kind: 'gpu-only' };
  return {
    kind: 'tiered',
    cpuBlocks: s.cpu_blocks,
    transferBandwidth: s.bw,
    transferBaseLatency: s.base_lat,
  };
}

function expand(runs: Runs = []): number[] {
  return runs.flatMap(([first, count]) => Array.from({ length: count }, (_, i) => first + i));
}
