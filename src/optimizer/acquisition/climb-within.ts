import type { FeasibleSet } from '../feasible/feasible-set.ts';
import type { Acquisition } from './acquisition.ts';

/** A point of the cube and its acquisition. */
export interface Maximum {
  readonly cube: Float64Array;
  readonly value: number;
}

interface ClimbOptions {
  readonly acquisition: Acquisition;
  readonly maxIterations: number;
  readonly lower?: Float64Array;
  readonly upper?: Float64Array;
}

const LARGEST_STEP = 1e3;
const SMALLEST_STEP = 1e-10;
const HALVINGS = 12;
const SUFFICIENT = 1e-4;

/**
 * Gradient ascent over the listed coordinates inside linear constraints: projected steps of Barzilai and Borwein's length,
 * shortened until the acquisition grows.
 * @see Birgin, Martínez & Raydan 2000, "Nonmonotone spectral projected gradient methods on convex sets", here monotone
 */
export function climbWithin(
  set: FeasibleSet,
  start: Maximum,
  free: readonly number[],
  { acquisition, maxIterations, lower, upper }: ClimbOptions,
): Maximum {
  const box = { free, lower: (axis: number) => lower?.[axis] ?? 0, upper: (axis: number) => upper?.[axis] ?? 1 };
  const at = (cube: Float64Array): Rated => {
    const gradient = new Float64Array(cube.length);
    return { cube, value: acquisition(cube, gradient), gradient };
  };
  let current = at(start.cube);
  let length = firstLength(current.gradient, free);
  for (let iteration = 0; iteration < maxIterations; iteration++) {
    const ahead = current.cube.slice();
    for (const axis of free) ahead[axis]! += length * current.gradient[axis]!;
    const projected = set.project(ahead, box);
    const next = firstGain(current, projected, free, at);
    if (next === null) break;
    length = spectralLength(current, next, free);
    const gain = next.value - current.value;
    current = next;
    if (gain < 1e-9 * Math.max(1, Math.abs(current.value))) break;
  }
  const cube = set.nearest(current.cube);
  const value = acquisition(cube);
  return value > start.value ? { cube, value } : start;
}

interface Rated extends Maximum {
  readonly gradient: Float64Array;
}

/** The first point on the way to the projection that gains enough; null at a stationary point. */
function firstGain(
  from: Rated,
  to: Float64Array,
  free: readonly number[],
  at: (cube: Float64Array) => Rated,
): Rated | null {
  let slope = 0;
  for (const axis of free) slope += from.gradient[axis]! * (to[axis]! - from.cube[axis]!);
  if (!(slope > 1e-12)) return null;
  for (let share = 1, k = 0; k < HALVINGS; share /= 2, k++) {
    const cube = from.cube.slice();
    for (const axis of free) cube[axis]! += share * (to[axis]! - from.cube[axis]!);
    const next = at(cube);
    if (next.value >= from.value + SUFFICIENT * share * slope) return next;
  }
  return null;
}

/** A first step of about a tenth of the cube. */
function firstLength(gradient: Float64Array, free: readonly number[]): number {
  const largest = Math.max(...free.map((axis) => Math.abs(gradient[axis]!)));
  return largest > 0 ? 0.1 / largest : 1;
}

/** s·s / −s·y with s the step and y the change of the gradient; the longest step where the acquisition is convex. */
function spectralLength(from: Rated, to: Rated, free: readonly number[]): number {
  let squares = 0;
  let curvature = 0;
  for (const axis of free) {
    const step = to.cube[axis]! - from.cube[axis]!;
    squares += step * step;
    curvature -= step * (to.gradient[axis]! - from.gradient[axis]!);
  }
  const length = curvature > 0 ? squares / curvature : LARGEST_STEP;
  return Math.min(LARGEST_STEP, Math.max(SMALLEST_STEP, length));
}
