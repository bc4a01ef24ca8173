import { isJsonObject, type Json } from '../../base/json.ts';
import type { CapacityRange } from '../plan/capacity-spec.ts';
import type { ReplicateOutcome } from '../trial.ts';

/** Whether every class serves the wanted share of its requests within its targets. What cannot run meets nothing. */
export function meetsTargets({ attainment }: CapacityRange, outcome: ReplicateOutcome): boolean {
  return outcome.kind === 'measured' && outcome.metrics['slo_attainment_min']! >= attainment;
}

/** A cluster keeps up with a load while it completes this share of what arrives. */
const KEPT_UP = 0.995;

/** Whether completions inside the window keep up with arrivals, where there are no targets. */
export function keepsUp(outcome: ReplicateOutcome): boolean {
  if (outcome.kind !== 'measured') return false;
  const { responses_per_sec: completed, arrival_rate_rps: arrived } = outcome.metrics;
  return completed! >= KEPT_UP * arrived!;
}

/** Rate of a workload document, or of the trace that it holds; 0 where it has none. */
export function nominalRate(workload: Json): number {
  if (!isJsonObject(workload)) return 0;
  const { aggregate_rate: rate, trace, rate_factor: factor } = workload;
  if (typeof rate === 'number') return rate;
  const recorded = isJsonObject(trace) ? trace['requests_per_second'] : 0;
  return typeof recorded === 'number' ? recorded * (typeof factor === 'number' ? factor : 1) : 0;
}
