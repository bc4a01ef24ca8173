import { InputError } from '../../base/errors.ts';
import { nameList, shortText } from '../../base/short-text.ts';
import { isOnStep } from './levels.ts';
import type { Condition, Parameter, ParameterValue, ParameterValues, SearchSpace } from './parameter.ts';
import { brokenRelation, holds } from './relations.ts';

/** Allowed distance of the sum of simplex weights from 1. */
const SIMPLEX_SUM_TOLERANCE = 1e-9;

/** Whether a parameter with this condition takes part, given the values of the parameters before it. */
export function isActive(condition: Condition | undefined, values: ParameterValues): boolean {
  return condition === undefined || holds(condition, values);
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
  const broken = brokenRelation(space, values);
  if (broken !== null) throw new InputError(broken);
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
  return Object.keys(values).length === count && brokenRelation(space, values) === null;
}

/** Equal for points that the space cannot tell apart. */
export function pointKey(values: ParameterValues): string {
  return JSON.stringify(values, Object.keys(values).sort());
}

function violatedRule(parameter: Parameter, value: ParameterValue): string | null {
  switch (parameter.kind) {
    case 'real':
    case 'integer': {
      const { low, high } = parameter;
      if (typeof value !== 'number' || !Number.isFinite(value)) return 'must be a finite number';
      if (parameter.kind === 'integer' && !Number.isInteger(value)) return 'must be an integer';
      if (!(value >= low && value <= high)) return `must lie in [${low}, ${high}]`;
      return isOnStep(parameter, value) ? null : `must be ${low} plus a multiple of the step ${parameter.step}`;
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
