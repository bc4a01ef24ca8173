import type { Need } from '../run-bounds.ts';
import type { ReadConfig } from './read-config.ts';

const REQUEST_BYTES = 250;
const CACHED_BLOCK_BYTES = 30;
const BLOCK_TOKENS = 64;
const REQUEST_SECONDS = 1e-6;
/** Of one pair that is scored, of one token, of one block that is looked up. */
const PAIR_SECONDS = 1e-8;
const TOKEN_SECONDS = 3e-9;
const BLOCK_SECONDS = 1e-8;

/** What a run needs; paths start at the configuration. */
export function runNeeds({ config, prefillPods, decodePods }: ReadConfig): readonly Need[] {
  const { workload, prefix_cache: cache } = config;
  const { requests, input, output, prefix } = workload;
  const within = (value: number, { low, high }: { readonly low: number; readonly high: number }): number =>
    Math.min(high, Math.max(low, value));
  const path = (...keys: readonly string[]): Need['path'] => ['workload', ...keys];
  const pairs = prefillPods.length * decodePods.length;
  const blocks = prefix.groups === 0 ? 0 : requests * (within(input.mean, input) / BLOCK_TOKENS);
  const kept = Math.min(blocks, cache.capacity_blocks) * (prefillPods.length + decodePods.length);
  return [
    { path: path('requests'), count: requests, what: 'requests', bytes: REQUEST_BYTES, seconds: REQUEST_SECONDS },
    { path: path('requests'), count: requests * pairs, what: 'pairs of pods to score', seconds: PAIR_SECONDS },
    {
      path: path('output'),
      count: Math.round(requests * within(output.mean, output)),
      what: 'output tokens',
      seconds: TOKEN_SECONDS,
    },
    { path: path('input'), count: Math.round(blocks), what: 'prompt blocks', seconds: BLOCK_SECONDS },
    {
      path: ['prefix_cache', 'capacity_blocks'],
      count: Math.round(kept),
      what: 'blocks of prompts',
      bytes: CACHED_BLOCK_BYTES,
    },
  ];
}
