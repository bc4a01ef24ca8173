import { InputError, nearestName } from '../../base/errors.ts';
import { checkAll, mapAll } from '../../base/problem-list.ts';
import { nameList, shortText } from '../../base/short-text.ts';
import { levelCount } from './levels.ts';
import type { Condition, Parameter, Scalar, SearchSpace } from './parameter.ts';

/** Most levels that a stepped range may have: they are counted and numbered. */
const MOST_LEVELS = 2 ** 48;

export interface ParameterRules {
  /** Of the parameters in the user's document, for the paths of messages. */
  readonly keys?: readonly (string | number)[];
  /** What is said of a parameter that can take one value only. */
  readonly singleValues?: 'allowed' | 'refused';
}

/**
 * Checks parameters one by one and against the earlier ones.
 * @throws InputError whose paths start at the key of the parameter
 */
export function validateParameters(
  parameters: readonly Parameter[],
  { keys = [...parameters.keys()], singleValues = 'allowed' }: ParameterRules = {},
): void {
  if (parameters.length === 0) throw new InputError('a space needs at least one parameter, got none');
  mapAll(parameters, (parameter, index) => {
    const key = keys[index]!;
    const earlier = parameters.slice(0, index);
    if (earlier.some(({ name }) => name === parameter.name))
      throw new InputError(`parameter ${shortText(parameter.name)} is named twice`, {
        path: [key, 'name'],
        suggestion: 'rename one of them',
      });
    validateDomain(parameter, key);
    if (singleValues === 'refused' && levelCount(parameter) <= 1) throw singleValue(parameter, key);
    if (parameter.activeWhen !== undefined) validateCondition(parameter.activeWhen, earlier, [key, 'when'], 'earlier');
  });
}

function singleValue(parameter: Parameter, key: string | number): InputError {
  const suggestion = 'a fixed value belongs into the strategy, not into the space';
  if (parameter.kind === 'real' || parameter.kind === 'integer') {
    const { low, high } = parameter;
    return new InputError(`low < high must hold, got low ${low} and high ${high}`, { path: [key, 'low'], suggestion });
  }
  const list = parameter.kind === 'ordinal' ? 'levels' : 'choices';
  return new InputError('needs at least two values, got one', { path: [key, list], suggestion });
}

function validateDomain(parameter: Parameter, key: string | number): void {
  switch (parameter.kind) {
    case 'real':
    case 'integer':
      validateRange(parameter, key);
      return;
    case 'ordinal':
      validateList(parameter.levels, [key, 'levels']);
      return;
    case 'categorical':
      validateList(parameter.choices, [key, 'choices']);
      return;
    case 'simplex':
      if (parameter.components.length < 2)
        throw new InputError(`a simplex needs at least 2 components, got ${parameter.components.length}`, {
          path: [key, 'components'],
        });
      validateList(parameter.components, [key, 'components']);
      return;
    default:
      parameter satisfies never;
  }
}

function validateRange(parameter: Extract<Parameter, { kind: 'real' | 'integer' }>, key: string | number): void {
  const { low, high, log, step, kind } = parameter;
  if (!Number.isFinite(low)) throw new InputError(`low must be finite, got ${low}`, { path: [key, 'low'] });
  if (!Number.isFinite(high)) throw new InputError(`high must be finite, got ${high}`, { path: [key, 'high'] });
  if (!(low <= high))
    throw new InputError(`low ≤ high must hold, got low ${low} and high ${high}`, { path: [key, 'low'] });
  if (log && !(low > 0))
    throw new InputError(`a log scale needs low > 0, got ${low}`, {
      path: [key, 'low'],
      suggestion: 'raise low or drop the log scale',
    });
  const whole = (value: number): boolean => kind === 'real' || Number.isSafeInteger(value);
  if (!whole(low) || !whole(high))
    throw new InputError(`the ends of an integer range must be integers, got ${low} and ${high}`, {
      path: [key, whole(low) ? 'high' : 'low'],
      suggestion: 'use the type real for other numbers',
    });
  if (step !== undefined) validateStep(parameter, step, [key, 'step']);
}

function validateStep(
  parameter: Extract<Parameter, { kind: 'real' | 'integer' }>,
  step: number,
  path: readonly (string | number)[],
): void {
  const { kind, log, low, high } = parameter;
  if (!(Number.isFinite(step) && step > 0)) throw new InputError(`must be a number > 0, got ${step}`, { path });
  if (kind === 'integer' && !Number.isSafeInteger(step))
    throw new InputError(`the step of an integer range must be an integer, got ${step}`, {
      path,
      suggestion: 'use the type real for other steps',
    });
  if (log)
    throw new InputError('a step and a log scale exclude each other', {
      path,
      suggestion: 'drop one of them, or list the values as an ordinal',
    });
  if (low < high && step > high - low)
    throw new InputError(`must be ≤ ${high - low}, the width of the range, got ${step}`, { path });
  if (levelCount(parameter) > MOST_LEVELS)
    throw new InputError(`is too small for the range: ${levelCount(parameter)} values`, {
      path,
      suggestion: 'choose a larger step, or none',
    });
}

