import type { Rng } from '../../base/random.ts';
import { staged } from '../../numeric/differentiable.ts';
import { minimizeBounded } from '../compiled/lbfgsb.ts';
import { feasibleSet } from '../feasible/feasible-set.ts';
import { coordinateCount, snap, snapInteger } from '../space/encode.ts';
import { levelCount } from '../space/levels.ts';
import type { SearchSpace } from '../space/parameter.ts';
import type { Acquisition } from './acquisition.ts';
import { climbWithin, type Maximum } from './climb-within.ts';
import { type Axis, neighbourMoves } from './level-moves.ts';

/** Axes with at most this many levels are searched level by level; longer ones also by gradient. */
const EXHAUSTIVE_LEVELS = 16;

export interface MaximizeOptions {
  readonly space: SearchSpace;
  readonly acquisition: Acquisition;
  /** Raw points to rate, in the cube. */
  readonly candidates: readonly Float64Array[];
  /** Local searches to run. */
  readonly starts: number;
  readonly maxIterations: number;
  /** Cube point → true when it may be proposed. */
  readonly allowed: (cube: Float64Array) => boolean;
  readonly rng: Rng;
  readonly lower?: Float64Array;
  readonly upper?: Float64Array;
}

/** The cube's axes, in order. */
function axesOf(space: SearchSpace): Axis[] {
  return space.parameters.flatMap((parameter) =>
    Array.from({ length: coordinateCount(parameter) }, () => ({
      parameter,
      levels: levelCount(parameter),
      categorical: parameter.kind === 'categorical',
    })),
  );
}

/**
 * Best allowed point: rates the candidates, then improves the best of them by turns of gradient search over continuous
 * coordinates and level search over discrete ones. Ties go to the earlier candidate.
 * @returns null when no candidate is allowed
 */
export function maximizeAcquisition(options: MaximizeOptions): Maximum | null {
  const { space, acquisition, candidates, starts, allowed } = options;
  const axes = axesOf(space);
  const rated = candidates.map((raw, index) => {
    const cube = settle(space, axes, raw);
    return { cube, value: acquisition(cube), index };
  });
  rated.sort((a, b) => (a.value === b.value ? a.index - b.index : a.value > b.value ? -1 : 1));
  let best: Maximum | null = null;
  for (const start of distinctStarts(rated, starts, options.rng)) {
    const improved = improve(start, axes, options);
    for (const point of [improved, start])
      if ((best === null || point.value > best.value) && allowed(point.cube)) best = point;
  }
  if (best !== null) best = moveTogether(best, axes, options);
  return best ?? rated.find(({ cube }) => allowed(cube)) ?? null;
}

/** The best rated moves, from which the continuous coordinates are searched anew. */
const MOST_MOVES = 26;
const MOVE_ITERATIONS = 20;

/**
 * Steps to neighbouring levels with the continuous coordinates searched anew for each: a ridge that runs across levels
 * (a constraint that ties a level to a length, say) cannot be followed one coordinate at a time.
 */
function moveTogether(start: Maximum, axes: readonly Axis[], options: MaximizeOptions): Maximum {
  const { space, acquisition, allowed } = options;
  const discrete = axes.flatMap(({ levels }, j) => (Number.isFinite(levels) && levels > 1 ? [j] : []));
  const continuous = axes.flatMap(({ levels }, j) => (Number.isFinite(levels) ? [] : [j]));
  if (discrete.length === 0 || continuous.length === 0) return start;
  let best = start;
  for (let round = 0; round < 3; round++) {
    const from = best;
    const moves = neighbourMoves(from.cube, discrete, axes).map((move): Maximum => {
      const cube = settle(space, axes, move);
      return { cube, value: acquisition(cube) };
    });
    moves.sort((a, b) => (a.value === b.value ? 0 : a.value > b.value ? -1 : 1));
    for (const move of moves.slice(0, MOST_MOVES)) {
      const found = climb(move, continuous, { ...options, axes, maxIterations: MOVE_ITERATIONS });
      if (found.value > best.value && allowed(found.cube)) best = found;
    }
    if (best === from) break;
  }
  return best;
}

/** Discrete coordinates onto their cell centres, inactive ones to 0.5; continuous ones keep every digit. */
function settle(space: SearchSpace, axes: readonly Axis[], raw: ArrayLike<number>): Float64Array {
  const set = feasibleSet(space);
  if (set !== null) return set.nearest(raw);
  const conditional = space.parameters.some(({ activeWhen }) => activeWhen !== undefined);
  if (conditional) return snap(space, raw);
  const cube = new Float64Array(axes.length);
  for (let j = 0; j < cube.length; j++) {
    const { levels } = axes[j]!;
    const u = Math.min(1, Math.max(0, raw[j]!));
    if (!Number.isFinite(levels)) cube[j] = u;
    else cube[j] = levels <= 1 ? 0.5 : snapLevel(axes[j]!, u);
  }
  return cube;
}

