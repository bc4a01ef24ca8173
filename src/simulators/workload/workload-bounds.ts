import { type Need, requireAffordable } from '../run-bounds.ts';
import type { LengthSpec, TrafficSpec, WorkloadSpec } from './workload-spec.ts';

/** Memory of one request in tables, queues and figures; of one token of a prompt in keys and caches; of one client. */
const REQUEST_BYTES = 700;
const TOKEN_BYTES = 64;
const CLIENT_BYTES = 2_000;

/** What bounds a run, where not the document itself. */
interface BoundsOptions {
  readonly numRequests?: number;
  /** Infinity = none. */
  readonly horizonUs?: number;
  readonly memoryMib?: number;
}

/**
 * Refuses a workload that cannot be held in memory, before anything of it is made.
 * @throws InputError with the key that asks for most, what it would need, and the limit
 */
export function requireBounded(spec: WorkloadSpec, options: BoundsOptions = {}): void {
  const users = spec.clients.map(({ concurrency }) => concurrency);
  const needs = [
    ...requestNeeds(spec, options),
    ...users.map((count, i) => need(['clients', i, 'concurrency'], count, 'users', REQUEST_BYTES)),
    ...spec.cohorts.map(({ population }, i) => need(['cohorts', i, 'population'], population, 'clients', CLIENT_BYTES)),
    ...spec.clients.flatMap((client, i) => tokenNeeds(client, ['clients', i])),
    ...spec.cohorts.flatMap((cohort, i) => tokenNeeds(cohort, ['cohorts', i])),
  ];
  requireAffordable(needs, { memoryMib: options.memoryMib });
}

/** The document's own horizon, µs; Infinity = none. */
export function horizonOf({ horizonUs }: WorkloadSpec): number {
  return horizonUs > 0 ? horizonUs : Number.POSITIVE_INFINITY;
}

function need(path: Need['path'], count: number, what: string, bytes: number): Need {
  return { path, count, what, bytes };
}

/** Of the two bounds of a workload, number and time, the one that ends it first decides. */
function requestNeeds(spec: WorkloadSpec, { numRequests, horizonUs }: BoundsOptions): readonly Need[] {
  if (spec.recorded !== undefined) return [];
  const most = numRequests ?? spec.numRequests;
  const seconds = (horizonUs ?? horizonOf(spec)) / 1e6;
  const stages = spec.inferencePerf?.stages ?? [];
  const staged = stages.reduce((sum, { rate, durationS }) => sum + rate * Math.min(durationS, seconds), 0);
  const timed = spec.inferencePerf === null ? ratePerSecond(spec) * seconds : staged;
  const isCounted = most > 0 && most <= timed;
  const count = Math.round(isCounted ? most : timed);
  if (!Number.isFinite(count)) return most > 0 ? [need(['num_requests'], most, 'requests', REQUEST_BYTES)] : [];
  return [need([isCounted ? 'num_requests' : 'aggregate_rate'], count, 'requests', REQUEST_BYTES)];
}

function ratePerSecond(spec: WorkloadSpec): number {
  const windows = [
    ...spec.clients.flatMap(({ windows: own }) => own ?? []).map(({ traceRate }) => traceRate),
    ...spec.cohorts.map(({ spike }) => spike?.traceRate ?? null),
  ];
  return windows.reduce<number>((sum, rate) => sum + (rate ?? 0), spec.aggregateRate);
}

function tokenNeeds({ prefixLength, input, output }: TrafficSpec, path: Need['path']): readonly Need[] {
  return [
    need([...path, 'prefix_length'], prefixLength, 'tokens of one prompt', TOKEN_BYTES),
    need([...path, 'input_distribution'], leastLength(input), 'tokens of one prompt', TOKEN_BYTES),
    need([...path, 'output_distribution'], leastLength(output), 'tokens of one answer', TOKEN_BYTES),
  ];
}

/** What a length is about, at least: most draws are not shorter by orders of magnitude. */
function leastLength(length: LengthSpec): number {
  switch (length.kind) {
    case 'constant':
      return length.value;
    case 'gaussian':
      return Math.max(length.min, Math.min(length.mean, length.max));
    case 'exponential':
      return Math.max(length.min, length.max > 0 ? Math.min(length.mean, length.max) : length.mean);
    case 'lognormal':
      return length.max > 0 ? Math.min(Math.exp(length.mu), length.max) : Math.exp(length.mu);
    case 'pareto_lognormal':
      return Math.max(length.xm * length.mixWeight, Math.exp(length.mu) * (1 - length.mixWeight));
    case 'empirical':
      return length.values[0] ?? 0;
    default:
      return length satisfies never;
  }
}
