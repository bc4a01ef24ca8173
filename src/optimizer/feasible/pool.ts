import { stream } from '../../base/random.ts';
import { scrambledSobol } from '../../numeric/sobol-sequence.ts';
import { cubeDimension, decode, encode } from '../space/encode.ts';
import { pointKey } from '../space/search-space.ts';
import { findPoint } from './find-point.ts';
import type { Membership } from './membership.ts';

/** Points of the cube that are looked at as they come. */
const SCREENED = 256;
/** Further ones that are moved onto the constraints. */
const PROJECTED = 128;
/** With fewer points than this the exhaustive search adds some. */
const ENOUGH = 16;
const MOST = 64;
const SEARCHES = 16;

/** Feasible points, spread out, from which all others are reached. */
export interface Pool {
  readonly cubes: readonly Float64Array[];
  /** Share of the cube that is feasible, as far as some hundred points tell. */
  readonly share: number;
  /** `none`: there is no feasible point; `gave-up`: none was found, and not all possibilities were tried. */
  readonly verdict: 'found' | 'none' | 'gave-up';
}

/** The pool of a space depends on the space alone. */
export function fillPool(membership: Membership): Pool {
  const { space } = membership;
  const sequence = scrambledSobol(cubeDimension(space), stream('feasible points'));
  const found = new Map<string, Float64Array>();
  const add = (cube: Float64Array): boolean => {
    if (!membership.contains(cube)) return false;
    const key = pointKey(decode(space, cube));
    if (!found.has(key) && found.size < MOST) found.set(key, cube);
    return true;
  };
  let hits = 0;
  for (let i = 0; i < SCREENED; i++) if (add(membership.settle(sequence(i)))) hits++;
  let verdict: Pool['verdict'] = 'none';
  const search = (from: number, most: number, enough: number): void => {
    for (let i = from; i < from + most && found.size < enough; i++) {
      const point = findPoint(space, sequence(i), membership.programMargin);
      if (point.kind !== 'found') verdict = point.kind;
      if (point.kind !== 'found') return;
      const cube = encode(space, point.values);
      if (!add(cube) && !add(membership.settle(membership.projectAxes(cube, 'continuous')))) verdict = 'gave-up';
    }
  };
  // Nothing is to be moved onto constraints that exclude each other.
  if (found.size === 0) search(SCREENED, SEARCHES, 1);
  for (let i = 0; i < PROJECTED && found.size > 0 && found.size < MOST; i++)
    add(membership.settle(membership.projectAxes(sequence(SCREENED + i), 'numeric')));
  if (found.size > 0) search(SCREENED + PROJECTED, SEARCHES, ENOUGH);
  if (found.size > 0) verdict = 'found';
  return { cubes: [...found.values()], share: hits / SCREENED, verdict };
}
