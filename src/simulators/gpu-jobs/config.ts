import { InputError } from '../../base/errors.ts';
import type { Json } from '../../base/json.ts';
import { type DocumentPath, MappingReader } from '../../document/document-reader.ts';
import { type ClusterSpec, parseCluster } from './cluster-spec.ts';
import { GPUS, gpuFamily } from './gpu-catalog.ts';
import { type Ordering, parseOrdering } from './ordering.ts';
import { choiceOf, numberIn } from './read-values.ts';
import type { ClockRule, SimplifiedConfig } from './simplified-engine.ts';
import { readTokenConfig, TOKEN_KEYS, type TokenConfig } from './token-config.ts';

export type JobsConfig =
  | { readonly engine: 'simplified'; readonly simplified: SimplifiedConfig }
  | { readonly engine: 'token'; readonly token: TokenConfig };

const SHARED_KEYS = ['engine', 'cluster', 'ordering', 'max_time', 'a100_tflops'];
const A100_TFLOPS = GPUS['A100']!.tflops;
const SIMPLIFIED_KEYS = ['slot_rule', 'clock', 'dt'];

/**
 * Reads a configuration document. `engine: simplified` (default) takes slot_rule, clock, dt and max_time;
 * `engine: token` takes the keys of the token engine.
 * @throws InputError
 */
export function parseJobsConfig(document: Json, path: DocumentPath): JobsConfig {
  const outer = new MappingReader(document, path, [...SHARED_KEYS, ...SIMPLIFIED_KEYS, ...TOKEN_KEYS]);
  const engine = choiceOf(outer, 'engine', ['simplified', 'token'], 'simplified');
  const reader = readerFor(engine, document, path);
  const named = parseCluster((reader.raw('cluster') ?? 'h100_16gpu') as Json, reader.at('cluster'));
  const cluster = withA100Rate(
    named,
    numberIn(reader, 'a100_tflops', { fallback: A100_TFLOPS, min: 0, exclusive: true }),
  );
  const ordering = parseOrdering((reader.raw('ordering') ?? 'FIFO') as Json, reader.at('ordering'));
  if (engine === 'simplified') {
    return { engine, simplified: readSimplified(reader, cluster, ordering) };
  }
  const maxTime = reader.has('max_time')
    ? numberIn(reader, 'max_time', { fallback: 1, min: 0, exclusive: true })
    : Number.POSITIVE_INFINITY;
  return { engine, token: readTokenConfig(reader, cluster, ordering, maxTime) };
}

/** Seed document 002 gives 628 TFLOP/s for the A100 (its rate with 2:4 sparsity); 312 is the dense one. */
export function withA100Rate(cluster: ClusterSpec, tflops: number): ClusterSpec {
  const groups = cluster.groups.map(({ gpu, count }) => ({
    gpu: gpuFamily(gpu.name) === 'A100' ? { ...gpu, tflops } : gpu,
    count,
  }));
  return { ...cluster, groups };
}

/** A key of the other engine is a mistake worth a message of its own. */
function readerFor(engine: 'simplified' | 'token', document: Json, path: DocumentPath): MappingReader {
  const foreign = engine === 'simplified' ? TOKEN_KEYS : SIMPLIFIED_KEYS;
  const stray = Object.keys(document as object).find((key) => foreign.includes(key));
  if (stray !== undefined) {
    throw new InputError(`key "${stray}" belongs to the ${engine === 'token' ? 'simplified' : 'token'} engine`, {
      path: [...path, stray],
      suggestion: `remove it or set engine: ${engine === 'token' ? 'simplified' : 'token'}`,
    });
  }
  return new MappingReader(document, path, [...SHARED_KEYS, ...SIMPLIFIED_KEYS, ...TOKEN_KEYS]);
}

function readSimplified(reader: MappingReader, cluster: ClusterSpec, ordering: Ordering): SimplifiedConfig {
  const dt = numberIn(reader, 'dt', { fallback: 0.01, min: 0, exclusive: true });
  const maxTime = numberIn(reader, 'max_time', { fallback: 5, min: 0, exclusive: true });
  const clock: ClockRule = choiceOf(reader, 'clock', ['accumulate', 'index'], 'accumulate');
  const rule = choiceOf(reader, 'slot_rule', ['legacy', 'work_conserving'], 'work_conserving');
  return { cluster, ordering, slotRule: rule === 'legacy' ? 'legacy' : 'work-conserving', clock, dt, maxTime };
}
