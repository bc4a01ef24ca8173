import { InputError } from '../../base/errors.ts';
import { isJsonObject, type Json } from '../../base/json.ts';
import { type DocumentPath, MappingReader } from '../../document/document-reader.ts';
import type { ClusterSpec } from './cluster-spec.ts';
import { findGpu } from './gpu-catalog.ts';
import { findModel } from './model-catalog.ts';
import type { Ordering } from './ordering.ts';
import { choiceOf, integerIn, numberIn } from './read-values.ts';
import type { PerfConfig } from './step-model.ts';

/** Settings of the token engine. Times in seconds. */
export interface TokenConfig {
  readonly cluster: ClusterSpec;
  readonly ordering: Ordering;
  readonly perf: PerfConfig;
  readonly placement: 'auto' | readonly PlacementEntry[];
  readonly maxBatchSize: number;
  readonly maxBatchedTokens: number;
  readonly prefillChunk: number;
  readonly preempt: boolean;
  readonly preemptMargin: number;
  readonly preemptMode: 'recompute' | 'swap';
  readonly maxPreemptPerTask: number;
  /** Swap traffic, GB/s. */
  readonly pcieGBs: number;
  readonly memoryUtilization: number;
  /** Tokens per KV block. */
  readonly blockSize: number;
  /** Blocks of each instance; null = from GPU memory. */
  readonly kvBlocks: number | null;
  /** `layers`: per-layer KV; `single-layer`: tokens · 2 · hidden · precision, the seed document's short formula. */
  readonly kvFormula: 'layers' | 'single-layer';
  readonly prefixCache: boolean;
  readonly arrivalWindow: number;
  readonly allowSkip: boolean;
  /** Infinity = until all is done. */
  readonly maxTime: number;
}

export interface PlacementEntry {
  readonly model: string;
  /** null = any GPU type that fits. */
  readonly gpu: string | null;
  /** null = the model's recommended degree. */
  readonly tp: number | null;
  /** Number of instances. */
  readonly count: number;
}

/** Keys that the token engine reads from a configuration document. */
export const TOKEN_KEYS: readonly string[] = [
  'perf',
  'placement',
  'max_batch_size',
  'max_num_batched_tokens',
  'prefill_chunk',
  'preempt',
  'preempt_margin',
  'preempt_mode',
  'max_preempt_per_task',
  'pcie_gbps',
  'gpu_memory_utilization',
  'block_size',
  'kv_blocks',
  'kv_formula',
  'prefix_cache',
  'arrival_window',
  'allow_skip',
];

/** @param maxTime - Infinity when the document sets none */
export function readTokenConfig(
  reader: MappingReader,
  cluster: ClusterSpec,
  ordering: Ordering,
  maxTime: number,
): TokenConfig {
  const margin = numberIn(reader, 'preempt_margin', { fallback: 0.2, min: 0 });
  return {
    cluster,
    ordering,
    perf: readPerf((reader.raw('perf') ?? 'fixed') as Json, reader.at('perf')),
    placement: readPlacement(reader),
    maxBatchSize: integerIn(reader, 'max_batch_size', { fallback: 32, min: 1, max: 65_536 }),
    maxBatchedTokens: integerIn(reader, 'max_num_batched_tokens', { fallback: 2048, min: 1 }),
    prefillChunk: integerIn(reader, 'prefill_chunk', { fallback: 512, min: 1 }),
    preempt: reader.flag('preempt', false),
    preemptMargin: margin,
    preemptMode: choiceOf(reader, 'preempt_mode', ['recompute', 'swap'], 'recompute'),
    maxPreemptPerTask: integerIn(reader, 'max_preempt_per_task', { fallback: 3, min: 0 }),
    pcieGBs: numberIn(reader, 'pcie_gbps', { fallback: 25, min: 0, exclusive: true }),
    memoryUtilization: numberIn(reader, 'gpu_memory_utilization', { fallback: 0.9, min: 0, max: 1, exclusive: true }),
    blockSize: integerIn(reader, 'block_size', { fallback: 16, min: 1 }),
    kvBlocks: reader.has('kv_blocks') ? integerIn(reader, 'kv_blocks', { fallback: 1, min: 1, max: 1e8 }) : null,
    kvFormula: choiceOf(reader, 'kv_formula', ['layers', 'single-layer'], 'layers'),
    prefixCache: reader.flag('prefix_cache', true),
    arrivalWindow: numberIn(reader, 'arrival_window', { fallback: 0, min: 0 }),
    allowSkip: reader.flag('allow_skip', false),
    maxTime,
  };
}

const PERF_KEYS: Readonly<Record<PerfConfig['kind'], readonly string[]>> = {
  fixed: ['eta'],
  db: [],
  roofline: ['mfu', 'mbu', 'overhead', 'quant'],
};

/** `fixed`, `db`, `roofline`, or `{ kind: roofline, mfu: 0.5, mbu: 0.8, overhead: 0, quant: 16 }`. */
function readPerf(document: Json, path: DocumentPath): PerfConfig {
  if (typeof document === 'string') return readPerf({ kind: document }, path);
  if (!isJsonObject(document)) throw new InputError('must be fixed, db, roofline or a map with kind', { path });
  const kinds = Object.keys(PERF_KEYS) as PerfConfig['kind'][];
  const outer = new MappingReader(document, path, ['kind', ...Object.values(PERF_KEYS).flat()]);
  const kind = choiceOf(outer, 'kind', kinds, 'fixed');
  const reader = new MappingReader(document, path, ['kind', ...PERF_KEYS[kind]]);
  switch (kind) {
    case 'fixed':
      return { kind, eta: numberIn(reader, 'eta', { fallback: 1, min: 0, max: 1 }) };
    case 'db':
      return { kind };
    case 'roofline': {
      const quant = integerIn(reader, 'quant', { fallback: 16, min: 8, max: 16 });
      if (quant !== 8 && quant !== 16) throw reader.fail('quant', `must be 8 or 16 bits per weight, got ${quant}`);
      return {
        kind,
        mfu: numberIn(reader, 'mfu', { fallback: 0.5, min: 0, max: 1, exclusive: true }),
        mbu: numberIn(reader, 'mbu', { fallback: 0.8, min: 0, max: 1, exclusive: true }),
        overhead: numberIn(reader, 'overhead', { fallback: 0, min: 0 }),
        quant,
      };
    }
    default:
      return kind satisfies never;
  }
}

function readPlacement(reader: MappingReader): TokenConfig['placement'] {
  if (!reader.has('placement') || reader.raw('placement') === 'auto') return 'auto';
  const entries = reader.items('placement', (item, at) => {
    const entry = new MappingReader(item, at, ['model', 'gpu', 'tp', 'count']);
    if (!entry.has('model')) throw entry.fail('model', 'is required but missing');
    const model = findModel(entry.text('model'), entry.at('model'));
    return {
      model: model.name,
      gpu: entry.has('gpu') ? findGpu(entry.text('gpu'), entry.at('gpu')).name : null,
      tp: entry.has('tp') ? integerIn(entry, 'tp', { fallback: 1, min: model.minTp, max: model.maxTp }) : null,
      count: integerIn(entry, 'count', { fallback: 1, min: 1 }),
    };
  });
  if (entries.length === 0) throw reader.fail('placement', 'must be auto or a list of { model, gpu, tp, count }');
  return entries;
}
