import type { Json } from '../../../src/base/json.ts';
import { parseJobsConfig } from '../../../src/simulators/gpu-jobs/config.ts';
import { NAMED_ORDERINGS, type Ordering } from '../../../src/simulators/gpu-jobs/ordering.ts';
import type { Task } from '../../../src/simulators/gpu-jobs/task.ts';
import type { TokenConfig } from '../../../src/simulators/gpu-jobs/token-config.ts';

/** One instance of Llama3-8B on one H100 unless said otherwise; FIFO, fixed step times. */
export function tokenConfig(
  keys: Readonly<Record<string, Json>> = {},
  ordering: Ordering = NAMED_ORDERINGS['FIFO']!,
  cluster = 'h100_1gpu',
): TokenConfig {
  const config = parseJobsConfig({ ...keys, engine: 'token', cluster }, ['config']);
  if (config.engine !== 'token') throw new RangeError('asked for the token engine');
  return { ...config.token, ordering };
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
