import { decode, decodeCoordinate, snap } from '../space/encode.ts';
import { levelCount } from '../space/levels.ts';
import type { LinearConstraint, Parameter, ParameterValues, SearchSpace } from '../space/parameter.ts';
import { excessShare, isForbidden, relativeExcess, SUM_TOLERANCE } from '../space/relations.ts';
import { type Axis, type AxisConstraint, activeConstraints, axesOf, axisConstraints } from './axes.ts';
import { type ProjectionBox, projectOnto } from './projection.ts';

/** Sums with a real stay this share of their size below the bound, so that they hold in any order of addition. */
const ROUNDING_MARGIN = 1e-14;
/** Points moved onto a constraint aim for this share, so that they keep the margin after rounding. */
const AIMED_MARGIN = 1e-13;
/** Linear programs are solved to about this precision. */
const PROGRAM_MARGIN = 1e-7;

/**
 * Which points of the cube meet the constraints of a space. `inside`: sums with a real keep a hair's breadth from their bounds;
 * `touching`: where no point can do so, as with equations.
 */
export class Membership {
  readonly space: SearchSpace;
  readonly axes: readonly Axis[];
  /** Share of a sum by which a linear program is to stay below its bound. */
  readonly programMargin: number;
  readonly #allowances: readonly number[];
  /** Constraints by coordinate, where nothing else has to be asked; null with conditions or forbidden combinations. */
  readonly #plain: readonly AxisConstraint[] | null;
  readonly #margin: number;

  constructor(space: SearchSpace, mode: 'inside' | 'touching') {
    this.space = space;
    this.axes = axesOf(space);
    const inside = mode === 'inside';
    this.programMargin = inside ? PROGRAM_MARGIN : 0;
    this.#margin = inside ? AIMED_MARGIN : 0;
    this.#allowances = (space.linear ?? []).map((constraint) =>
      inside && hasReal(space, constraint) ? -ROUNDING_MARGIN : SUM_TOLERANCE,
    );
    const plain = space.forbidden === undefined && space.parameters.every(({ activeWhen }) => activeWhen === undefined);
    this.#plain = plain ? axisConstraints(this.axes, space.linear ?? []) : null;
  }

  /** Whether the cube point decodes to values that meet all constraints and no forbidden combination. */
  contains(cube: ArrayLike<number>): boolean {
    return this.#plain === null ? this.meets(decode(this.space, cube)) : this.#meetsPlain(this.#plain, cube);
  }

  /** `meets` without the values: the same sums in the same order. */
  #meetsPlain(constraints: readonly AxisConstraint[], cube: ArrayLike<number>): boolean {
    for (let k = 0; k < constraints.length; k++) {
      const { axes, factors, atMost } = constraints[k]!;
      let sum = 0;
      let size = Math.abs(atMost);
      for (let i = 0; i < axes.length; i++) {
        const { parameter } = this.axes[axes[i]!]!;
        const value = factors[i]! * (decodeCoordinate(parameter as NumericParameter, cube[axes[i]!]!) as number);
        sum += value;
        size += Math.abs(value);
      }
      if (excessShare(sum, atMost, size) > this.#allowances[k]!) return false;
    }
    return true;
  }

  meets(values: ParameterValues): boolean {
    const { linear = [], forbidden = [] } = this.space;
    for (let k = 0; k < linear.length; k++) if (relativeExcess(linear[k]!, values) > this.#allowances[k]!) return false;
    return !forbidden.some((combination) => isForbidden(combination, values));
  }

  /** Levels onto the centres of their cells, inactive coordinates to 0.5; active continuous ones keep every digit. */
  settle(raw: ArrayLike<number>): Float64Array {
    const values = decode(this.space, raw);
    const settled = snap(this.space, raw);
    for (const [axis, { continuous, parameter }] of this.axes.entries())
      if (continuous && values[parameter.name] !== undefined) settled[axis] = Math.min(1, Math.max(0, raw[axis]!));
    return settled;
  }

  /** The nearest point that meets the linear constraints, if only the coordinates in `box.free` move. */
  project(cube: Float64Array, box: ProjectionBox): Float64Array {
    const constraints = this.#plain ?? activeConstraints(this.space, this.axes, decode(this.space, cube));
    return projectOnto(constraints, this.axes, cube, box, this.#margin);
  }

  /** The same with all numeric coordinates, levels taken for a continuum, or with the continuous ones alone. */
  projectAxes(cube: Float64Array, which: 'numeric' | 'continuous'): Float64Array {
    const moves = ({ scale, continuous }: Axis): boolean => scale !== null && (continuous || which === 'numeric');
    const free = this.axes.flatMap((axis, index) => (moves(axis) ? [index] : []));
    return this.project(cube, { free, lower: () => 0, upper: () => 1 });
  }
}

type NumericParameter = Extract<Parameter, { kind: 'real' | 'integer' | 'ordinal' }>;

function hasReal({ parameters }: SearchSpace, { terms }: LinearConstraint): boolean {
  return terms.some(({ parameter }) => {
    const target = parameters.find(({ name }) => name === parameter);
    return target !== undefined && !Number.isFinite(levelCount(target));
  });
}
