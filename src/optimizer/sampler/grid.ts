import { coordinateCount, cubeDimension, decode } from '../space/encode.ts';
import type { Parameter, ParameterValues, SearchSpace } from '../space/parameter.ts';
import { levelCount, pointKey } from '../space/search-space.ts';
import type { Evidence, Sampler } from './sampler.ts';
import { toldAndPending } from './sampler.ts';

const DEFAULT_POINTS = 256;

/**
 * Full factorial grid in a fixed order, the last parameter fastest; a point told or pending is not proposed again.
 * Real axes and simplexes get as many levels as the budget allows. When all are used the grid starts over,
 * so that further proposals replicate it.
 */
export const sampleGrid: Sampler = (evidence, { count }) => {
  const grid = gridPoints(evidence.space, evidence.budget ?? DEFAULT_POINTS);
  const used = new Set<string>();
  for (const { values } of evidence.observations) used.add(pointKey(values));
  for (const values of evidence.pending) used.add(pointKey(values));
  const fresh = grid.filter((values) => !used.has(pointKey(values)));
  const start = startOfReplicates(evidence, grid.length);
  return Array.from({ length: count }, (_, i) => fresh[i] ?? grid[(start + i) % grid.length]!);
};

/** Every grid point once. @param budget - limits the levels of real axes; finite axes are always complete */
function gridPoints(space: SearchSpace, budget: number): ParameterValues[] {
  const levels = levelsPerCoordinate(space, budget);
  const cube = new Float64Array(cubeDimension(space));
  const index = new Int32Array(cube.length);
  const points = new Map<string, ParameterValues>();
  for (;;) {
    for (let j = 0; j < cube.length; j++) cube[j] = (index[j]! + 0.5) / levels[j]!.count;
    for (let j = 0; j < cube.length; j++)
      if (levels[j]!.toEnds) cube[j] = levels[j]!.count === 1 ? 0.5 : index[j]! / (levels[j]!.count - 1);
    const values = decode(space, cube);
    points.set(pointKey(values), values);
    let j = cube.length - 1;
    while (j >= 0 && ++index[j]! === levels[j]!.count) index[j--] = 0;
    if (j < 0) return [...points.values()];
  }
}

interface AxisLevels {
  readonly count: number;
  /** Whether the levels include both ends of the range (real axes) or are cell centres (everything else). */
  readonly toEnds: boolean;
}

function levelsPerCoordinate(space: SearchSpace, budget: number): AxisLevels[] {
  const finite = space.parameters.filter((parameter) => Number.isFinite(levelCount(parameter)));
  const product = finite.reduce((size, parameter) => size * levelCount(parameter), 1);
  const free = space.parameters.reduce((sum, p) => sum + (Number.isFinite(levelCount(p)) ? 0 : coordinateCount(p)), 0);
  let perAxis = 2;
  while (free > 0 && product * (perAxis + 1) ** free <= budget) perAxis++;
  return space.parameters.flatMap((parameter) => axisLevels(parameter, perAxis));
}

function axisLevels(parameter: Parameter, perAxis: number): AxisLevels[] {
  const count = levelCount(parameter);
  if (Number.isFinite(count)) return [{ count, toEnds: false }];
  return Array.from({ length: coordinateCount(parameter) }, () => ({
    count: perAxis,
    toEnds: parameter.kind === 'real',
  }));
}

function startOfReplicates(evidence: Evidence, size: number): number {
  return Math.max(0, toldAndPending(evidence) - size);
}
