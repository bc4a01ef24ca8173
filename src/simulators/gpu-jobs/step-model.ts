import { power } from '../../numeric/power.ts';
import { type GpuSpec, gpuFamily } from './gpu-catalog.ts';
import { kvBytesPerToken, type ModelSpec } from './model-catalog.ts';
import { type RooflineTime, rooflineTime } from './roofline.ts';

/** How long an iteration takes. */
export type PerfConfig =
  /** 1000 prefill tokens/s; a decode step of b tasks takes b^(1 − eta) / 5000 s. */
  | { readonly kind: 'fixed'; readonly eta: number }
  /** Measured-style throughput table per (GPU, model). */
  | { readonly kind: 'db' }
  | {
      readonly kind: 'roofline';
      /** Achieved share of peak FLOP/s and of bandwidth. */
      readonly mfu: number;
      readonly mbu: number;
      /** Fixed time per iteration, seconds. */
      readonly overhead: number;
      /** Bits per weight. */
      readonly quant: 8 | 16;
      /** False leaves out the arithmetic of attention and the traffic of the KV cache: closed forms then hold exactly. */
      readonly attention: boolean;
    };

/** What one iteration computes. */
export interface StepLoad {
  readonly prefillTokens: number;
  /** Tasks that decode one token each. */
  readonly decodeBatch: number;
  /** Σ over new tokens of the tokens they attend to, themselves included. */
  readonly attended: number;
  /** Σ over tasks of the context that is read from the KV cache. */
  readonly storedContext: number;
}

export interface StepModel {
  seconds(load: StepLoad): number;
  /** Tokens/s of a single request: the scheduler's size estimate. */
  readonly prefillRate: number;
  readonly decodeRate: number;
}

/** The GPUs and weights of one serving instance. */
export interface InstanceHardware {
  readonly gpu: GpuSpec;
  readonly tp: number;
  readonly model: ModelSpec;
}

export function createStepModel(perf: PerfConfig, hardware: InstanceHardware): StepModel {
  switch (perf.kind) {
    case 'fixed':
      return withRates((load) => fixedSeconds(load, perf.eta));
    case 'db':
      return withRates((load) => tableSeconds(load, hardware));
    case 'roofline':
      return withRates((load) => rooflineStep(load, hardware, perf).seconds);
    default:
      return perf satisfies never;
  }
}

/** Token throughput of a decode step of `batch` tasks over that of one task, at a given context length. */
export function batchEfficiency(model: StepModel, batch: number, context = 0): number {
  const seconds = (b: number): number =>
    model.seconds({ prefillTokens: 0, decodeBatch: b, attended: b * (context + 1), storedContext: b * context });
  return (batch / seconds(batch)) * seconds(1);
}

const FIXED_PREFILL_RATE = 1000;
const FIXED_DECODE_RATE = 5000;

function fixedSeconds({ prefillTokens, decodeBatch }: StepLoad, eta: number): number {
  return prefillTokens / FIXED_PREFILL_RATE + (decodeBatch > 0 ? power(decodeBatch, 1 - eta) / FIXED_DECODE_RATE : 0);
}

/** tokens/s per GPU and multi-GPU efficiency for prefill; the same and the batch factor for decode. */
type TableRow = readonly [number, number, number, number, number];

const THROUGHPUT: Readonly<Record<string, TableRow>> = {
  'H100 DeepSeek-R1': [625, 0.95, 100, 0.7, 2.5],
  'H100 Qwen3': [4000, 0.9, 750, 0.75, 3.0],
  'H100 GLM4.7': [1200, 0.92, 200, 0.72, 2.5],
  'A100 DeepSeek-R1': [312.5, 0.95, 50, 0.7, 2.5],
  'A100 Qwen3': [2000, 0.9, 400, 0.75, 3.0],
  'A30 Qwen3': [450, 0.88, 100, 0.72, 2.5],
  'L40 Qwen3': [1100, 0.85, 180, 0.7, 2.5],
};
/** Prefill and decode tokens/s per GPU for pairs that the table lacks. */
const FALLBACK: Readonly<Record<string, readonly [number, number]>> = {
  H100: [1000, 150],
  A100: [600, 100],
  A30: [300, 50],
  L40: [500, 80],
  L4: [150, 25],
};
const UNKNOWN_GPU = [300, 50] as const;

