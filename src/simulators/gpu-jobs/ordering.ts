import { z } from 'zod';
import { unknownName } from '../../base/errors.ts';
import { readBy } from '../../document/schema-parts.ts';
import { knownModel } from './model-catalog.ts';
import { type Task, taskFlops } from './task.ts';
import { amount, orDefault } from './written-values.ts';

/** Queue discipline: which waiting task goes first. */
export type Ordering =
  | { readonly kind: 'fifo' }
  | { readonly kind: 'weighted-fifo' }
  /** By weight, and nobody may pass a head that does not fit (token engine). */
  | { readonly kind: 'strict-weighted-fifo' }
  | { readonly kind: 'srpt' }
  | { readonly kind: 'wsrpt' }
  /** Score family: weight·ln(task weight) − size·ln(estimate) + age·(seconds waited). */
  | { readonly kind: 'score'; readonly weight: number; readonly size: number; readonly age: number };

/** What a discipline may look at. */
export interface OrderView {
  readonly weight: number;
  readonly arrival: number;
  /** Seconds of work left by the scheduler's estimate; undefined when the model is unknown. */
  readonly estimate: number | undefined;
}

export const NAMED_ORDERINGS: Readonly<Record<string, Ordering>> = {
  FIFO: { kind: 'fifo' },
  WeightedFIFO: { kind: 'weighted-fifo' },
  SRPT: { kind: 'srpt' },
  WSRPT: { kind: 'wsrpt' },
  StrictWeightedFIFO: { kind: 'strict-weighted-fifo' },
};

/** Smallest size that the weighted rules tell apart, s. */
const MIN_ESTIMATE = 0.001;
/** FLOP/s behind the size estimate of the simplified engine. */
const ESTIMATE_FLOPS = 30e12;

/** @param name - in any case. @throws InputError naming the known disciplines */
export function orderingByName(name: string): Ordering {
  const key = Object.keys(NAMED_ORDERINGS).find((known) => known.toLowerCase() === name.toLowerCase());
  if (key === undefined) throw unknownName('algorithm', name, Object.keys(NAMED_ORDERINGS));
  return NAMED_ORDERINGS[key]!;
}

const factor = orDefault(amount({ min: 0 }), 0);

/** A name, or `{ weight, size, age }` for the score family. */
export const orderingSchema = z.union([
  z
    .string()
    .meta({ examples: Object.keys(NAMED_ORDERINGS) })
    .transform(readBy(orderingByName)),
  z
    .strictObject({ weight: factor, size: factor, age: factor })
    .transform(({ weight, size, age }): Ordering => ({ kind: 'score', weight, size, age })),
]);

/**
 * Larger goes first; equal priorities go in queue order. The time waited enters as −arrival: the present is the same
 * for all, so the order of two waiting tasks never changes and one number per task is enough.
 */
export function priority(ordering: Ordering, view: OrderView): number {
  switch (ordering.kind) {
    case 'fifo':
      return -view.arrival;
    case 'weighted-fifo':
    case 'strict-weighted-fifo':
      return view.weight;
    case 'srpt':
      return -(view.estimate ?? Number.POSITIVE_INFINITY);
    case 'wsrpt':
      return view.weight / Math.max(MIN_ESTIMATE, view.estimate ?? 1);
    case 'score':
      return (
        term(ordering.weight, Math.log(view.weight)) -
        term(ordering.size, Math.log(Math.max(MIN_ESTIMATE, view.estimate ?? 1))) -
        ordering.age * view.arrival
      );
    default:
      return ordering satisfies never;
  }
}

/**
 * Whether a waiting task beats a running one by more than the margin. FIFO never displaces; ratios are compared for
 * the rules whose keys are amounts, and their logarithms (score differences) in the score family.
 */
export function displaces(ordering: Ordering, waiting: OrderView, running: OrderView, margin: number): boolean {
  switch (ordering.kind) {
    case 'fifo':
      return false;
    case 'weighted-fifo':
    case 'strict-weighted-fifo':
      return waiting.weight > running.weight * (1 + margin);
    case 'srpt':
      return (waiting.estimate ?? Number.POSITIVE_INFINITY) * (1 + margin) < (running.estimate ?? 0);
    case 'wsrpt':
      return priority(ordering, waiting) > priority(ordering, running) * (1 + margin);
    case 'score':
      return priority(ordering, waiting) > priority(ordering, running) + Math.log(1 + margin);
    default:
      return ordering satisfies never;
  }
}

/**
 * The simplified engine's size estimate in seconds: FLOPs at 30 TFLOP/s, divided by the GPUs. It only ranks tasks, it
 * is not the time they take.
 */
export function flopsEstimate(task: Task): number | undefined {
  const model = knownModel(task.model);
  if (model === undefined) return undefined;
  return (taskFlops(task, model) / ESTIMATE_FLOPS) * Math.min(1, 1 / task.tp);
}

function term(times: number, value: number): number {
  return times === 0 ? 0 : times * value;
}
