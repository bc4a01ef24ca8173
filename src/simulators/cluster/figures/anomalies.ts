import type { InstanceConfig } from '../engine-config.ts';
import type { EngineResult } from '../engine-result.ts';
import { className, rowsBy } from './request-latency.ts';

/** A later request must be this many times faster to count as having overtaken. */
const INVERSION_FACTOR = 2;
/** An instance is blocked if its mean queue exceeds this multiple of the cluster's. */
const BLOCKING_FACTOR = 2;

/**
 * Ordered pairs of one class on one instance where the earlier request took more than twice as long, counted for
 * `priority-fcfs` only. The reference leaves the order of equal arrivals open; here the id decides.
 */
export function priorityInversions(result: EngineResult, scheduler: InstanceConfig['scheduler']): number {
  if (scheduler !== 'priority-fcfs') return 0;
  let inversions = 0;
  const { sloClass, names } = result.table;
  const classes = names.sloClasses.length;
  const code = (row: number) => (result.completed[row] === 1 ? result.handledBy[row]! * classes + sloClass[row]! : -1);
  const label = (number: number) => `${Math.floor(number / classes)}/${className(result, number % classes)}`;
  for (const [, rows] of rowsBy(result, code, label)) inversions += inversionsOf(result, rows);
  return inversions;
}

/** Instances whose mean wait queue is more than twice the mean over instances. */
export function headOfLineBlocking(result: EngineResult): number {
  const means = result.instances.map((instance) => instance.meanQueueLength);
  if (means.length < 2) return 0;
  const overall = means.reduce((sum, mean) => sum + mean, 0) / means.length;
  return means.filter((mean) => mean > BLOCKING_FACTOR * overall).length;
}

function inversionsOf(result: EngineResult, rows: readonly number[]): number {
  const { table, e2eUs } = result;
  const inOrder = [...rows].sort(
    (a, b) => table.arrivalUs[a]! - table.arrivalUs[b]! || (table.id(a) < table.id(b) ? -1 : 1),
  );
  const times = Float64Array.from(inOrder, (row) => e2eUs[row]!);
  let count = 0;
  for (let i = 0; i < times.length; i++) {
    const bound = times[i]!;
    for (let j = i + 1; j < times.length; j++) if (bound > INVERSION_FACTOR * times[j]!) count++;
  }
  return count;
}
