/** Where a figure was read. */
export interface Source {
  readonly title: string;
  readonly address: string;
}

interface Published {
  readonly model: string;
  readonly gpu: string;
  readonly tp: number;
  readonly source: Source;
}

/** All requests at once, as many at a time as memory holds: output tokens per second of the instance. */
export interface PublishedThroughput extends Published {
  /** Tokens of every prompt and of every answer. */
  readonly input: number;
  readonly output: number;
  readonly tokensPerSec: number;
}

/** A steady number of requests: time per output token, or its inverse where the source gives that. */
export interface PublishedDecode extends Published {
  readonly concurrency: number;
  /** Tokens in the KV cache of each request, on average. */
  readonly context: number;
  /** The number as it was written, in `unit`. */
  readonly figure: number;
  readonly unit: 'ms' | 'tokens/s';
}

const TENSORRT_LLM: Source = {
  title:
    'NVIDIA, TensorRT-LLM, docs/source/performance/perf-overview.md, as it stood with figures "generated using version 0.10.0", ' +
    'columns FP16; 2000 requests, at most 2048 tokens in a step, 90 % of the memory that weights leave free; history of the file',
  address: 'https://github.com/NVIDIA/TensorRT-LLM/commits/main/docs/source/performance/perf-overview.md',
};

const LATER_TENSORRT_LLM: Source = {
  title:
    'NVIDIA, TensorRT-LLM, the same page with figures "generated using version 0.14.0", columns FP16; ' +
    'the limits of version 0.10.0 are assumed',
  address: 'https://nvidia.github.io/TensorRT-LLM/performance/perf-overview.html',
};

/** Tokens of prompt and answer, in the order of the source's rows. */
const LENGTHS = [
  [128, 128],
  [2048, 128],
  [128, 2048],
  [2048, 2048],
] as const;

/** One column of a model and a degree. @param figures - by `LENGTHS` */
function column(
  [model, gpu, tp]: readonly [string, string, number],
  figures: readonly number[],
): readonly PublishedThroughput[] {
  return LENGTHS.map(([input, output], index) => ({
    ...{ model, gpu, tp, input, output },
    tokensPerSec: figures[index]!,
    source: TENSORRT_LLM,
  }));
}

const THOUSAND = { model: 'Llama3-70B', input: 1000, output: 1000, source: LATER_TENSORRT_LLM } as const;

/** GPUs: H100 80GB HBM3 and A100-SXM4-80GB. */
export const PUBLISHED_THROUGHPUTS: readonly PublishedThroughput[] = [
  ...column(['Llama3-8B', 'H100', 1], [12085.78, 1604.7, 6208.23, 2776.31]),
  ...column(['Llama3-8B', 'A100', 1], [5853.96, 737.81, 3385.71, 1514.04]),
  ...column(['Llama3-70B', 'H100', 4], [5210.19, 691.99, 3246.34, 1612.11]),
  ...column(['Llama3-70B', 'H100', 8], [7126.51, 1010.5, 7205.34, 3523.17]),
  ...column(['Llama3-70B', 'A100', 4], [2405.44, 295.87, 1974.04, 992.74]),
  ...column(['Llama3-70B', 'A100', 8], [3621.25, 455.18, 4091.45, 2118.89]),
  { ...THOUSAND, gpu: 'H100', tp: 4, tokensPerSec: 3730.2064 },
  { ...THOUSAND, gpu: 'H100', tp: 8, tokensPerSec: 5963.0914 },
  { ...THOUSAND, gpu: 'A100', tp: 4, tokensPerSec: 1765.9123 },
  { ...THOUSAND, gpu: 'A100', tp: 8, tokensPerSec: 3054.8915 },
];

const INFERENCE_BENCH: Source = {
  title:
    'InferenceBench, recipe "concurrency sweep", vLLM 0.21.0, fp16, H100-80GB-HBM3, column tpot_p50_ms; ' +
    'lengths are not stated, a context of 256 tokens is assumed (1024 would add 10 % at 16 requests)',
  address: 'https://yobitelcomm.github.io/bench/recipes/concurrency-sweep/',
};

const MUSGRAVE: Source = {
  title:
    'J. Musgrave, "vLLM throughput-latency sweep on NVIDIA A100", vLLM 0.23.0, bf16, A100 40GB: "about 75 tokens/sec" ' +
    'at one request of 1024 prompt and 128 output tokens',
  address: 'https://johnmusgrave.com/p/vllm-throughput-latency-sweep-on',
};

const SWEEP = { model: 'Llama3-8B', gpu: 'H100', tp: 1, context: 256, unit: 'ms', source: INFERENCE_BENCH } as const;

export const PUBLISHED_DECODES: readonly PublishedDecode[] = [
  { ...SWEEP, concurrency: 1, figure: 6.48 },
  { ...SWEEP, concurrency: 4, figure: 6.59 },
  { ...SWEEP, concurrency: 16, figure: 10.94 },
  { ...SWEEP, concurrency: 64, figure: 46.91 },
  {
    ...{ model: 'Llama3-8B', gpu: 'A100-40GB', tp: 1, concurrency: 1, context: 1024 + 64 },
    ...{ figure: 75, unit: 'tokens/s', source: MUSGRAVE },
  },
];
