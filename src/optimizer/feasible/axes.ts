import { coordinateCount } from '../space/encode.ts';
import { levelCount } from '../space/levels.ts';
import type { LinearConstraint, Parameter, ParameterValues, SearchSpace } from '../space/parameter.ts';

/** One coordinate of the cube. */
export interface Axis {
  readonly parameter: Parameter;
  /** Whether the coordinate keeps every digit: reals without a step, weights of a simplex. */
  readonly continuous: boolean;
  /** The coordinate of a number, with levels taken for a continuum; null for categories, texts and weights. */
  readonly scale: Scale | null;
}

/** Value of a numeric coordinate, smooth in u. */
interface Scale {
  value(u: number): number;
  slope(u: number): number;
}

/** Coordinates of the cube, in order. */
export function axesOf(space: SearchSpace): readonly Axis[] {
  return space.parameters.flatMap((parameter): Axis[] => {
    const continuous = !Number.isFinite(levelCount(parameter));
    return Array.from({ length: coordinateCount(parameter) }, () => ({
      parameter,
      continuous,
      scale: scaleOf(parameter),
    }));
  });
}

function scaleOf(parameter: Parameter): Scale | null {
  switch (parameter.kind) {
    case 'real':
      if (parameter.step !== undefined)
        return linear(parameter.low - parameter.step / 2, levelCount(parameter) * parameter.step);
      return parameter.log
        ? logarithmic(parameter.low, parameter.high)
        : linear(parameter.low, parameter.high - parameter.low);
    case 'integer': {
      const { low, high, log, step = 1 } = parameter;
      return log ? logarithmic(low - 0.5, high + 0.5) : linear(low - step / 2, levelCount(parameter) * step);
    }
    case 'ordinal':
      return parameter.levels.every((level) => typeof level === 'number')
        ? stepwise(parameter.levels as number[])
        : null;
    case 'categorical':
    case 'simplex':
      return null;
    default:
      return parameter satisfies never;
  }
}

function linear(low: number, width: number): Scale {
  return { value: (u) => low + u * width, slope: () => width };
}

function logarithmic(low: number, high: number): Scale {
  const rate = Math.log(high / low);
  const value = (u: number): number => low * Math.exp(u * rate);
  return { value, slope: (u) => rate * value(u) };
}

/** Linear between the centres of the levels' cells. */
function stepwise(levels: readonly number[]): Scale {
  const count = levels.length;
  const at = (u: number): number => Math.min(count - 2, Math.max(0, Math.floor(u * count - 0.5)));
  const slope = (u: number): number => (count === 1 ? 0 : (levels[at(u) + 1]! - levels[at(u)]!) * count);
  return {
    value: (u) => (count === 1 ? levels[0]! : levels[at(u)]! + (u - (at(u) + 0.5) / count) * slope(u)),
    slope,
  };
}

/** A linear constraint over coordinates of the cube. */
export interface AxisConstraint {
  readonly axes: readonly number[];
  readonly factors: readonly number[];
  readonly atMost: number;
}

/** The linear constraints whose parameters are all active at `values`. */
export function activeConstraints(
  space: SearchSpace,
  axes: readonly Axis[],
  values: ParameterValues,
): readonly AxisConstraint[] {
  const active = (space.linear ?? []).filter(({ terms }) =>
    terms.every(({ parameter }) => values[parameter] !== undefined),
  );
  return axisConstraints(axes, active);
}

export function axisConstraints(
  axes: readonly Axis[],
  constraints: readonly LinearConstraint[],
): readonly AxisConstraint[] {
  return constraints.map(({ terms, atMost }) => ({
    axes: terms.map(({ parameter }) => axes.findIndex((axis) => axis.parameter.name === parameter)),
    factors: terms.map(({ factor }) => factor),
    atMost,
  }));
}
