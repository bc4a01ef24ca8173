import type { Need } from '../run-bounds.ts';
import type { CountLaw } from './count-law.ts';
import type { TokenConfig } from './token-config.ts';
import type { JobWorkload } from './workload-schema.ts';

const TASK_BYTES = 300;
const TASK_SECONDS = 5e-7;
const BLOCK_BYTES = 16;
/** Of a token in the batch of a step, and of the step. */
const TOKEN_SECONDS = 5e-9;
const STEP_SECONDS = 3e-7;

/** What drawing the tasks of a workload needs; paths start at the workload. */
export function taskNeeds(workload: JobWorkload): readonly Need[] {
  if (workload.kind === 'tasks') return [];
  const { count } = workload.spec;
  return [{ path: ['generate', 'count'], count, what: 'tasks', bytes: TASK_BYTES, seconds: TASK_SECONDS }];
}

/** What producing the tokens of a workload needs, step by step; paths start at the workload. */
export function tokenNeeds(workload: JobWorkload, { maxBatchSize, maxTime }: TokenConfig): readonly Need[] {
  // A clock that stops the run early stops its cost.
  if (Number.isFinite(maxTime)) return [];
  const isDrawn = workload.kind === 'generated';
  const count = isDrawn
    ? workload.spec.count * usualCount(workload.spec.decode)
    : workload.tasks.reduce((sum, { decodeTokens }) => sum + decodeTokens, 0);
  const path = isDrawn ? ['generate', 'decode'] : ['tasks'];
  return [{ path, count, what: 'output tokens', seconds: TOKEN_SECONDS + STEP_SECONDS / maxBatchSize }];
}

/** What the KV books of an instance need; paths start at the configuration. */
export function bookNeeds({ kvBlocks }: TokenConfig): readonly Need[] {
  return kvBlocks === null ? [] : [{ path: ['kv_blocks'], count: kvBlocks, what: 'KV blocks', bytes: BLOCK_BYTES }];
}

/** About what a draw comes to: neither its mean nor its median is larger by orders of magnitude. */
function usualCount(law: CountLaw): number {
  const clipped = (value: number, { min, max }: { readonly min: number; readonly max: number }): number =>
    Math.min(max, Math.max(min, value));
  switch (law.kind) {
    case 'constant':
      return law.value;
    case 'uniform':
      return (law.min + law.max) / 2;
    case 'gaussian':
    case 'exponential':
      return clipped(law.mean, law);
    case 'lognormal':
      return clipped(law.median, law);
    case 'pareto':
      return clipped(law.scale, law);
    default:
      return law satisfies never;
  }
}
