import { type Rng, stream } from '../../base/random.ts';
import { encode } from '../space/encode.ts';
import type { ParameterValues, SearchSpace } from '../space/parameter.ts';
import { finitePoints } from './finite-points.ts';
import { Membership } from './membership.ts';
import { fillPool, type Pool } from './pool.ts';
import type { ProjectionBox } from './projection.ts';

const SHRINKS = 48;
const TRIES = 24;
const PULLS = 12;
const POLISHES = 6;
/** Finite sets up to this size are searched point by point. */
const MOST_LISTED = 1024;

/**
 * The points of a space whose parameters are tied together. Everything is built from a pool of feasible points in a bounded
 * number of steps: nothing waits for a lucky draw.
 */
export class FeasibleSet {
  readonly #membership: Membership;
  readonly #pool: readonly Float64Array[];
  readonly #share: number;
  readonly verdict: Pool['verdict'];
  /** The pool after so many steps that where each began is forgotten. */
  #starts: readonly Float64Array[] | undefined;
  /** All points of a small finite set. */
  readonly #all: readonly Float64Array[] | null;

  constructor(space: SearchSpace) {
    const inside = new Membership(space, 'inside');
    const pool = fillPool(inside);
    const touching = pool.verdict === 'found' ? null : new Membership(space, 'touching');
    const { cubes, share, verdict } = touching === null ? pool : fillPool(touching);
    this.#membership = touching ?? inside;
    this.#pool = cubes;
    this.#share = share;
    this.verdict = verdict;
    const listed = finitePoints(space);
    this.#all = listed === null || listed.length > MOST_LISTED ? null : listed.map((values) => encode(space, values));
  }

  /** Share of the cube that is feasible, as far as some hundred points tell. */
  get share(): number {
    return this.#share;
  }

  meets(values: ParameterValues): boolean {
    return this.#membership.meets(values);
  }

  contains(cube: ArrayLike<number>): boolean {
    return this.#membership.contains(cube);
  }

  /** A draw from the uniform distribution on the feasible part of the cube, or near to it where that part is a thin one. */
  draw(rng: Rng): Float64Array {
    const { axes } = this.#membership;
    for (let k = 0; k < TRIES * Math.min(1, 100 * this.#share); k++) {
      const cube = Float64Array.from(axes, () => rng.uniform());
      if (this.contains(cube)) return cube;
    }
    this.#starts ??= this.#pool.map((cube, index) => this.#walk(cube, 16 * axes.length, stream('starts', index)));
    return this.#walk(this.#starts[rng.below(this.#starts.length)]!, 8 + 4 * axes.length, rng);
  }

  #walk(from: Float64Array, steps: number, rng: Rng): Float64Array {
    const at = from.slice();
    for (let step = 0; step < steps; step++) this.#slice(at, this.#direction(rng), rng);
    return at;
  }

