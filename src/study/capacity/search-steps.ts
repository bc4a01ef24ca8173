import type { CapacityRange } from '../plan/capacity-spec.ts';

/** Where a search stands: `met` is the highest rate known to be met, `missed` the lowest known to be missed. */
export interface SearchState {
  /** In steps of the grid; one below the lowest = none is known. */
  readonly met: number;
  /** One above the highest = none is known. */
  readonly missed: number;
  /** Distance of the next try from the last bound, until both are known; doubled by every try. */
  readonly stride: number;
}

/** Lowest and highest step of the grid inside a range. */
export function gridSteps({ grid, from, to }: CapacityRange): { readonly low: number; readonly high: number } {
  return { low: Math.ceil(from / grid - 1e-9), high: Math.floor(to / grid + 1e-9) };
}

export function startSearch(range: CapacityRange): SearchState {
  const { low, high } = gridSteps(range);
  return { met: low - 1, missed: high + 1, stride: 0.5 };
}

/**
 * The step to try next; null when the search is over. From a guess it goes by growing strides until a met and a missed
 * rate are known, then it halves what lies between them: a good guess costs two or three tries. Assumes that a rate
 * below a met one is met.
 */
export function nextStep(range: CapacityRange, state: SearchState, guess: number): number | null {
  const { low, high } = gridSteps(range);
  const { met, missed, stride } = state;
  if (missed - met <= 1) return null;
  const inside = (step: number): number => Math.min(missed - 1, Math.max(met + 1, step));
  if (met < low && missed > high) return inside(Math.round(guess));
  if (met < low) return inside(missed - stride);
  if (missed > high) return inside(met + stride);
  return Math.floor((met + missed) / 2);
}

export function afterStep(state: SearchState, step: number, isMet: boolean): SearchState {
  const stride = 2 * state.stride;
  return isMet ? { ...state, met: step, stride } : { ...state, missed: step, stride };
}
