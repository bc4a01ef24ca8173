import { z } from 'zod';
import { InputError } from '../../base/errors.ts';
import { readBy } from '../../document/schema-parts.ts';
import { type ClusterSpec, gpuName } from './cluster-spec.ts';
import type { Ordering } from './ordering.ts';
import type { PerfConfig } from './step-model.ts';
import { modelName } from './task-schema.ts';
import { amount, flag, orDefault, plainNumber, whole } from './written-values.ts';

/** A share that is not nothing. */
export const share = amount({ above: 0, max: 1 });

const perfMapping = z.discriminatedUnion('kind', [
  z
    .strictObject({ kind: z.literal('fixed').nullish(), eta: orDefault(amount({ min: 0, max: 1 }), 1) })
    .transform(({ eta }): PerfConfig => ({ kind: 'fixed', eta })),
  z.strictObject({ kind: z.literal('db') }).transform((perf): PerfConfig => perf),
  z
    .strictObject({
      kind: z.literal('roofline'),
      mfu: orDefault(share, 0.5),
      mbu: orDefault(share, 0.8),
      overhead: orDefault(amount({ min: 0 }), 0).describe('fixed time per iteration, s; default: 0'),
      quant: orDefault(z.preprocess(plainNumber, z.literal([8, 16])), 16).describe('bits per weight; default: 16'),
      attention: orDefault(flag, true).describe('false: no arithmetic of attention, no KV traffic; default: true'),
    })
    .transform((perf): PerfConfig => perf),
]);

/** `fixed`, `db`, `roofline`, or `{ kind: roofline, mfu: 0.5, mbu: 0.8, overhead: 0, quant: 16, attention: true }`. */
const perfSchema = z.union([
  z.enum(['fixed', 'db', 'roofline']).transform((kind) => perfMapping.parse({ kind })),
  perfMapping,
]);

const placementEntry = z
  .strictObject({
    model: modelName,
    gpu: gpuName.nullish().describe('default: any GPU type that fits'),
    tp: whole({ min: 1 }).nullish().describe('default: as recommended for the model'),
    count: orDefault(whole({ min: 1 }), 1).describe('instances; default: 1'),
  })
  .transform(
    readBy(({ model, gpu, tp, count }) => {
      const degree = tp ?? null;
      if (degree !== null && (degree < model.minTp || degree > model.maxTp)) {
        const rule = `must be ≥ ${model.minTp} and ≤ ${model.maxTp} for ${model.name}, got ${degree}`;
        throw new InputError(rule, { path: ['tp'] });
      }
      return { model: model.name, gpu: gpu?.name ?? null, tp: degree, count };
    }),
  );

/** Instances of a model; null stands for any GPU type that fits and for the model's recommended degree. */
export type PlacementEntry = Readonly<z.output<typeof placementEntry>>;

/** Keys that only the token engine has. Times in seconds. */
export const TOKEN_SHAPE = {
  perf: orDefault(perfSchema, { kind: 'fixed', eta: 1 }),
  placement: orDefault(z.union([z.literal('auto'), z.array(placementEntry).min(1)]), 'auto'),
  max_batch_size: orDefault(whole({ min: 1, max: 65_536 }), 32),
  max_num_batched_tokens: orDefault(whole({ min: 1 }), 2048),
  prefill_chunk: orDefault(whole({ min: 1 }), 512),
  preempt: orDefault(flag, false),
  preempt_margin: orDefault(amount({ min: 0 }), 0.2),
  preempt_mode: orDefault(z.enum(['recompute', 'swap']), 'recompute'),
  max_preempt_per_task: orDefault(whole({ min: 0 }), 3),
  pcie_gbps: orDefault(amount({ above: 0 }), 25).describe('swap traffic, GB/s; default: 25'),
  gpu_memory_utilization: orDefault(share, 0.9),
  block_size: orDefault(whole({ min: 1 }), 16).describe('tokens per KV block; default: 16'),
  kv_blocks: whole({ min: 1, max: 1e8 }).nullish().describe('blocks of each instance; default: from GPU memory'),
  kv_formula: orDefault(z.enum(['layers', 'single-layer']), 'layers').describe(
    "layers: KV of every layer; single-layer: tokens · 2 · hidden · precision, the seed document's; default: layers",
  ),
  prefix_cache: orDefault(flag, true),
  arrival_window: orDefault(amount({ min: 0 }), 0),
  allow_skip: orDefault(flag, false),
};

/** A settings file of the token engine. */
export const tokenSettingsDocument = z.strictObject(TOKEN_SHAPE);

/** The settings under the names that the engine knows them by. */
export function tokenSettings(keys: z.output<typeof tokenSettingsDocument>) {
  return {
    perf: keys.perf,
    placement: keys.placement as 'auto' | readonly PlacementEntry[],
    maxBatchSize: keys.max_batch_size,
    maxBatchedTokens: keys.max_num_batched_tokens,
    prefillChunk: keys.prefill_chunk,
    preempt: keys.preempt,
    preemptMargin: keys.preempt_margin,
    preemptMode: keys.preempt_mode,
    maxPreemptPerTask: keys.max_preempt_per_task,
    pcieGBs: keys.pcie_gbps,
    memoryUtilization: keys.gpu_memory_utilization,
    blockSize: keys.block_size,
    kvBlocks: keys.kv_blocks ?? null,
    kvFormula: keys.kv_formula,
    prefixCache: keys.prefix_cache,
    arrivalWindow: keys.arrival_window,
    allowSkip: keys.allow_skip,
  };
}

/** Everything that the token engine is told. */
export interface TokenConfig extends Readonly<ReturnType<typeof tokenSettings>> {
  readonly cluster: ClusterSpec;
  readonly ordering: Ordering;
  /** Infinite = until all is done. */
  readonly maxTime: number;
}