function snapLevel({ parameter, levels }: Axis, u: number): number {
  if (parameter.kind === 'integer' && parameter.log) return snapInteger(parameter, u);
  return (Math.min(levels - 1, Math.floor(u * levels)) + 0.5) / levels;
}

/** The best candidate and others drawn in proportion to their acquisition, so that starts do not crowd one peak. */
function distinctStarts(rated: readonly (Maximum & { readonly index: number })[], count: number, rng: Rng): Maximum[] {
  const usable = rated.filter(({ value }) => value > Number.NEGATIVE_INFINITY);
  if (usable.length <= count) return [...usable];
  const chosen = usable.slice(0, Math.ceil(count / 2));
  const rest = usable.slice(chosen.length);
  // Weighted draw without replacement by exponential keys; values are already logarithms.
  const keyed = rest.map((point) => ({ point, key: point.value - Math.log(rng.exponential() + 1e-300) }));
  keyed.sort((a, b) => b.key - a.key);
  return [...chosen, ...keyed.slice(0, count - chosen.length).map(({ point }) => point)];
}

function improve(start: Maximum, axes: readonly Axis[], options: MaximizeOptions): Maximum {
  const { acquisition, space } = options;
  let current: Maximum = start;
  const discrete = axes.flatMap(({ levels }, j) => (Number.isFinite(levels) && levels > 1 ? [j] : []));
  const continuous = axes.flatMap(({ levels }, j) => (Number.isFinite(levels) ? [] : [j]));
  const long = discrete.filter((j) => axes[j]!.levels > EXHAUSTIVE_LEVELS && !axes[j]!.categorical);
  if (long.length > 0) {
    const relaxed = climb(
      current,
      [...continuous, ...long].sort((a, b) => a - b),
      { ...options, axes },
    );
    const cube = settle(space, axes, relaxed.cube);
    const value = acquisition(cube);
    if (value > current.value) current = { cube, value };
  }
  for (let round = 0; round < 3; round++) {
    const before = current.value;
    if (continuous.length > 0) current = climb(current, continuous, { ...options, axes });
    if (discrete.length === 0) break;
    for (const axis of discrete) current = searchLevels(current, axis, axes, options);
    if (!(current.value > before + 1e-6)) break;
  }
  return current;
}

/** Gradient ascent over the listed coordinates, the others fixed. */
function climb(
  start: Maximum,
  free: readonly number[],
  options: MaximizeOptions & { readonly axes: readonly Axis[] },
): Maximum {
  const { acquisition, maxIterations, space } = options;
  const set = feasibleSet(space);
  if (set !== null) return climbWithin(set, start, free, options);
  const cube = start.cube.slice();
  const full = new Float64Array(cube.length);
  const minimum = minimizeBounded(
    staged((x, gradient) => {
      for (let k = 0; k < free.length; k++) cube[free[k]!] = x[k]!;
      const value = acquisition(cube, full);
      for (let k = 0; k < free.length; k++) gradient[k] = -full[free[k]!]!;
      return -value;
    }, free.length),
    free.map((j) => start.cube[j]!),
    {
      lower: free.map((j) => options.lower?.[j] ?? 0),
      upper: free.map((j) => options.upper?.[j] ?? 1),
      maxIterations,
      gradientTolerance: 1e-5,
      valueTolerance: 1e-9,
    },
  );
  const found = start.cube.slice();
  for (let k = 0; k < free.length; k++) found[free[k]!] = minimum.x[k]!;
  // A conditional coordinate may have switched others off: only what decodes counts.
  const settled = settle(space, options.axes, found);
  const exact = free.every((j) => settled[j] === found[j]);
  const value = exact ? -minimum.value : acquisition(settled);
  return value > start.value ? { cube: settled, value } : start;
}

function searchLevels(start: Maximum, axis: number, axes: readonly Axis[], options: MaximizeOptions): Maximum {
  const { levels, categorical } = axes[axis]!;
  const { space, acquisition } = options;
  let best = start;
  const at = Math.min(levels - 1, Math.floor(start.cube[axis]! * levels));
  const tryLevel = (level: number): void => {
    if (level < 0 || level >= levels) return;
    const raw = start.cube.slice();
    raw[axis] = (level + 0.5) / levels;
    const cube = settle(space, axes, raw);
    const value = acquisition(cube);
    if (value > best.value) best = { cube, value };
  };
  if (levels <= EXHAUSTIVE_LEVELS || categorical) {
    for (let level = 0; level < levels; level++) if (level !== at) tryLevel(level);
  } else {
    for (let step = 1; step < levels; step *= 2) {
      tryLevel(at - step);
      tryLevel(at + step);
    }
  }
  return best;
}
