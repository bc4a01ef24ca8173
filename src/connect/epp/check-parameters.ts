import { InputError, nearestName, unknownName } from '../../base/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../base/json.ts';
import { shortText } from '../../base/short-text.ts';
import { duration } from './picker-values.ts';
import type { ParameterRule, Parameters } from './plugin.ts';

type Path = readonly (string | number)[];

/** What is wrong with the parameters of a plugin whose parameters are catalogued; paths start at the parameters. */
export function parameterProblems(type: string, given: JsonObject, rules: Parameters): readonly InputError[] {
  return problems(given, rules, [], `plugin ${type}: `);
}

function problems(given: JsonObject, rules: Parameters, path: Path, who: string): readonly InputError[] {
  return Object.entries(given).flatMap(([key, value]) => {
    const rule = Object.hasOwn(rules, key) ? rules[key] : undefined;
    const at = [...path, key];
    if (rule === undefined) {
      const { suggestion } = unknownName('parameter', key, Object.keys(rules));
      const near = nearestName(key, Object.keys(rules));
      return [
        new InputError(`${who}unknown parameter ${shortText(key)}`, {
          path: at,
          ...(near !== undefined || Object.keys(rules).length > 0 ? { suggestion: suggestion! } : {}),
        }),
      ];
    }
    if (rule.kind === 'map') {
      return isJsonObject(value) ? problems(value, rule.of, at, who) : [broken(who, 'must be a map', value, at)];
    }
    const wanted = value === null ? undefined : violated(rule, value);
    return wanted === undefined ? [] : [broken(who, wanted, value, at)];
  });
}

function broken(who: string, rule: string, value: Json, path: Path): InputError {
  return new InputError(`${who}${rule}, got ${shortText(value)}`, { path });
}

/** The rule in words where the value breaks it. */
function violated(rule: Exclude<ParameterRule, { readonly kind: 'map' }>, value: Json): string | undefined {
  switch (rule.kind) {
    case 'integer':
      return typeof value === 'number' && Number.isInteger(value) && value >= (rule.min ?? value)
        ? undefined
        : `must be an integer${rule.min === undefined ? '' : ` ≥ ${rule.min}`}`;
    case 'number':
      return fits(rule, value) ? undefined : `must be a number${bounds(rule)}`;
    case 'boolean':
      return typeof value === 'boolean' ? undefined : 'must be true or false';
    case 'text':
    case 'plugin':
      return typeof value === 'string' ? undefined : 'must be a text';
    case 'choice':
      return typeof value === 'string' && rule.names.includes(value)
        ? undefined
        : `must be one of ${rule.names.join(', ')}`;
    case 'duration':
      return isDuration(value) ? undefined : duration.rule;
    case 'any':
      return undefined;
    default:
      return rule satisfies never;
  }
}

function fits({ min, above, max }: Extract<ParameterRule, { readonly kind: 'number' }>, value: Json): boolean {
  return (
    typeof value === 'number' &&
    value >= (min ?? value) &&
    value <= (max ?? value) &&
    (above === undefined || value > above)
  );
}

function bounds({ min, above, max }: Extract<ParameterRule, { readonly kind: 'number' }>): string {
  const parts = [
    ...(min === undefined ? [] : [`≥ ${min}`]),
    ...(above === undefined ? [] : [`> ${above}`]),
    ...(max === undefined ? [] : [`≤ ${max}`]),
  ];
  return parts.length === 0 ? '' : ` ${parts.join(' and ')}`;
}

function isDuration(value: Json): boolean {
  try {
    duration.read(value);
    return true;
  } catch (error) {
    if (error instanceof InputError) return false;
    throw error;
  }
}
