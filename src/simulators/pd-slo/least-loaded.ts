import type { PdSloConfig } from './config-schema.ts';
import { loadOf } from './pods.ts';
import type { PodView } from './predictor.ts';

/** Pods of one role as a choice by load sees them. */
export interface LoadCandidates {
  readonly pods: readonly { readonly sent: number }[];
  readonly views: readonly PodView[];
  /** Prefix hit by pod, 0 … 1. */
  readonly hits: Readonly<Float64Array>;
}

/** Highest weighted sum of prefix hit and relative idleness; ties go to the pod that has received fewest requests. */
export function leastLoaded(
  { pods, views, hits }: LoadCandidates,
  { prefix, load }: PdSloConfig['scorer_weights'],
): number {
  const loads = views.map(loadOf);
  const low = Math.min(...loads);
  const range = Math.max(...loads) - low;
  let best = 0;
  let bestScore = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < pods.length; i++) {
    const score = prefix * hits[i]! + load * (range === 0 ? 1 : 1 - (loads[i]! - low) / range);
    if (score > bestScore || (score === bestScore && pods[i]!.sent < pods[best]!.sent)) {
      best = i;
      bestScore = score;
    }
  }
  return best;
}

/** Index of the smallest value; ties go to the less loaded pod, then to the first. */
export function smallest(values: Readonly<Float64Array>, views: readonly PodView[]): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) {
    const difference = values[best]! - values[i]! || loadOf(views[best]!) - loadOf(views[i]!);
    if (difference > 0) best = i;
  }
  return best;
}
