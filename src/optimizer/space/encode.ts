import { power } from '../../numeric/power.ts';
import { levelCount, steppedValue } from './levels.ts';
import type {
  IntegerParameter,
  Parameter,
  ParameterValue,
  ParameterValues,
  RealParameter,
  Scalar,
  SearchSpace,
  SimplexParameter,
} from './parameter.ts';
import { isActive } from './search-space.ts';

/**
 * Number of unit-cube coordinates: one for each parameter, `components − 1` for a simplex.
 */
export function cubeDimension(space: SearchSpace): number {
  return space.parameters.reduce((sum, parameter) => sum + coordinateCount(parameter), 0);
}

export function coordinateCount(parameter: Parameter): number {
  return parameter.kind === 'simplex' ? parameter.components.length - 1 : 1;
}

/**
 * Point of the unit cube → values. The uniform distribution on the cube becomes the uniform distribution on the space:
 * uniform on a simplex, uniform in the logarithm on a log scale, equal probability for each level.
 * Coordinates of inactive parameters are ignored. This is the only place that rounds or takes logarithms.
 * @param cube - length `cubeDimension(space)`; coordinates outside [0, 1] are clipped
 */
export function decode(space: SearchSpace, cube: ArrayLike<number>): ParameterValues {
  const values: Record<string, ParameterValue> = {};
  let at = 0;
  for (const parameter of space.parameters) {
    if (isActive(parameter.activeWhen, values)) values[parameter.name] = decodeParameter(parameter, cube, at);
    at += coordinateCount(parameter);
  }
  return values;
}

/**
 * Values → a point of the unit cube that decodes to them: cell centres for levels, 0.5 for inactive parameters.
 */
export function encode(space: SearchSpace, values: ParameterValues): Float64Array {
  const cube = new Float64Array(cubeDimension(space)).fill(0.5);
  let at = 0;
  for (const parameter of space.parameters) {
    const value = values[parameter.name];
    if (value !== undefined) encodeParameter(parameter, value, cube, at);
    at += coordinateCount(parameter);
  }
  return cube;
}

/** Moves every coordinate onto the point that its decoded value encodes to. */
export function snap(space: SearchSpace, cube: ArrayLike<number>): Float64Array {
  return encode(space, decode(space, cube));
}

/** The same for the coordinate of one integer. */
export function snapInteger(parameter: IntegerParameter, u: number): number {
  return encodeInteger(parameter, decodeInteger(parameter, clip(u)));
}

function decodeParameter(parameter: Parameter, cube: ArrayLike<number>, at: number): ParameterValue {
  return parameter.kind === 'simplex'
    ? decodeSimplex(cube, at, parameter.components.length)
    : decodeCoordinate(parameter, cube[at]!);
}

/** Value of a parameter that is one coordinate. */
export function decodeCoordinate(parameter: Exclude<Parameter, SimplexParameter>, u: number): Scalar {
  switch (parameter.kind) {
    case 'real':
      return decodeReal(parameter, clip(u));
    case 'integer':
      return decodeInteger(parameter, clip(u));
    case 'ordinal':
      return parameter.levels[cell(clip(u), parameter.levels.length)]!;
    case 'categorical':
      return parameter.choices[cell(clip(u), parameter.choices.length)]!;
    default:
      return parameter satisfies never;
  }
}

function encodeParameter(parameter: Parameter, value: ParameterValue, cube: Float64Array, at: number): void {
  switch (parameter.kind) {
    case 'real':
      cube[at] = encodeReal(parameter, value as number);
      return;
    case 'integer':
      cube[at] = encodeInteger(parameter, value as number);
      return;
    case 'ordinal':
      cube[at] = (parameter.levels.indexOf(value as number | string) + 0.5) / parameter.levels.length;
      return;
    case 'categorical':
      cube[at] = (parameter.choices.indexOf(value as Scalar) + 0.5) / parameter.choices.length;
      return;
    case 'simplex':
      encodeSimplex(value as readonly number[], cube, at);
      return;
    default:
      parameter satisfies never;
  }
}

function decodeReal(parameter: RealParameter, u: number): number {
  const { low, high, log, step } = parameter;
  if (low === high) return low;
  if (step !== undefined) return steppedValue(parameter, cell(u, levelCount(parameter)));
  const value = log ? Math.exp((1 - u) * Math.log(low) + u * Math.log(high)) : (1 - u) * low + u * high;
  if (u <= 0) return low;
  return u >= 1 ? high : Math.min(high, Math.max(low, value));
}

function encodeReal(parameter: RealParameter, value: number): number {
  const { low, high, log, step } = parameter;
  if (low === high) return 0.5;
  if (step !== undefined) return clip(((value - low) / step + 0.5) / levelCount(parameter));
  const u = log
    ? (Math.log(value) - Math.log(low)) / (Math.log(high) - Math.log(low))
    : (value / 2 - low / 2) / (high / 2 - low / 2);
  return clip(u);
}

/** On a log scale, integer v owns the interval [log(v − ½), log(v + ½)]. */
function decodeInteger(parameter: IntegerParameter, u: number): number {
  const { low, high, log } = parameter;
  if (!log) return steppedValue(parameter, cell(u, levelCount(parameter)));
  const value = Math.exp((1 - u) * Math.log(low - 0.5) + u * Math.log(high + 0.5));
  return Math.min(high, Math.max(low, Math.round(value)));
}

function encodeInteger(parameter: IntegerParameter, value: number): number {
  const { low, high, log, step = 1 } = parameter;
  if (!log) return ((value - low) / step + 0.5) / levelCount(parameter);
  return clip((Math.log(value) - Math.log(low - 0.5)) / (Math.log(high + 0.5) - Math.log(low - 0.5)));
}

/**
 * Stick breaking with Beta(1, m) pieces, m the number of components still to come: the i-th weight takes the fraction
 * 1 − (1 − u)^(1/m) of what is left. A bijection (up to the boundary) that maps uniform to uniform.
 * @see Devroye 1986, "Non-uniform random variate generation", ch. XI.4
 */
function decodeSimplex(cube: ArrayLike<number>, at: number, size: number): number[] {
  const weights = new Array<number>(size).fill(0);
  let left = 1;
  for (let i = 0; i < size - 1; i++) {
    const next = left * power(1 - clip(cube[at + i]!), 1 / (size - 1 - i));
    weights[i] = left - next;
    left = next;
  }
  weights[size - 1] = left;
  return weights;
}

function encodeSimplex(weights: readonly number[], cube: Float64Array, at: number): void {
  const size = weights.length;
  // Suffix sums, added from the small end: no cancellation when the first weight is near 1.
  const suffix = new Float64Array(size + 1);
  for (let i = size - 1; i >= 0; i--) suffix[i] = suffix[i + 1]! + weights[i]!;
  for (let i = 0; i < size - 1; i++) {
    const kept = suffix[i]! > 0 ? suffix[i + 1]! / suffix[i]! : 0;
    cube[at + i] = suffix[i]! > 0 ? clip(1 - power(kept, size - 1 - i)) : 0.5;
  }
}

/** Index of the cell of width 1/count that holds u. */
function cell(u: number, count: number): number {
  return Math.min(count - 1, Math.floor(u * count));
}

function clip(u: number): number {
  return u > 0 ? Math.min(u, 1) : 0;
}
