import { unknownName } from '../../base/errors.ts';

/** Shapes that decide FLOPs and KV bytes. */
export interface Architecture {
  readonly layers: number;
  readonly hidden: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  /** Parameters used per token, 10^9; equals all parameters in dense models. */
  readonly activeBillions: number;
  /** KV values per layer and token where they are not 2·kvHeads·headDim (latent attention). */
  readonly latentKvValues?: number;
}

export interface ModelSpec {
  readonly name: string;
  /** 10^9. */
  readonly parametersBillions: number;
  /** GB of weights per GPU, by tensor parallelism. */
  readonly memoryPerGpu: Readonly<Record<number, number>>;
  readonly minTp: number;
  readonly maxTp: number;
  readonly recommendedTp: number;
  /** FLOP per token: the scheduler's size estimate. */
  readonly prefillFlops: number;
  readonly decodeFlops: number;
  readonly architecture: Architecture;
}

const LLAMA_70B: Architecture = { layers: 80, hidden: 8192, heads: 64, kvHeads: 8, headDim: 128, activeBillions: 70 };

/**
 * Sizes, memory and FLOP per token as seed document 002 states them. Architecture facts come from the models' public
 * configurations; GLM4.7 and Mistral-7B are general knowledge, not looked up.
 */
export const MODELS: Readonly<Record<string, ModelSpec>> = Object.fromEntries(
  [
    model('Llama3-8B', 8, { 1: 16, 2: 8 }, [1, 2, 1], [3.2e10, 1.6e9], {
      layers: 32,
      hidden: 4096,
      heads: 32,
      kvHeads: 8,
      headDim: 128,
      activeBillions: 8,
    }),
    model('Llama3-70B', 70, { 1: 140, 2: 70, 4: 35, 8: 18 }, [1, 8, 4], [2.8e11, 1.4e10], LLAMA_70B),
    model('Qwen3', 30, { 1: 30, 2: 15, 4: 8 }, [1, 4, 2], [1.2e11, 6.0e9], {
      layers: 48,
      hidden: 2048,
      heads: 32,
      kvHeads: 4,
      headDim: 128,
      activeBillions: 3.3,
    }),
    model('Mixtral-8x7B', 47, { 1: 94, 2: 47, 4: 24 }, [1, 4, 2], [1.9e11, 9.5e9], {
      layers: 32,
      hidden: 4096,
      heads: 32,
      kvHeads: 8,
      headDim: 128,
      activeBillions: 12.9,
    }),
    // Latent attention: 128 heads, 192 wide for scores and 128 for values (160 on average); 512 + 64 cached values.
    model('DeepSeek-R1', 671, { 1: 671, 2: 336, 4: 168, 8: 84 }, [2, 8, 8], [2.67e12, 1.34e11], {
      layers: 61,
      hidden: 7168,
      heads: 128,
      kvHeads: 128,
      headDim: 160,
      activeBillions: 37,
      latentKvValues: 576,
    }),
    model('GLM4.7', 355, { 1: 355, 2: 178, 4: 89, 8: 45 }, [2, 8, 4], [1.42e12, 7.1e10], {
      layers: 92,
      hidden: 5120,
      heads: 96,
      kvHeads: 8,
      headDim: 128,
      activeBillions: 32,
    }),
    model('Mistral-7B', 7, { 1: 14, 2: 7 }, [1, 2, 1], [2.8e10, 1.4e9], {
      layers: 32,
      hidden: 4096,
      heads: 32,
      kvHeads: 8,
      headDim: 128,
      activeBillions: 7,
    }),
    model('DeepSeek-R1-32B', 32, { 1: 64, 2: 32, 4: 16, 8: 8 }, [1, 8, 2], [1.28e11, 6.4e9], {
      layers: 64,
      hidden: 5120,
      heads: 40,
      kvHeads: 8,
      headDim: 128,
      activeBillions: 32,
    }),
    model('DeepSeek-R1-70B', 70, { 1: 140, 2: 70, 4: 35, 8: 18 }, [1, 8, 4], [2.8e11, 1.4e10], LLAMA_70B),
  ].map((spec) => [spec.name, spec]),
);

export function knownModel(name: string): ModelSpec | undefined {
  return Object.hasOwn(MODELS, name) ? MODELS[name] : undefined;
}

/** @throws InputError naming the known models */
export function findModel(name: string, path: readonly (string | number)[] = []): ModelSpec {
  const found = knownModel(name);
  if (found === undefined) throw unknownName('model', name, Object.keys(MODELS), { path });
  return found;
}

/** GB of weights on each GPU; a degree missing from the table takes the recommended degree's. */
export function weightsPerGpu(spec: ModelSpec, tp: number): number {
  return spec.memoryPerGpu[tp] ?? spec.memoryPerGpu[spec.recommendedTp]!;
}

/** Bytes of KV cache per token over the whole instance. @param precision - bytes per value */
export function kvBytesPerToken(architecture: Architecture, precision = 2): number {
  const perLayer = architecture.latentKvValues ?? 2 * architecture.kvHeads * architecture.headDim;
  return architecture.layers * perLayer * precision;
}

function model(
  name: string,
  parametersBillions: number,
  memoryPerGpu: Readonly<Record<number, number>>,
  [minTp, maxTp, recommendedTp]: readonly [number, number, number],
  [prefillFlops, decodeFlops]: readonly [number, number],
  architecture: Architecture,
): ModelSpec {
  return {
    name,
    parametersBillions,
    memoryPerGpu,
    minTp,
    maxTp,
    recommendedTp,
    prefillFlops,
    decodeFlops,
    architecture,
  };
}
