import type { Axis, AxisConstraint } from './axes.ts';

/** Sweeps over the constraints, and new linearisations where an axis is logarithmic. */
const MOST_SWEEPS = 100;
const MOST_LINEARISATIONS = 12;
const BISECTIONS = 60;
/** Violations below this, as a share of a constraint's size, are none. */
const TOLERANCE = 1e-13;

export interface ProjectionBox {
  /** Coordinates that may move; the others keep their values. */
  readonly free: readonly number[];
  readonly lower: (axis: number) => number;
  readonly upper: (axis: number) => number;
}

/**
 * The nearest point of the cube that meets the constraints, moving the free coordinates only. Sums are linear in values, not
 * in coordinates of a logarithmic axis: there the constraints are linearised anew until the point stays.
 * @param margin - share of a constraint's size by which it is to be met
 * @returns a new point; it may violate constraints that cannot be met
 */
export function projectOnto(
  constraints: readonly AxisConstraint[],
  axes: readonly Axis[],
  cube: Float64Array,
  box: ProjectionBox,
  margin: number,
): Float64Array {
  let at = clipped(cube, box);
  for (let round = 0; round < MOST_LINEARISATIONS; round++) {
    const rows = constraints.map((constraint) => linearised(constraint, axes, at, box, margin));
    const next = nearest(rows, clipped(cube, box), box);
    const moved = Math.max(0, ...box.free.map((axis) => Math.abs(next[axis]! - at[axis]!)));
    at = next;
    if (moved < 1e-14 || rows.every(({ exact }) => exact)) break;
  }
  return at;
}

function clipped(cube: Float64Array, { free, lower, upper }: ProjectionBox): Float64Array {
  const inside = cube.slice();
  for (const axis of free) inside[axis] = Math.min(upper(axis), Math.max(lower(axis), inside[axis]!));
  return inside;
}

/** Σ slope · u ≤ bound over free coordinates. */
interface Row {
  readonly axes: readonly number[];
  readonly slopes: readonly number[];
  readonly bound: number;
  readonly size: number;
  /** Whether it is the constraint itself, not a tangent of it. */
  readonly exact: boolean;
}

function linearised(
  { axes: used, factors, atMost }: AxisConstraint,
  axes: readonly Axis[],
  at: Float64Array,
  { free }: ProjectionBox,
  margin: number,
): Row {
  const slopes: number[] = [];
  const moving: number[] = [];
  let bound = atMost;
  let size = Math.abs(atMost);
  let exact = true;
  for (const [k, axis] of used.entries()) {
    const { scale } = axes[axis]!;
    const value = factors[k]! * scale!.value(at[axis]!);
    bound -= value;
    size += Math.abs(value);
    if (!free.includes(axis)) continue;
    const slope = factors[k]! * scale!.slope(at[axis]!);
    bound += slope * at[axis]!;
    moving.push(axis);
    slopes.push(slope);
    exact &&= factors[k]! * scale!.slope(0) === slope && factors[k]! * scale!.slope(1) === slope;
  }
  return { axes: moving, slopes, bound: bound - margin * size, size, exact };
}

/**
 * Projection onto half-spaces and a box by coordinate ascent in the multipliers μ: with the others fixed, μ_i is where row i
 * just holds at clip(x − Aᵀμ), or 0.
 * @see Hildreth 1957, "A quadratic programming procedure"
 */
function nearest(rows: readonly Row[], target: Float64Array, { free, lower, upper }: ProjectionBox): Float64Array {
  const shifted = target.slice();
  const multipliers = new Float64Array(rows.length);
  const excess = ({ axes, slopes, bound }: Row, extra: number): number => {
    let sum = -bound;
    for (let k = 0; k < axes.length; k++) {
      const axis = axes[k]!;
      const u = shifted[axis]! - extra * slopes[k]!;
      sum += slopes[k]! * Math.min(upper(axis), Math.max(lower(axis), u));
    }
    return sum;
  };
  for (let sweep = 0; sweep < MOST_SWEEPS; sweep++) {
    let moved = false;
    for (const [i, row] of rows.entries()) {
      const change = multiplierChange((extra) => excess(row, extra), -multipliers[i]!, row);
      if (change === 0) continue;
      multipliers[i]! += change;
      for (let k = 0; k < row.axes.length; k++) shifted[row.axes[k]!]! -= change * row.slopes[k]!;
      moved = true;
    }
    if (!moved || rows.every((row) => excess(row, 0) <= TOLERANCE * row.size)) break;
  }
  const found = target.slice();
  for (const axis of free) found[axis] = Math.min(upper(axis), Math.max(lower(axis), shifted[axis]!));
  return found;
}

/** Where the decreasing function `excess` of the change is zero, no lower than `least`. */
function multiplierChange(excess: (extra: number) => number, least: number, { slopes, size }: Row): number {
  const now = excess(0);
  if (Math.abs(now) <= TOLERANCE * size || (now < 0 && least === 0)) return 0;
  const squares = slopes.reduce((sum, slope) => sum + slope * slope, 0);
  if (squares === 0) return 0;
  let low = now > 0 ? 0 : least;
  let high = now > 0 ? now / squares : 0;
  if (now < 0 && excess(low) <= 0) return low;
  if (now > 0) {
    // Beyond this every coordinate sits at an end of the box, and the row cannot be met better.
    const most = high * 1e6;
    while (excess(high) > 0 && high < most) {
      low = high;
      high *= 2;
    }
  }
  for (let k = 0; k < BISECTIONS; k++) {
    const middle = (low + high) / 2;
    if (middle === low || middle === high) break;
    if (excess(middle) > 0) low = middle;
    else high = middle;
  }
  return high;
}
