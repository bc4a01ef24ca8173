import { InputError } from '../../base/errors.ts';
import { canonicalText, type Json } from '../../base/json.ts';
import { mapAll } from '../../base/problem-list.ts';
import { nameList, shortText } from '../../base/short-text.ts';
import type { Activation, Parameter, ParameterValue, ParameterValues, SearchSpace } from './parameter.ts';

/** Allowed distance of the sum of simplex weights from 1. */
const SIMPLEX_SUM_TOLERANCE = 1e-9;

/**
 * Checks a space that was built by a program.
 * @throws InputError with a path that starts at the index of the parameter
 */
export function validateSpace(space: SearchSpace): void {
  if (space.parameters.length === 0) throw new InputError('a space needs at least one parameter, got none');
  mapAll(space.parameters, (parameter, index) => {
    const earlier = space.parameters.slice(0, index);
    if (earlier.some(({ name }) => name === parameter.name))
      throw new InputError(`parameter names must differ, got ${shortText(parameter.name)} twice`, {
        path: [index, 'name'],
      });
    validateDomain(parameter, index);
    if (parameter.activeWhen !== undefined) validateActivation(parameter.activeWhen, earlier, index);
  });
}

function validateDomain(parameter: Parameter, index: number): void {
  switch (parameter.kind) {
    case 'real':
    case 'integer':
      validateRange(parameter, index);
      return;
    case 'ordinal':
      validateList(parameter.levels, [index, 'levels']);
      return;
    case 'categorical':
      validateList(parameter.choices, [index, 'choices']);
      return;
    case 'simplex':
      if (parameter.components.length < 2)
        throw new InputError(`a simplex needs at least 2 components, got ${parameter.components.length}`, {
          path: [index, 'size'],
        });
      validateList(parameter.components, [index, 'components']);
      return;
    default:
      parameter satisfies never;
  }
}

function validateRange(parameter: Extract<Parameter, { kind: 'real' | 'integer' }>, index: number): void {
  const { low, high, log, kind } = parameter;
  if (!Number.isFinite(low)) throw new InputError(`low must be finite, got ${low}`, { path: [index, 'low'] });
  if (!Number.isFinite(high)) throw new InputError(`high must be finite, got ${high}`, { path: [index, 'high'] });
  if (!(low <= high))
    throw new InputError(`low ≤ high must hold, got low ${low} and high ${high}`, { path: [index, 'low'] });
  if (log && !(low > 0))
    throw new InputError(`a log scale needs low > 0, got ${low}`, {
      path: [index, 'low'],
      suggestion: 'raise low or drop the log scale',
    });
  if (kind === 'integer' && !(Number.isSafeInteger(low) && Number.isSafeInteger(high)))
    throw new InputError(`the ends of an integer range must be integers, got ${low} and ${high}`, {
      path: [index, Number.isSafeInteger(low) ? 'high' : 'low'],
    });
}

function validateList(values: readonly (number | string | boolean)[], path: readonly (string | number)[]): void {
  if (values.length === 0) throw new InputError('needs at least one value, got none', { path });
  const twice = values.find((value, index) => values.indexOf(value) !== index);
  if (twice !== undefined) throw new InputError(`values must differ, got ${shortText(twice)} twice`, { path });
  const odd = values.find((value) => typeof value === 'number' && !Number.isFinite(value));
  if (odd !== undefined) throw new InputError(`numbers must be finite, got ${odd}`, { path });
}

function validateActivation(activation: Activation, earlier: readonly Parameter[], index: number): void {
  const target = earlier.find(({ name }) => name === activation.parameter);
  const path = [index, 'activeWhen', 'parameter'];
  if (target === undefined)
    throw new InputError(`a condition must refer to an earlier parameter, got ${shortText(activation.parameter)}`, {
      path,
    });
  if (target.kind === 'simplex')
    throw new InputError(`a condition cannot depend on a simplex, got ${shortText(target.name)}`, { path });
}

/** Whether a parameter with this condition takes part, given the values of the parameters before it. */
export function isActive(activation: Activation | undefined, values: ParameterValues): boolean {
  if (activation === undefined) return true;
  const value = values[activation.parameter];
  if (value === undefined) return false;
  if ('in' in activation) return activation.in.some((allowed) => allowed === value);
  return typeof value === 'number' && value >= activation.low && value <= activation.high;
}

