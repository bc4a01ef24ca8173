import type { Task } from './task.ts';

/** Workloads of seed document 002, by name. */
export const BUILTIN_WORKLOADS: Readonly<Record<string, readonly Task[]>> = {
  /** Eight long, light tasks listed before twelve short, heavy ones; all at time 0. */
  discriminating: [...batch('T_low', 8, 1, 0, 2000), ...batch('T_high', 12, 10, 0, 500)],
  /** Eight light tasks fill the cluster; four heavy ones arrive a tenth of a second later. */
  staggered: [...batch('T_fill', 8, 1, 0, 1000), ...batch('T_queue', 4, 10, 0.1, 500)],
};

function batch(prefix: string, count: number, weight: number, arrival: number, prefillTokens: number): Task[] {
  return Array.from({ length: count }, (_, i) => ({
    id: `${prefix}_${i + 1}`,
    model: 'Qwen3',
    memoryGB: 30,
    weight,
    arrival,
    prefillTokens,
    decodeTokens: 0,
    tp: 2,
    prefix: null,
    prefixTokens: 0,
  }));
}