  /** An axis, or the difference of two points of the pool: along a thin set the axes lead nowhere. */
  #direction(rng: Rng): Float64Array | number {
    const from = this.#pool[rng.below(this.#pool.length)]!;
    const to = this.#pool[rng.below(this.#pool.length)]!;
    if (from !== to && rng.uniform() < 0.5) return from.map((u, axis) => to[axis]! - u);
    return rng.below(from.length);
  }

  /**
   * Moves `at` to a uniform draw from the feasible points on a line through it: draws from an interval that shrinks towards `at`
   * with every draw that is not feasible.
   * @param direction - in the cube, or an axis
   * @see Neal 2003, "Slice sampling", section 4.2: the uniform distribution stays as it is
   */
  #slice(at: Float64Array, direction: Float64Array | number, rng: Rng): void {
    const start = at.slice();
    let [low, high] = typeof direction === 'number' ? [-at[direction]!, 1 - at[direction]!] : chord(at, direction);
    for (let k = 0; k < SHRINKS && high > low; k++) {
      const t = low + rng.uniform() * (high - low);
      if (typeof direction === 'number') at[direction] = start[direction]! + t;
      else for (let axis = 0; axis < at.length; axis++) at[axis] = clip(start[axis]! + t * direction[axis]!);
      if (this.contains(at)) return;
      if (t < 0) low = t;
      else high = t;
    }
    at.set(start);
  }

  /** Moves a point of the cube onto a feasible one nearby: levels to cell centres, continuous coordinates as little as it takes. */
  nearest(raw: ArrayLike<number>): Float64Array {
    const settled = this.#membership.settle(raw);
    if (this.contains(settled)) return settled;
    if (this.#all !== null && this.#all.length > 0) return closest(this.#all, settled).slice();
    const moved = this.#membership.settle(this.#membership.projectAxes(settled, 'continuous'));
    if (this.contains(moved)) return moved;
    const relaxed = this.#membership.settle(this.#membership.projectAxes(settled, 'numeric'));
    if (this.contains(relaxed)) return relaxed;
    return this.#polish(this.#pull(relaxed), relaxed);
  }

  /** The nearest point with only the coordinates in `box.free` moved, as far as linear constraints go: see `contains`. */
  project(cube: Float64Array, box: ProjectionBox): Float64Array {
    return this.#membership.project(cube, box);
  }

  /** The last feasible point on the way from the nearest point of the pool. */
  #pull(target: Float64Array): Float64Array {
    return this.#towards(closest(this.#pool, target), target, PULLS);
  }

  #towards(from: Float64Array, target: Float64Array, bisections: number): Float64Array {
    let low = 0;
    let high = 1;
    let best = from;
    for (let k = 0; k < bisections; k++) {
      const t = k === 0 ? 1 : (low + high) / 2;
      const next = this.#membership.settle(from.map((u, axis) => u + t * (target[axis]! - u)));
      if (this.contains(next)) {
        best = next;
        low = t;
        if (t === 1) break;
      } else high = t;
    }
    return best;
  }

  /** Coordinate by coordinate as near to the target as it stays feasible. */
  #polish(start: Float64Array, target: Float64Array): Float64Array {
    let at = start;
    for (let axis = 0; axis < at.length; axis++) {
      if (at[axis] === target[axis]) continue;
      const goal = at.slice();
      goal[axis] = target[axis]!;
      at = this.#towards(at, goal, POLISHES);
    }
    return at;
  }
}

/** The part of a line through `at` that lies in the cube. */
function chord(at: Float64Array, direction: Float64Array): [number, number] {
  let low = Number.NEGATIVE_INFINITY;
  let high = Number.POSITIVE_INFINITY;
  for (let axis = 0; axis < at.length; axis++) {
    const d = direction[axis]!;
    if (d === 0) continue;
    const [first, second] = [-at[axis]! / d, (1 - at[axis]!) / d];
    low = Math.max(low, Math.min(first, second));
    high = Math.min(high, Math.max(first, second));
  }
  return [low, high];
}

function clip(u: number): number {
  return u > 0 ? Math.min(u, 1) : 0;
}

/** The first of the nearest. */
function closest(cubes: readonly Float64Array[], target: Float64Array): Float64Array {
  let best = cubes[0]!;
  let least = Number.POSITIVE_INFINITY;
  for (const cube of cubes) {
    const away = distance(cube, target);
    if (away >= least) continue;
    best = cube;
    least = away;
  }
  return best;
}

function distance(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let axis = 0; axis < a.length; axis++) sum += (a[axis]! - b[axis]!) ** 2;
  return sum;
}

/** Sets already built. What a set answers depends on its space alone, so the memory saves time and changes nothing. */
const built = new WeakMap<SearchSpace, FeasibleSet>();

/** The feasible points of a space; null where every point of the cube is one. */
export function feasibleSet(space: SearchSpace): FeasibleSet | null {
  if (space.linear === undefined && space.forbidden === undefined) return null;
  const known = built.get(space) ?? new FeasibleSet(space);
  built.set(space, known);
  return known;
}
