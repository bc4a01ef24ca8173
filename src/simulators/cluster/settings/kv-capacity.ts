import type { HardwareSpec, ModelArchitecture } from '../engine-config.ts';

export interface CapacityInput {
  readonly model: ModelArchitecture;
  readonly hardware: HardwareSpec;
  readonly tp: number;
  readonly dp: number;
  /** Tokens per block. */
  readonly blockSize: number;
  /** Share of GPU memory that the engine may use, in (0, 1]. */
  readonly memoryUtilization: number;
}

export type Capacity =
  | { readonly kind: 'blocks'; readonly blocks: number }
  /** The weights and buffers leave no room, or the shapes do not divide over the GPUs. */
  | { readonly kind: 'none'; readonly reason: string };

const GIB = 2 ** 30;
const SUPPORTED_ACTIVATIONS: readonly string[] = ['silu', 'swiglu', 'geglu', 'situ', ''];

/** Number of KV blocks of one instance. Memory counts over all `tp` GPUs while a block is costed per GPU. */
export function kvCapacity(input: CapacityInput): Capacity {
  const { model, hardware, tp } = input;
  if (!SUPPORTED_ACTIVATIONS.includes(model.hiddenAct)) {
    return none(`KV capacity of a model with activation "${model.hiddenAct}" is not known`);
  }
  const shapeProblem = shapeMismatch(model, tp);
  if (shapeProblem !== undefined) return none(shapeProblem);
  const blockBytes = Math.trunc(kvBytesPerToken(model, tp) * input.blockSize);
  const moe = model.experts >= 2;
  const weightGiB = Math.trunc(parameterCount(model) * model.weightBytes) / GIB;
  const available = hardware.memoryGiB * input.memoryUtilization * tp;
  const overhead = weightGiB + (moe ? 8.0 : 5.5) + (tp === 1 ? 0.15 : 0.6) * tp;
  if (overhead >= available) {
    return none(
      `weights and buffers need ${overhead.toFixed(2)} GiB of the ${available.toFixed(2)} GiB available on ${tp} × ${hardware.name}`,
    );
  }
  const blocks = Math.floor(Math.trunc((available - overhead) * GIB) / blockBytes) * (moe ? input.dp : 1);
  return blocks > 0 ? { kind: 'blocks', blocks } : none('no room for a single KV block');
}

/** Bytes of one token's KV entries on one GPU; latent attention (MLA) is not divided over the GPUs. */
export function kvBytesPerToken(model: ModelArchitecture, tp: number): number {
  if (model.kvLoraRank > 0) return model.layers * (model.kvLoraRank + model.qkRopeHeadDim) * model.activationBytes;
  return (model.layers * 2 * headWidth(model) * model.kvHeads * model.activationBytes) / tp;
}

function headWidth(model: ModelArchitecture): number {
  return model.headDim > 0 ? model.headDim : Math.floor(model.hidden / model.heads);
}

function parameterCount(model: ModelArchitecture): number {
  const { hidden: d, layers } = model;
  const attention = d * (d + 2 * model.kvHeads * headWidth(model)) + d * d + 2 * d;
  const embeddings = model.vocab * d * (model.tieWordEmbeddings ? 1 : 2);
  return embeddings + layers * attention + feedForwardParameters(model) + d;
}

function feedForwardParameters(model: ModelArchitecture): number {
  const { hidden: d, layers } = model;
  if (model.experts < 2) return layers * 3 * d * model.ffn;
  const denseLayers = Math.min(model.firstKDenseReplace, layers);
  const expertLayer = 3 * d * model.expertFfn * model.experts + 3 * d * model.sharedFfn + model.experts * d;
  return denseLayers * 3 * d * model.denseFfn + (layers - denseLayers) * expertLayer;
}

function shapeMismatch(model: ModelArchitecture, tp: number): string | undefined {
  if (model.kvLoraRank > 0) return undefined;
  if (model.kvHeads >= tp && model.kvHeads % tp !== 0) {
    return `${model.kvHeads} KV heads do not divide over ${tp} GPUs`;
  }
  if (model.headDim === 0 && model.hidden % model.heads !== 0) {
    return `hidden size ${model.hidden} is not a multiple of ${model.heads} heads`;
  }
  return undefined;
}

function none(reason: string): Capacity {
  return { kind: 'none', reason };
}
