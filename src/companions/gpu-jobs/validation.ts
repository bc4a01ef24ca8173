import { stream } from '../../base/random.ts';
import type { EngineConfig, LatencyConfig } from '../../simulators/cluster/engine-config.ts';
import { HARDWARE } from '../../simulators/cluster/settings/hardware-catalog.ts';
import { MODEL_CONFIGS } from '../../simulators/cluster/settings/model-catalog.ts';
import { parseModelConfig } from '../../simulators/cluster/settings/model-config.ts';
import { simulateCluster } from '../../simulators/cluster/simulate-cluster.ts';
import { type ArrivalProcess, arrivalTimes } from '../../simulators/gpu-jobs/arrival-process.ts';
import { parseJobsConfig } from '../../simulators/gpu-jobs/config.ts';
import { type CountLaw, drawCount } from '../../simulators/gpu-jobs/count-law.ts';
import type { Task } from '../../simulators/gpu-jobs/task.ts';
import { simulateTokens } from '../../simulators/gpu-jobs/token-engine.ts';
import { type Summary, summarize } from '../../simulators/kernel/quantile.ts';
import { RequestTable } from '../../simulators/workload/request-table.ts';

/** One trace on one instance, served by both engines under the same limits. */
export interface ValidationCase {
  readonly name: string;
  readonly title: string;
  readonly arrivals: ArrivalProcess;
  readonly prompt: CountLaw;
  readonly output: CountLaw;
  /** Tokens that all prompts of a group share; 0 = nothing shared. */
  readonly sharedTokens: number;
  readonly kvBlocks: number;
  readonly tokenBudget: number;
  readonly prefillChunk: number;
  readonly stepTimes: 'linear' | 'roofline';
  /** The token engine may find a preempted request's own prompt blocks in the prefix cache. */
  readonly ownPrefixes: boolean;
  /** Why the engines agree or differ here. */
  readonly explanation: string;
}

const uniform = (min: number, max: number): CountLaw => ({ kind: 'uniform', min, max });

const poisson = (rate: number): ArrivalProcess => ({ kind: 'poisson', rate });

const AMPLE: Omit<ValidationCase, 'name' | 'title' | 'explanation'> = {
  arrivals: poisson(3),
  prompt: uniform(50, 400),
  output: uniform(10, 120),
  sharedTokens: 0,
  kvBlocks: 20_000,
  tokenBudget: 2048,
  prefillChunk: 512,
  stepTimes: 'linear',
  ownPrefixes: false,
};