/**
 * Checks that `values` names exactly the active parameters, each inside its domain.
 * @throws InputError whose path is the name of the offending parameter
 */
export function validateValues(space: SearchSpace, values: ParameterValues): void {
  const known = new Set<string>();
  for (const parameter of space.parameters) {
    known.add(parameter.name);
    const value = Object.hasOwn(values, parameter.name) ? values[parameter.name] : undefined;
    const active = isActive(parameter.activeWhen, values);
    if (value === undefined && active) throw new InputError('a value is required', { path: [parameter.name] });
    if (value === undefined) continue;
    if (!active)
      throw new InputError(`is inactive here and must be left out, got ${shortText(value)}`, {
        path: [parameter.name],
      });
    const rule = violatedRule(parameter, value);
    if (rule !== null) throw new InputError(`${rule}, got ${shortText(value)}`, { path: [parameter.name] });
  }
  const stranger = Object.keys(values).find((name) => !known.has(name));
  if (stranger !== undefined)
    throw new InputError('is not a parameter of the space', {
      path: [stranger],
      suggestion: `parameters: ${nameList([...known])}`,
    });
}

/** Whether `values` is a point of the space. */
export function isInside(space: SearchSpace, values: ParameterValues): boolean {
  let count = 0;
  for (const parameter of space.parameters) {
    const value = Object.hasOwn(values, parameter.name) ? values[parameter.name] : undefined;
    if ((value !== undefined) !== isActive(parameter.activeWhen, values)) return false;
    if (value === undefined) continue;
    if (violatedRule(parameter, value) !== null) return false;
    count++;
  }
  return Object.keys(values).length === count;
}

/** Equal for points that the space cannot tell apart. */
export function pointKey(values: ParameterValues): string {
  return canonicalText(values as { readonly [key: string]: Json });
}

function violatedRule(parameter: Parameter, value: ParameterValue): string | null {
  switch (parameter.kind) {
    case 'real':
    case 'integer': {
      const { low, high } = parameter;
      if (typeof value !== 'number' || !Number.isFinite(value)) return 'must be a finite number';
      if (parameter.kind === 'integer' && !Number.isInteger(value)) return 'must be an integer';
      return value >= low && value <= high ? null : `must lie in [${low}, ${high}]`;
    }
    case 'ordinal':
      return parameter.levels.some((level) => level === value)
        ? null
        : `must be one of ${nameList(parameter.levels.map(String))}`;
    case 'categorical':
      return parameter.choices.some((choice) => choice === value)
        ? null
        : `must be one of ${nameList(parameter.choices.map(String))}`;
    case 'simplex':
      return simplexRule(parameter.components.length, value);
    default:
      return parameter satisfies never;
  }
}

function simplexRule(size: number, value: ParameterValue): string | null {
  if (!Array.isArray(value) || value.length !== size) return `must be a list of ${size} weights`;
  const weights = value as readonly number[];
  if (weights.some((weight) => typeof weight !== 'number' || !(weight >= 0))) return 'weights must be numbers ≥ 0';
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return Math.abs(sum - 1) <= SIMPLEX_SUM_TOLERANCE ? null : 'weights must sum to 1';
}

/** Number of points of a space without real or simplex parameters (conditions ignored); Infinity otherwise. */
export function finiteSize(space: SearchSpace): number {
  return space.parameters.reduce((size, parameter) => size * levelCount(parameter), 1);
}

/** Number of values a parameter can take; Infinity for real and simplex parameters. */
export function levelCount(parameter: Parameter): number {
  switch (parameter.kind) {
    case 'integer':
      return parameter.high - parameter.low + 1;
    case 'ordinal':
      return parameter.levels.length;
    case 'categorical':
      return parameter.choices.length;
    case 'real':
      return parameter.low === parameter.high ? 1 : Number.POSITIVE_INFINITY;
    case 'simplex':
      return Number.POSITIVE_INFINITY;
    default:
      return parameter satisfies never;
  }
}
