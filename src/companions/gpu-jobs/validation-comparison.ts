import { stream } from '../../base/random.ts';
import type { EngineConfig, LatencyConfig } from '../../simulators/cluster/engine-config.ts';
import { HARDWARE } from '../../simulators/cluster/settings/hardware-catalog.ts';
import { MODEL_CONFIGS } from '../../simulators/cluster/settings/model-catalog.ts';
import { parseModelConfig } from '../../simulators/cluster/settings/model-config.ts';
import { simulateCluster } from '../../simulators/cluster/simulate-cluster.ts';
import { arrivalTimes } from '../../simulators/gpu-jobs/arrival-process.ts';
import { parseTokenConfig } from '../../simulators/gpu-jobs/config.ts';
import { drawCount } from '../../simulators/gpu-jobs/count-law.ts';
import type { Task } from '../../simulators/gpu-jobs/task.ts';
import { simulateTokens } from '../../simulators/gpu-jobs/token-engine.ts';
import { type Summary, summarize } from '../../simulators/kernel/quantile.ts';
import { RequestTable } from '../../simulators/workload/request-table.ts';
import type { ValidationCase } from './validation-cases.ts';

/** Latencies by request, milliseconds; NaN where it never finished. */
export interface EngineLatencies {
  readonly ttftMs: readonly number[];
  readonly e2eMs: readonly number[];
  readonly ttft: Summary;
  readonly e2e: Summary;
  readonly preemptions: number;
  readonly steps: number;
}

export interface Comparison {
  readonly validation: ValidationCase;
  readonly requests: number;
  readonly cluster: EngineLatencies;
  readonly token: EngineLatencies;
  /** Requests whose TTFT and E2E agree to the microsecond. */
  readonly equal: number;
  readonly differing: Differing;
}

/** Requests on which the engines do not agree to the microsecond. */
export interface Differing {
  readonly ttft: number;
  readonly e2e: number;
  /** Place of the first in the trace; null = all agree. */
  readonly first: number | null;
}

/** Runs the trace of a case through both engines. */
export function compareEngines(validation: ValidationCase, requests: number, seed: number): Comparison {
  const tasks = drawTrace(validation, requests, seed);
  const cluster = runCluster(validation, tasks);
  const token = runTokenEngine(validation, tasks);
  const places = tasks.map((_, index) => index);
  const ttft = new Set(places.filter((i) => !same(cluster.ttftMs[i]!, token.ttftMs[i]!)));
  const e2e = new Set(places.filter((i) => !same(cluster.e2eMs[i]!, token.e2eMs[i]!)));
  const apart = places.filter((i) => ttft.has(i) || e2e.has(i));
  const differing = { ttft: ttft.size, e2e: e2e.size, first: apart[0] ?? null };
  return { validation, requests, cluster, token, equal: requests - apart.length, differing };
}

/** Of two times in milliseconds, NaN where a request never finished. */
function same(a: number, b: number): boolean {
  return Math.abs(a - b) < 5e-4;
}

function drawTrace(validation: ValidationCase, count: number, seed: number): readonly Task[] {
  const times = arrivalTimes(validation.arrivals, count, stream(seed, 'validation', 'arrivals'));
  const prompts = stream(seed, 'validation', 'prompts');
  const outputs = stream(seed, 'validation', 'outputs');
  return Array.from(times, (time, index) => ({
    id: `R${index + 1}`,
    model: 'Llama3-8B',
    memoryGB: 16,
    weight: 1,
    // The cluster simulator's clock counts microseconds.
    arrival: Math.round(time * 1e6) / 1e6,
    prefillTokens: validation.sharedTokens + drawCount(validation.prompt, prompts),
    decodeTokens: drawCount(validation.output, outputs),
    tp: 1,
    prefix: validation.sharedTokens > 0 ? 'shared' : null,
    prefixTokens: validation.sharedTokens,
  }));
}

function ownPrefix(task: Task): Task {
  return { ...task, prefix: task.id, prefixTokens: task.prefillTokens };
}

const MAX_BATCH = 32;
const BLOCK_SIZE = 16;

