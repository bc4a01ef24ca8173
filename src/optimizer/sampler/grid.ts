import { stream } from '../../base/random.ts';
import { power } from '../../numeric/power.ts';
import { pointsInOrder } from '../feasible/finite-points.ts';
import { coordinateCount, cubeDimension, decode } from '../space/encode.ts';
import { boxSize, levelCount } from '../space/levels.ts';
import type { Parameter, ParameterValue, ParameterValues, SearchSpace } from '../space/parameter.ts';
import { freshDraw } from './fresh-points.ts';
import { type Sampler, usedPoints } from './sampler.ts';
import type { UsedPoints } from './used-points.ts';

const DEFAULT_POINTS = 256;
/** Levels tried in a space of which constraints leave little; then points are drawn. */
const MOST_NODES = 200_000;

/**
 * Full factorial grid in a fixed order, the last parameter fastest; a point told or pending is not proposed again.
 * Real axes and simplexes get as many levels as the budget allows. When all are used there are no further proposals.
 */
export const sampleGrid: Sampler = (evidence, request) => {
  const { space } = evidence;
  const { count, seed } = request;
  const known = request.used ?? usedPoints(evidence);
  const used = known.fork();
  const first = used.count;
  const grid = gridOf(space, evidence.budget ?? DEFAULT_POINTS);
  const points: ParameterValues[] = [];
  for (let index = firstOpen(grid, known); points.length < count; index++) {
    const rng = stream(seed, 'grid', first + points.length);
    const at = grid.at(index);
    const next = at === 'drawn' ? freshDraw(space, used, rng, cubeDimension(space)) : at;
    if (next === undefined) break;
    if (used.has(next)) continue;
    used.add(next);
    points.push(next);
  }
  return points;
};

function firstOpen(grid: Grid, known: UsedPoints): number {
  const name = `grid ${grid.budget}`;
  let index = known.passed.get(name) ?? 0;
  for (let at = grid.at(index); at !== undefined && at !== 'drawn' && known.has(at); at = grid.at(index)) index++;
  known.passed.set(name, index);
  return index;
}

/** Grid points in order, as far as they were asked for. */
class Grid {
  readonly budget: number;
  readonly #listed: ParameterValues[] = [];
  readonly #rest: Generator<ParameterValues | 'drawn'>;

  constructor(space: SearchSpace, budget: number) {
    this.budget = budget;
    this.#rest = gridPoints(space, budget);
  }

  /** Undefined behind the last one; `drawn` where constraints leave no grid to be found. */
  at(index: number): ParameterValues | 'drawn' | undefined {
    while (this.#listed.length <= index) {
      const next = this.#rest.next();
      if (next.done === true || next.value === 'drawn') return next.value;
      this.#listed.push(next.value);
    }
    return this.#listed[index];
  }
}

const grids = new WeakMap<SearchSpace, Grid>();

/** What is answered depends on space and budget alone, so the memory of it changes nothing. */
function gridOf(space: SearchSpace, budget: number): Grid {
  const known = grids.get(space);
  if (known?.budget === budget) return known;
  const grid = new Grid(space, budget);
  grids.set(space, grid);
  return grid;
}

/** Grid points in order, each once; `drawn`, without end, where constraints leave no grid to be found. */
function* gridPoints(space: SearchSpace, budget: number): Generator<ParameterValues | 'drawn'> {
  const levels = levelsWithin(space, budget);
  const { parameters, undo } = discretized(space, levels);
  let found = false;
  for (const values of pointsInOrder({ ...space, parameters }, nodesOf(space))) {
    if (values === 'gave-up') for (;;) yield 'drawn';
    found = true;
    yield undo(values);
  }
  if (!found) for (;;) yield 'drawn';
}

/** Without constraints every level leads to a point, and the work is that of the points that are taken. */
function nodesOf({ linear, forbidden }: SearchSpace): number {
  return linear === undefined && forbidden === undefined ? Number.POSITIVE_INFINITY : MOST_NODES;
}

/**
 * Levels of each real or simplex coordinate, at least 2: the most with which the grid keeps within the budget. Constraints make
 * room for more.
 */
function levelsWithin(space: SearchSpace, budget: number): number {
  let levels = 2;
  if (Number.isFinite(boxSize(space))) return levels;
  while (gridSize(space, levels + 1) <= budget) levels++;
  if (!Number.isFinite(nodesOf(space))) return levels;
  while (gridSize(space, levels + 1) <= MOST_NODES && hasAtMost(space, levels + 1, budget)) levels++;
  return levels;
}

function hasAtMost(space: SearchSpace, levels: number, most: number): boolean {
  const { parameters } = discretized(space, levels);
  let count = 0;
  for (const values of pointsInOrder({ ...space, parameters }, MOST_NODES))
    if (values === 'gave-up' || ++count > most) return false;
  return true;
}

function gridSize(space: SearchSpace, levels: number): number {
  const sizes = space.parameters.map((parameter) =>
    Number.isFinite(levelCount(parameter)) ? levelCount(parameter) : power(levels, coordinateCount(parameter)),
  );
  return sizes.reduce((product, size) => product * size, 1);
}

/** The space with levels for everything continuous: reals from end to end, simplexes as numbers of weight vectors. */
function discretized(
  space: SearchSpace,
  levels: number,
): { parameters: readonly Parameter[]; undo: (values: ParameterValues) => ParameterValues } {
  const vectors = new Map<string, readonly ParameterValue[]>();
  const parameters = space.parameters.map((parameter): Parameter => {
    if (Number.isFinite(levelCount(parameter))) return parameter;
    const { activeWhen: _, ...free } = parameter;
    const list = cubesOf(coordinateCount(parameter), levels, parameter.kind === 'real').map(
      (cube) => decode({ parameters: [free as Parameter] }, cube)[parameter.name]!,
    );
    const base = { name: parameter.name, ...(parameter.activeWhen ? { activeWhen: parameter.activeWhen } : {}) };
    if (parameter.kind === 'real') return { ...base, kind: 'ordinal', levels: list as readonly number[] };
    vectors.set(parameter.name, list);
    return { ...base, kind: 'integer', low: 0, high: list.length - 1, log: false };
  });
  const undo = (values: ParameterValues): ParameterValues =>
    vectors.size === 0
      ? values
      : Object.fromEntries(
          Object.entries(values).map(([name, value]) => [name, vectors.get(name)?.[value as number] ?? value]),
        );
  return { parameters, undo };
}

/** A grid over the cube, the last coordinate fastest: with both ends of each axis, or centres of equal cells. */
function cubesOf(dimension: number, levels: number, toEnds: boolean): Float64Array[] {
  return Array.from({ length: power(levels, dimension) }, (_, index) =>
    Float64Array.from({ length: dimension }, (_, axis) => {
      const level = Math.floor(index / power(levels, dimension - 1 - axis)) % levels;
      return toEnds ? level / (levels - 1) : (level + 0.5) / levels;
    }),
  );
}