export const VALIDATION_CASES: readonly ValidationCase[] = [
  {
    ...AMPLE,
    name: 'ample',
    title: 'Ample memory and budget',
    explanation:
      'Step times are the same function in both engines (1 ms per prefill token, 0.2 ms per decoding request), nothing ' +
      'is scarce, and both serve first come first served with chunked prefill. Requests agree to the microsecond, with ' +
      'one exception: in the cluster simulator, as in its reference, the effects of a step are visible at its start, so ' +
      'that a request which arrives during the very last step of a busy period starts at once instead of waiting for ' +
      'the rest of that step (a fraction of a millisecond, about one request in a thousand here; none on this seed ' +
      'if all are equal).',
  },
  {
    ...AMPLE,
    name: 'tight-budget',
    title: 'Token budget barely above one prefill chunk',
    arrivals: poisson(6),
    prompt: { kind: 'pareto', scale: 2, alpha: 0.9, min: 2, max: 4000 },
    tokenBudget: 260,
    prefillChunk: 256,
    explanation:
      'The token engine gives every decoding request its token before any prefill chunk; the cluster simulator walks the ' +
      'batch in order of admission, so that a long prompt admitted earlier takes its chunk first. Under first come first ' +
      'served this hardly shows: a request can only come to decode behind an unfinished prefill with what that prefill ' +
      'leaves of the budget, here 4 tokens per step, and with no more than 4 such requests all get their tokens in both. ' +
      'Where one gets none in a step, the cluster simulator leaves that step out of its end-to-end time.',
  },
  {
    ...AMPLE,
    name: 'shared-prefix',
    title: 'Shared prompt prefix, bursts of four',
    sharedTokens: 256,
    arrivals: { kind: 'burst', size: 4, interval: 2, jitter: 0 },
    explanation:
      'Both share full blocks of a common prefix and always compute the last prompt token. The cluster simulator makes ' +
      'the blocks of a prompt findable when it is admitted, so that a request admitted in the same step already hits ' +
      'them; the token engine publishes a block when it has been computed. The four requests of the first burst compute ' +
      'the prefix once in one engine and four times in the other; all later ones find it and agree.',
  },
  {
    ...AMPLE,
    name: 'kv-pressure',
    title: 'KV memory for a few requests',
    kvBlocks: 60,
    explanation:
      'Both preempt the latest arrival when no block is left, and both recompute, but four rules differ. (1) The cluster ' +
      "simulator finds a preempted request's own prompt blocks in its prefix cache, so that a second prefill is nearly " +
      'free; the token engine caches declared prefixes only and pays 1 ms per token again. (2) The token engine keeps the ' +
      'output produced so far and prefills prompt and output; the cluster simulator drops the output and decodes it anew ' +
      '(more steps). (3) A second prefill overwrites the first token time in the cluster simulator; in the token engine ' +
      'the first token, once delivered, counts. (4) Blocks of a request that ends are free at the start of its last step ' +
      'in the cluster simulator, at its end in the token engine. The next case takes (1) away.',
  },
  {
    ...AMPLE,
    name: 'kv-pressure-own-prefix',
    title: 'KV memory for a few requests, own prompts cached',
    kvBlocks: 60,
    ownPrefixes: true,
    explanation:
      'The same trace, with every prompt declared as a prefix of its own, so that the token engine also finds the blocks ' +
      'of a preempted prompt. What remains are rules (2) to (4).',
  },
  {
    ...AMPLE,
    name: 'roofline',
    title: 'Roofline step times, Llama-3.1-8B on one H100',
    arrivals: poisson(6),
    prompt: uniform(100, 2000),
    output: uniform(20, 300),
    stepTimes: 'roofline',
    explanation:
      'Same rules, different cost models. The cluster simulator follows its reference: per layer the attention matrices ' +
      'and two of the three feed-forward matrices, no embeddings, 5.1 billion parameters in all. The token engine counts ' +
      'all 8 billion: it reads 16 GB of weights per decode step instead of 10.2 GB and computes 2 FLOPs for each. The ' +
      'ratio 0.64 of the two counts is about the ratio of the latencies (a published rule of thumb for a decode step ' +
      'without context, parameters × 2 bytes over bandwidth, is the larger one: 4.78 ms). Smaller differences: vector ' +
      'operations, decode arithmetic charged at 30 % of the peak, steps truncated to microseconds.',
  },
];

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
}

/** Runs the trace of a case through both engines. */
export function compareEngines(validation: ValidationCase, requests: number, seed: number): Comparison {
  const tasks = drawTrace(validation, requests, seed);
  const cluster = runCluster(validation, tasks);
  const token = runTokenEngine(validation, tasks);
  const same = (a: number, b: number): boolean => Math.abs(a - b) < 5e-4;
  const equal = tasks.filter(
    (_, i) => same(cluster.ttftMs[i]!, token.ttftMs[i]!) && same(cluster.e2eMs[i]!, token.e2eMs[i]!),
  ).length;
  return { validation, requests, cluster, token, equal };
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
  const config = parseJobsConfig(
    {
      engine: 'token',
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
  if (config.engine !== 'token') throw new RangeError('asked for the token engine');
  const result = simulateTokens(config.token, validation.ownPrefixes ? tasks.map(ownPrefix) : tasks);
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