function runTokenEngine(validation: ValidationCase, tasks: readonly Task[]): EngineLatencies {
  const config = parseTokenConfig(
    {
      cluster: 'h100_1gpu',
      ordering: 'FIFO',
      perf:
        validation.stepTimes === 'linear'
          ? { kind: 'fixed', eta: 0 }
          : { kind: 'roofline', mfu: 0.45, mbu: 1, overhead: 0 },
      kv_blocks: validation.kvBlocks,
      block_size: BLOCK_SIZE,
      max_batch_size: MAX_BATCH,
      max_num_batched_tokens: validation.tokenBudget,
      prefill_chunk: validation.prefillChunk,
    },
    ['config'],
  );
  const result = simulateTokens(config, validation.ownPrefixes ? tasks.map(ownPrefix) : tasks);
  const { counters } = result.instances[0]!;
  return latencies(
    result.tasks.map(({ task, firstToken }) => (firstToken - task.arrival) * 1000),
    result.tasks.map(({ task, completion }) => (completion - task.arrival) * 1000),
    counters.preemptions,
    counters.iterations,
  );
}

function runCluster(validation: ValidationCase, tasks: readonly Task[]): EngineLatencies {
  const table = requestTable(tasks, validation.sharedTokens);
  const workload = { initial: table, horizonUs: Number.POSITIVE_INFINITY, start: () => ({ table, followUps: null }) };
  const result = simulateCluster(clusterConfig(validation), workload);
  const instance = result.instances[0]!;
  const ms = (us: Float64Array): number[] =>
    tasks.map((_, i) => (result.completed[i] === 1 ? us[i]! / 1000 : Number.NaN));
  return latencies(ms(result.ttftUs), ms(result.e2eUs), instance.preemptions, instance.steps);
}

function latencies(ttftMs: number[], e2eMs: number[], preemptions: number, steps: number): EngineLatencies {
  return { ttftMs, e2eMs, ttft: summarize(ttftMs), e2e: summarize(e2eMs), preemptions, steps };
}

function requestTable(tasks: readonly Task[], sharedTokens: number): RequestTable {
  const table = new RequestTable(tasks.length, {
    sloClasses: [''],
    tenants: [''],
    clients: [''],
    models: [''],
    prefixGroups: [],
    sessions: [],
    groupLengths: sharedTokens > 0 ? [sharedTokens] : [],
  });
  for (const task of tasks) {
    const row = table.append();
    table.arrivalUs[row] = Math.round(task.arrival * 1e6);
    table.inputTokens[row] = task.prefillTokens;
    table.outputTokens[row] = task.decodeTokens;
    if (sharedTokens > 0) {
      table.group[row] = 0;
      table.groupTokens[row] = sharedTokens;
    }
  }
  return table;
}

function clusterConfig(validation: ValidationCase): EngineConfig {
  return {
    instances: 1,
    seed: 1,
    horizonUs: Number.POSITIVE_INFINITY,
    admissionLatencyUs: 0,
    routingLatencyUs: 0,
    snapshotRefreshUs: 0,
    cacheSignalDelayUs: 0,
    routing: { policy: 'round-robin', scorers: [] },
    admission: { kind: 'always-admit' },
    sloPriorities: {},
    tenantBudgets: null,
    gateway: null,
    disaggregation: null,
    traceDecisions: false,
    counterfactualK: 0,
    instance: {
      totalBlocks: validation.kvBlocks,
      blockSize: BLOCK_SIZE,
      maxSeqs: MAX_BATCH,
      maxBatchedTokens: validation.tokenBudget,
      longPrefillThreshold: validation.prefillChunk,
      maxModelLen: 0,
      scheduler: 'fcfs',
      preemption: 'fcfs',
      kv: { kind: 'gpu-only' },
      latency: clusterLatency(validation.stepTimes),
    },
  };
}

function clusterLatency(stepTimes: ValidationCase['stepTimes']): LatencyConfig {
  // µs: nothing per step, 1000 per prefill token, 200 per decoding request.
  if (stepTimes === 'linear') return { kind: 'blackbox', alpha: [0, 0, 0], beta: [0, 1000, 200] };
  const name = 'llama-3.1-8b-instruct';
  return {
    kind: 'roofline',
    alpha: [0, 0, 0],
    beta: [],
    model: parseModelConfig(MODEL_CONFIGS[name]!, name).architecture,
    hardware: HARDWARE['H100']!,
    tp: 1,
    dp: 1,
    moeCommBackend: '',
  };
}
