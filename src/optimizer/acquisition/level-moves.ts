import type { Parameter } from '../space/parameter.ts';

/** One coordinate of the cube as the search sees it. */
export interface Axis {
  readonly parameter: Parameter;
  /** Levels of a discrete coordinate; Infinity for a continuous one. */
  readonly levels: number;
  readonly categorical: boolean;
}

/** Joint moves that are rated at most; where there are more, fewer axes move at a time. */
const MOST_RATED = 400;

/** Moves of all axes together, or of as many at a time as the limit leaves room for. */
export function neighbourMoves(cube: Float64Array, discrete: readonly number[], axes: readonly Axis[]): Float64Array[] {
  const steps = discrete.map((axis) => levelSteps(cube, axis, axes));
  for (let together = discrete.length; together > 1; together--)
    if (moveCount(steps, together) <= MOST_RATED) return jointMoves(cube, discrete, steps, together);
  return jointMoves(cube, discrete, steps, 1);
}

/** Positions on one axis to move to: all other categories, else the neighbouring levels. */
function levelSteps(cube: Float64Array, axis: number, axes: readonly Axis[]): number[] {
  const { levels, categorical } = axes[axis]!;
  const at = Math.min(levels - 1, Math.floor(cube[axis]! * levels));
  const others = categorical ? Array.from({ length: levels }, (_, level) => level) : [at - 1, at + 1];
  return others.filter((level) => level !== at && level >= 0 && level < levels).map((level) => (level + 0.5) / levels);
}

/** Number of ways to move at most so many axes: the sum of the first elementary symmetric polynomials of the step counts. */
function moveCount(steps: readonly (readonly number[])[], together: number): number {
  const ways = [1, ...new Array<number>(together).fill(0)];
  for (const { length } of steps) for (let k = together; k > 0; k--) ways[k]! += length * ways[k - 1]!;
  return ways.reduce((sum, count) => sum + count, -1);
}

function jointMoves(
  cube: Float64Array,
  discrete: readonly number[],
  steps: readonly (readonly number[])[],
  together: number,
): Float64Array[] {
  let moves = [{ cube, moved: 0 }];
  discrete.forEach((axis, k) => {
    const shifted = moves
      .filter(({ moved }) => moved < together)
      .flatMap(({ cube: from, moved }) =>
        steps[k]!.map((u) => {
          const to = from.slice();
          to[axis] = u;
          return { cube: to, moved: moved + 1 };
        }),
      );
    moves = [...moves, ...shifted];
  });
  return moves.slice(1).map((move) => move.cube);
}
