import type { Rng } from '../../base/random.ts';
import { type FeasibleSet, feasibleSet } from '../feasible/feasible-set.ts';
import { finitePoints } from '../feasible/finite-points.ts';
import { decode, encode } from '../space/encode.ts';
import { boxSize } from '../space/levels.ts';
import type { ParameterValues, SearchSpace } from '../space/parameter.ts';
import type { UsedPoints } from './used-points.ts';

/** Draws before the points of a finite space are listed; in other spaces a repetition is an accident. */
const TRIES = 64;
/** Points of a sequence looked at for each one found; where fewer are feasible, points are drawn. */
const SCAN = 64;

const PROBE_SCAN = 4;
/** So many points are looked at one by one. */
const FEW = 512;

/** Points of a finite space that are not used, in the order of its levels; null for a space too large to be listed. */
function unusedPoints(space: SearchSpace, used: UsedPoints): readonly ParameterValues[] | null {
  return finitePoints(space)?.filter((values) => !used.has(values)) ?? null;
}

/** A random point that is not used; undefined when a finite space has no other. */
export function freshDraw(
  space: SearchSpace,
  used: UsedPoints,
  rng: Rng,
  dimension: number,
): ParameterValues | undefined {
  const set = feasibleSet(space);
  const draw = (): ParameterValues =>
    decode(space, set === null ? Float64Array.from({ length: dimension }, () => rng.uniform()) : set.draw(rng));
  return firstUnused(space, used, draw, rng);
}

function firstUnused(
  space: SearchSpace,
  used: UsedPoints,
  next: () => ParameterValues,
  rng: Rng,
): ParameterValues | undefined {
  let last: ParameterValues | undefined;
  for (let i = 0; i < TRIES; i++) {
    last = next();
    if (!used.has(last)) return last;
  }
  const unused = unusedPoints(space, used);
  return unused === null ? last : unused.length === 0 ? undefined : unused[rng.below(unused.length)];
}

/**
 * The next points of a low-discrepancy sequence: by index where nothing restricts the space, else the first ones of the
 * sequence that are feasible and not used.
 */
export class DesignSequence {
  readonly #space: SearchSpace;
  readonly #sequence: (index: number) => Float64Array;
  readonly #set: FeasibleSet | null;
  readonly #byIndex: boolean;
  #at = 0;

  constructor(space: SearchSpace, sequence: (index: number) => Float64Array) {
    this.#space = space;
    this.#sequence = sequence;
    this.#set = feasibleSet(space);
    this.#byIndex = this.#set === null && !Number.isFinite(boxSize(space));
  }

  /** Begins behind the points that were passed in earlier requests, under the name of the sequence. */
  skip(index: number, known: UsedPoints, name: string): void {
    if (this.#byIndex) return;
    this.#at = known.passed.get(name) ?? 0;
    while (this.#at < SCAN * (index + 1) && this.#open(known) === null) this.#at++;
    known.passed.set(name, this.#at);
  }

  /**
   * @param index - number of points before this one
   * @param rngOf - where the sequence has too few points left
   * @returns undefined when a finite space is used up
   */
  next(index: number, used: UsedPoints, rngOf: () => Rng): ParameterValues | undefined {
    if (this.#byIndex) return decode(this.#space, this.#sequence(index));
    const end = SCAN * (index + 1);
    const rare = this.#set !== null && this.#set.share < 2 / SCAN;
    for (; !rare && this.#at < end; this.#at++) {
      const values = this.#open(used);
      if (values !== null) return values;
    }
    const rng = rngOf();
    return freshDraw(this.#space, used, rng, this.#sequence(0).length);
  }

  /** The point at which the sequence stands; null where it is not feasible or is used. */
  #open(used: UsedPoints): ParameterValues | null {
    const cube = this.#sequence(this.#at);
    if (this.#set !== null && !this.#set.contains(cube)) return null;
    const values = decode(this.#space, cube);
    return used.has(values) ? null : values;
  }
}

/** The first feasible points of a sequence over the cube; where they are rare, draws. */
export function feasibleCubes(
  space: SearchSpace,
  sequence: (index: number) => Float64Array,
  count: number,
  rng: Rng,
): readonly Float64Array[] {
  const set = feasibleSet(space);
  if (set === null) return Array.from({ length: count }, (_, index) => sequence(index));
  const cubes: Float64Array[] = [];
  for (let i = 0; i < PROBE_SCAN * count && cubes.length < count; i++) {
    const cube = sequence(i);
    if (set.contains(cube)) cubes.push(cube);
  }
  while (cubes.length < count) cubes.push(set.draw(rng));
  return cubes;
}

/** Unused points of a finite space in the cube, where there are few: the search of the acquisition then sees all of them. */
export function unusedCubes(space: SearchSpace, used: UsedPoints): readonly Float64Array[] {
  if (boxSize(space) > FEW * FEW) return [];
  const unused = unusedPoints(space, used) ?? [];
  return unused.length > FEW ? [] : unused.map((values) => encode(space, values));
}
