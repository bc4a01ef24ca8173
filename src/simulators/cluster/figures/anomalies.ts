import type { InstanceConfig } from '../engine-config.ts';
import type { EngineResult } from '../engine-result.ts';

/** A later request must be this many times faster to count as having overtaken. */
const INVERSION_FACTOR = 2;
/** An instance is blocked if its mean queue exceeds this multiple of the cluster's. */
const BLOCKING_FACTOR = 2;

/**
 * Ordered pairs of one class on one instance where the earlier request took more than twice as long, counted for
 * `priority-fcfs` only. The reference leaves the order of equal arrivals open; here the id decides. With pools, every
 * instance counts the sub-requests it served.
 */
export function priorityInversions(result: EngineResult, scheduler: InstanceConfig['scheduler']): number {
  if (scheduler !== 'priority-fcfs') return 0;
  let inversions = 0;
  for (const served of servedByClass(result).values()) inversions += inversionsOf(result, served);
  return inversions;
}

interface Served {
  readonly row: number;
  readonly e2eUs: number;
}

/** Requests, or sub-requests, with an E2E, by instance and class. */
function servedByClass({ table, instances, handledBy, e2eUs }: EngineResult): Map<number, Served[]> {
  const groups = new Map<number, Served[]>();
  const labels = table.names.sloClasses.map((name) => name || 'default');
  const classes = labels.map((label) => labels.indexOf(label));
  const add = (instance: number, served: Served) => {
    if (!Number.isFinite(served.e2eUs)) return;
    const key = instance * classes.length + classes[table.sloClass[served.row]!]!;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [served]);
    else group.push(served);
  };
  const split = instances.some((one) => one.subRequests !== undefined);
  if (split) {
    instances.forEach(({ subRequests }, instance) => {
      subRequests?.rows.forEach((row, i) => {
        add(instance, { row, e2eUs: subRequests.e2eUs[i]! });
      });
    });
  } else {
    for (let row = 0; row < table.length; row++) add(handledBy[row]!, { row, e2eUs: e2eUs[row]! });
  }
  return groups;
}

/** Instances whose mean wait queue is more than twice the mean over instances. */
export function headOfLineBlocking(result: EngineResult): number {
  const means = result.instances.map((instance) => instance.meanQueueLength);
  if (means.length < 2) return 0;
  const overall = means.reduce((sum, mean) => sum + mean, 0) / means.length;
  return means.filter((mean) => mean > BLOCKING_FACTOR * overall).length;
}

function inversionsOf({ table }: EngineResult, served: readonly Served[]): number {
  const inOrder = [...served].sort(
    (a, b) => table.arrivalUs[a.row]! - table.arrivalUs[b.row]! || (table.id(a.row) < table.id(b.row) ? -1 : 1),
  );
  const times = Float64Array.from(inOrder, ({ e2eUs }) => e2eUs);
  let count = 0;
  for (let i = 0; i < times.length; i++) {
    const bound = times[i]!;
    for (let j = i + 1; j < times.length; j++) if (bound > INVERSION_FACTOR * times[j]!) count++;
  }
  return count;
}
