import type { PointRule } from './experiment-file.ts';

/** A trial as a flag names it: its number, `knee`, or `best:<metric>`. */
export function readTrial(text: string): PointRule['trial'] {
  return /^\d+$/.test(text) ? Number(text) : text;
}
