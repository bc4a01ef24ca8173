import { availableParallelism } from 'node:os';

/** Worker threads where no flag says how many. */
export function defaultWorkers(): number {
  return Math.max(1, availableParallelism());
}