/** Tokens/s of one instance by the throughput table. */
export function tableThroughput(
  { gpu, tp, model }: InstanceHardware,
  batch: number,
): { readonly prefill: number; readonly decode: number } {
  const family = gpuFamily(gpu.name);
  const row = THROUGHPUT[`${family} ${model.name}`];
  if (row !== undefined) {
    const [prefill, prefillEfficiency, decode, decodeEfficiency, factor] = row;
    const scale = batch <= 1 ? 1 : Math.min(factor, 1 + (factor - 1) * Math.sqrt(batch));
    return {
      prefill: prefill * tp * power(prefillEfficiency, tp - 1),
      decode: decode * tp * power(decodeEfficiency, tp - 1) * scale,
    };
  }
  const [prefill, decode] = FALLBACK[family] ?? UNKNOWN_GPU;
  return {
    prefill: prefill * tp,
    decode: decode * tp * power(0.85, tp - 1) * Math.min(2.5, 1 + 0.5 * Math.sqrt(Math.max(1, batch))),
  };
}

function tableSeconds({ prefillTokens, decodeBatch }: StepLoad, hardware: InstanceHardware): number {
  const rates = tableThroughput(hardware, decodeBatch);
  return prefillTokens / rates.prefill + (decodeBatch > 0 ? decodeBatch / rates.decode : 0);
}

export interface RooflineStep extends RooflineTime {
  readonly flops: number;
  readonly bytes: number;
}

/**
 * Roofline time of an iteration on `tp` GPUs. FLOPs: 2 per active parameter and token, plus 4·layers·heads·headDim per
 * attended token. Bytes: the weights once (of a mixture of experts at most what its tokens activate), the KV cache
 * that is read and the KV entries that are written. All-reduce traffic of tensor parallelism comes on top.
 */
export function rooflineStep(
  load: StepLoad,
  { gpu, tp, model }: InstanceHardware,
  perf: Extract<PerfConfig, { kind: 'roofline' }>,
): RooflineStep {
  const { architecture } = model;
  const tokens = load.prefillTokens + load.decodeBatch;
  const active = architecture.activeBillions * 1e9;
  const all = model.parametersBillions * 1e9;
  const kvBytes = perf.attention ? kvBytesPerToken(architecture) : 0;
  const perAttended = perf.attention ? 4 * architecture.layers * architecture.heads * architecture.headDim : 0;
  const flops = 2 * active * tokens + perAttended * load.attended;
  const weights = Math.min(all, active * tokens) * (perf.quant / 8);
  const bytes = weights + kvBytes * (load.storedContext + tokens);
  const time = rooflineTime(flops, bytes, tp * gpu.tflops * 1e12 * perf.mfu, tp * gpu.bandwidthGBs * 1e9 * perf.mbu);
  const reduced = (4 * architecture.layers * (tp - 1)) / tp;
  const communication = (reduced * tokens * architecture.hidden * 2) / (gpu.linkGBs * 1e9);
  return { ...time, seconds: time.seconds + perf.overhead + communication, flops, bytes };
}

const RATE_PROBE = 1000;

/** Rates of a single request: a prompt of 1000 tokens, and a decode step without context. */
function withRates(seconds: (load: StepLoad) => number): StepModel {
  const prompt = {
    prefillTokens: RATE_PROBE,
    decodeBatch: 0,
    attended: (RATE_PROBE * (RATE_PROBE + 1)) / 2,
    storedContext: 0,
  };
  return {
    seconds,
    prefillRate: RATE_PROBE / seconds(prompt),
    decodeRate: 1 / seconds({ prefillTokens: 0, decodeBatch: 1, attended: 1, storedContext: 0 }),
  };
}
