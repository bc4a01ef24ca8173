import type { CapacityRange } from '../plan/capacity-spec.ts';
import type { ReplicateOutcome } from '../trial.ts';
import { meetsTargets } from './meets-targets.ts';
import { afterStep, gridSteps, nextStep, startSearch } from './search-steps.ts';

export type FoundCapacity =
  /** 0 = not even the lowest rate is met. */
  | { readonly kind: 'found'; readonly rate: number }
  /** A rate could not be simulated. */
  | { readonly kind: 'broken'; readonly outcome: Exclude<ReplicateOutcome, { kind: 'measured' }> };

/** Highest rate of the grid at which one vector meets its targets on one seed. @param guess - where to begin */
export function findCapacity(
  range: CapacityRange,
  guess: number,
  measure: (rate: number) => ReplicateOutcome,
): FoundCapacity {
  let state = startSearch(range);
  for (let step = nextStep(range, state, guess / range.grid); step !== null; ) {
    const outcome = measure(step * range.grid);
    if (outcome.kind === 'failed') return { kind: 'broken', outcome };
    state = afterStep(state, step, meetsTargets(range, outcome));
    step = nextStep(range, state, guess / range.grid);
  }
  return { kind: 'found', rate: foundRate(range, state.met) };
}

export function foundRate(range: CapacityRange, met: number): number {
  return met < gridSteps(range).low ? 0 : met * range.grid;
}