function validateList(values: readonly Scalar[], path: readonly (string | number)[]): void {
  if (values.length === 0) throw new InputError('needs at least one value, got none', { path });
  const twice = values.find((value, index) => values.indexOf(value) !== index);
  if (twice !== undefined) throw new InputError(`values must differ, got ${shortText(twice)} twice`, { path });
  const odd = values.find((value) => typeof value === 'number' && !Number.isFinite(value));
  if (odd !== undefined) throw new InputError(`numbers must be finite, got ${odd}`, { path });
}

function validateCondition(
  condition: Condition,
  known: readonly Parameter[],
  path: readonly (string | number)[],
  which: 'earlier' | 'all',
): void {
  const target = known.find(({ name }) => name === condition.parameter);
  const names = known.map(({ name }) => name);
  if (target === undefined) {
    const rule =
      which === 'earlier' ? 'a condition must refer to an earlier parameter' : 'a combination must refer to parameters';
    const near = nearestName(condition.parameter, names);
    throw new InputError(`${rule}, got ${shortText(condition.parameter)}`, {
      path: [...path, 'parameter'],
      suggestion: `${near === undefined ? '' : `did you mean ${shortText(near)}? `}${which === 'earlier' ? 'earlier ' : ''}parameters: ${nameList(names) || 'none'}`,
    });
  }
  if (target.kind === 'simplex')
    throw new InputError(`a condition cannot depend on the simplex ${shortText(target.name)}`, {
      path: [...path, 'parameter'],
    });
  if ('in' in condition) validateAllowed(condition.in, target, [...path, 'in']);
  else if (!(condition.low <= condition.high))
    throw new InputError(`low ≤ high must hold, got ${condition.low} and ${condition.high}`, {
      path: [...path, 'low'],
    });
}

function validateAllowed(
  values: readonly Scalar[],
  target: Exclude<Parameter, { kind: 'simplex' }>,
  path: readonly (string | number)[],
): void {
  const allowed = target.kind === 'ordinal' ? target.levels : target.kind === 'categorical' ? target.choices : null;
  const stranger = values.find((value) =>
    allowed === null
      ? typeof value !== 'number' ||
        !(value >= (target as { low: number }).low && value <= (target as { high: number }).high)
      : !allowed.some((one) => one === value),
  );
  if (stranger === undefined) return;
  throw new InputError(`${shortText(target.name)} never takes the value ${shortText(stranger)}`, {
    path,
    suggestion: `its values: ${allowed === null ? rangeText(target) : nameList(allowed.map(String))}`,
  });
}

function rangeText(parameter: Parameter): string {
  return parameter.kind === 'real' || parameter.kind === 'integer' ? `[${parameter.low}, ${parameter.high}]` : '';
}

/**
 * Checks that constraints and forbidden combinations speak of parameters that can take part in them.
 * @throws InputError whose paths start at `parameter_constraints` or `forbidden`
 */
export function validateRelations({ parameters, linear = [], forbidden = [] }: SearchSpace): void {
  checkAll(
    () =>
      mapAll(linear, ({ terms }, index) => {
        for (const { parameter } of terms) requireNumeric(parameters, parameter, ['parameter_constraints', index]);
      }),
    () =>
      mapAll(forbidden, (combination, index) => {
        if (combination.length === 0) throw new InputError('names no parameter', { path: ['forbidden', index] });
        for (const condition of combination)
          validateCondition(condition, parameters, ['forbidden', index, condition.parameter], 'all');
      }),
  );
}

function requireNumeric(parameters: readonly Parameter[], name: string, path: readonly (string | number)[]): void {
  const target = parameters.find((parameter) => parameter.name === name);
  const numeric = parameters.filter(isNumeric).map((parameter) => parameter.name);
  if (target !== undefined && isNumeric(target)) return;
  const near = nearestName(name, numeric);
  const what = target === undefined ? 'no parameter of the space' : `${target.kind}`;
  throw new InputError(`a linear constraint needs numeric parameters, but ${shortText(name)} is ${what}`, {
    path,
    suggestion:
      target?.kind === 'categorical' || target?.kind === 'ordinal'
        ? 'use `forbidden` for combinations of values'
        : `${near === undefined ? '' : `did you mean ${shortText(near)}? `}numeric parameters: ${nameList(numeric) || 'none'}`,
  });
}

/** Whether every value of a parameter is a number that can stand in a sum. */
function isNumeric(parameter: Parameter): boolean {
  if (parameter.kind === 'ordinal') return parameter.levels.every((level) => typeof level === 'number');
  return parameter.kind === 'real' || parameter.kind === 'integer';
}
