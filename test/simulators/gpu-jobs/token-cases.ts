import { MappingReader } from '../../../src/document/document-reader.ts';
import { clusterByName } from '../../../src/simulators/gpu-jobs/cluster-spec.ts';
import { NAMED_ORDERINGS, type Ordering } from '../../../src/simulators/gpu-jobs/ordering.ts';
import type { Task } from '../../../src/simulators/gpu-jobs/task.ts';
import { readTokenConfig, TOKEN_KEYS, type TokenConfig } from '../../../src/simulators/gpu-jobs/token-config.ts';

/** One instance of Llama3-8B on one H100 unless said otherwise; FIFO, fixed step times. */
export function tokenConfig(
  keys: Record<string, unknown> = {},
  ordering: Ordering = NAMED_ORDERINGS['FIFO']!,
  cluster = 'h100_1gpu',
): TokenConfig {
  const reader = new MappingReader(keys, ['config'], TOKEN_KEYS);
  return readTokenConfig(reader, clusterByName(cluster), ordering, Number.POSITIVE_INFINITY);
}

export function job(id: string, prefillTokens: number, decodeTokens: number, more: Partial<Task> = {}): Task {
  return {
    id,
    model: 'Llama3-8B',
    memoryGB: 16,
    weight: 1,
    arrival: 0,
    prefillTokens,
    decodeTokens,
    tp: 1,
    prefix: null,
    prefixTokens: 0,
    ...more,
  };
}
