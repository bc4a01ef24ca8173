import { quantile } from '../../numeric/statistics.ts';
import { parseTokenConfig } from '../../simulators/gpu-jobs/config.ts';
import { findGpu } from '../../simulators/gpu-jobs/gpu-catalog.ts';
import { findModel, weightsPerGpu } from '../../simulators/gpu-jobs/model-catalog.ts';
import { type PerfConfig, rooflineStep } from '../../simulators/gpu-jobs/step-model.ts';
import { simulateTokens } from '../../simulators/gpu-jobs/token-engine.ts';
import { plainTask } from './plain-task.ts';
import {
  PUBLISHED_DECODES,
  PUBLISHED_THROUGHPUTS,
  type PublishedDecode,
  type PublishedThroughput,
  type Source,
} from './published-benchmarks.ts';

/** A published figure beside that of the roofline. */
export interface BenchmarkRow {
  readonly model: string;
  readonly gpu: string;
  readonly tp: number;
  /** `128 → 2048`, or `16 at a time`. */
  readonly load: string;
  readonly unit: 'tokens/s' | 'ms';
  readonly published: number;
  readonly simulated: number;
  /** How far the simulated speed is above the published one, as a share of the latter. */
  readonly error: number;
  readonly source: Source;
}

export interface BenchmarkOptions {
  /** Of each throughput row; the source had 2000. */
  readonly requests: number;
  readonly perf: Extract<PerfConfig, { kind: 'roofline' }>;
}

export const BENCHMARK_ROWS = PUBLISHED_THROUGHPUTS.length + PUBLISHED_DECODES.length;

/** Every published row with its error. Throughputs are simulated by the token engine, times per token are one step. */
export function* compareBenchmarks({ requests, perf }: BenchmarkOptions): Generator<BenchmarkRow> {
  for (const row of PUBLISHED_THROUGHPUTS) yield throughputRow(row, requests, perf);
  for (const row of PUBLISHED_DECODES) yield decodeRow(row, perf);
}

/** As the source says: limits of a step, and everything there from the start. */
const LIMITS = { max_batch_size: 2048, max_num_batched_tokens: 2048, prefill_chunk: 2048 };
/** Of the memory that weights leave free. */
const KV_SHARE = 0.9;

function throughputRow(row: PublishedThroughput, requests: number, perf: BenchmarkOptions['perf']): BenchmarkRow {
  const { model, gpu, tp, input, output, tokensPerSec: published, source } = row;
  const config = parseTokenConfig(
    {
      cluster: `${gpu.toLowerCase()}_${tp}gpu`,
      ordering: 'FIFO',
      perf: { ...perf },
      placement: [{ model, tp, count: 1 }],
      gpu_memory_utilization: memoryUtilization(row),
      ...LIMITS,
    },
    ['config'],
  );
  const tasks = Array.from({ length: requests }, (_, index) =>
    plainTask({ id: `R${index + 1}`, model, tp, arrival: 0, prompt: input, output }),
  );
  const simulated = (requests * output) / simulateTokens(config, tasks).endedAt;
  const error = simulated / published - 1;
  return { model, gpu, tp, load: `${input} → ${output}`, unit: 'tokens/s', published, simulated, error, source };
}

/** The share of all memory that weights and KV cache come to. */
function memoryUtilization({ model, gpu, tp }: PublishedThroughput): number {
  const { memoryGB } = findGpu(gpu);
  const weights = weightsPerGpu(findModel(model), tp);
  return (weights + KV_SHARE * (memoryGB - weights)) / memoryGB;
}

function decodeRow(row: PublishedDecode, perf: BenchmarkOptions['perf']): BenchmarkRow {
  const { model, gpu, tp, concurrency, context, figure: published, unit, source } = row;
  const step = {
    prefillTokens: 0,
    decodeBatch: concurrency,
    attended: concurrency * (context + 1),
    storedContext: concurrency * context,
  };
  const { seconds } = rooflineStep(step, { gpu: findGpu(gpu), tp, model: findModel(model) }, perf);
  const simulated = unit === 'ms' ? seconds * 1000 : concurrency / seconds;
  const error = (unit === 'ms' ? published / simulated : simulated / published) - 1;
  return { model, gpu, tp, load: `${concurrency} at a time`, unit, published, simulated, error, source };
}

export interface ErrorSummary {
  readonly rows: number;
  /** Of |error|. */
  readonly mean: number;
  readonly median: number;
  /** Every row lies within it, up or down. */
  readonly worstFactor: number;
}

export function errorSummary(rows: readonly BenchmarkRow[]): ErrorSummary {
  const sizes = rows.map(({ error }) => Math.abs(error));
  const factors = rows.map(({ error }) => Math.max(1 + error, 1 / (1 + error)));
  return {
    rows: rows.length,
    mean: sizes.reduce((sum, value) => sum + value, 0) / sizes.length,
    median: quantile(sizes, 0.5),
    worstFactor: Math.max(...factors),
  };
}

/** Rows of one load together: prompts weigh on arithmetic, long answers on memory. */
export function byLoad(rows: readonly BenchmarkRow[]): readonly (readonly [string, readonly BenchmarkRow[]])[] {
  const loads = [...new Set(rows.map(groupOf))];
  return loads.map((load) => [load, rows.filter((row) => groupOf(row) === load)]);
}

/** Tokens per second of a whole load, not the time of one step. */
export function isThroughput({ unit }: BenchmarkRow): boolean {
  return unit === 'tokens/s';
}

function groupOf(row: BenchmarkRow): string {
  return isThroughput(row) ? row.load : 'one decode step';
}
