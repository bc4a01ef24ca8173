import { InputError } from '../../base/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../base/json.ts';
import { nameList, shortText } from '../../base/short-text.ts';
import { isOnStep, steppedValue } from '../space/levels.ts';
import type { Parameter, ParameterValue, ParameterValues, SimplexParameter } from '../space/parameter.ts';
import { validateValues } from '../space/search-space.ts';
import type { SessionSetup } from './request.ts';

/**
 * Values as a program writes them: weights as a list or by name, numbers of a stepped range with rounding errors.
 * @throws InputError whose path is the name of the parameter at fault
 */
export function readParams({ space }: SessionSetup, params: JsonObject): ParameterValues {
  const parameters = new Map(space.parameters.map((parameter) => [parameter.name, parameter]));
  const values = Object.fromEntries(
    Object.entries(params).map(([name, value]) => [name, readValue(parameters.get(name), name, value)]),
  );
  validateValues(space, values);
  return values;
}

function readValue(parameter: Parameter | undefined, name: string, value: Json): ParameterValue {
  if (parameter?.kind === 'simplex' && isJsonObject(value)) return weightsOf(parameter, value);
  const stepped = (parameter?.kind === 'real' || parameter?.kind === 'integer') && parameter.step !== undefined;
  if (stepped && typeof value === 'number' && isOnStep(parameter, value))
    return steppedValue(parameter, Math.round((value - parameter.low) / parameter.step!));
  if (isJsonObject(value)) throw new InputError(`must be a plain value, got ${shortText(value)}`, { path: [name] });
  return value as ParameterValue;
}

function weightsOf({ name, components }: SimplexParameter, weights: JsonObject): readonly number[] {
  const stranger = Object.keys(weights).find((key) => !components.includes(key));
  if (stranger !== undefined)
    throw new InputError('is no component of the simplex', {
      path: [name, stranger],
      suggestion: `components: ${nameList(components)}`,
    });
  const missing = components.find((key) => weights[key] === undefined);
  if (missing !== undefined) throw new InputError('a weight is required', { path: [name, missing] });
  return components.map((key) => weights[key] as number);
}

/** Values as replies show them: weights by name where the components were named. */
export function writeParams({ space, named }: SessionSetup, values: ParameterValues): JsonObject {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]): [string, Json] => {
      const parameter = named.includes(name) ? space.parameters.find((one) => one.name === name) : undefined;
      if (parameter?.kind !== 'simplex') return [name, value];
      const weights = value as readonly number[];
      return [name, Object.fromEntries(parameter.components.map((component, index) => [component, weights[index]!]))];
    }),
  );
}
