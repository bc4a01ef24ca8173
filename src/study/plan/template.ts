import { InputError } from '../../base/errors.ts';
import { isJsonObject, type Json } from '../../base/json.ts';
import { nameList, shortKey, shortText } from '../../base/short-text.ts';
import type { Parameter, ParameterValue, ParameterValues, SearchSpace } from '../../optimizer/space/parameter.ts';
import { isActive } from '../../optimizer/space/search-space.ts';

/** A simulator configuration with `${holes}`, and the values the holes have today. */
export interface StrategyTemplate {
  readonly name: string;
  readonly description: string;
  /** Why it should work, in words. */
  readonly mechanism: string;
  /** Where it comes from. */
  readonly source: string;
  readonly simulator: string;
  /** Holes: `${name}`, `${vector.component}` or `${vector[0]}`. */
  readonly config: Json;
  /** Values of today's setting; a weight vector is a map of its components. They may lie outside a search space. */
  readonly baseline: Readonly<Record<string, BaselineValue>>;
  /** Policy modules, relative to the strategy file. */
  readonly policies: readonly string[];
  /** Holes that the backend fills at each run, where neither a parameter nor the baseline does. */
  readonly runHoles?: readonly string[];
}

export type BaselineValue = number | string | boolean | null | Readonly<Record<string, number>>;

const HOLE = /\$\{([A-Za-z_][A-Za-z0-9_-]*)(?:\.([A-Za-z_][A-Za-z0-9_-]*)|\[(\d+)\])?\}/g;
const WHOLE_HOLE = new RegExp(`^${HOLE.source}$`);

interface Hole {
  readonly name: string;
  readonly component: string | number | undefined;
}

/** Names of all holes, in order of first appearance. */
export function holesOf(config: Json): readonly string[] {
  const names: string[] = [];
  walkStrings(config, [], (text) => {
    for (const match of text.matchAll(HOLE)) if (!names.includes(match[1]!)) names.push(match[1]!);
  });
  return names;
}

/**
 * Checks that each parameter of the space fills a hole and that each hole has a source: a parameter or a baseline value.
 * @throws InputError with a path below `config` or `parameters`
 */
export function checkHoles(template: StrategyTemplate, space: SearchSpace): void {
  const holes = holesOf(template.config);
  const names = space.parameters.map(({ name }) => name);
  const { runHoles = [] } = template;
  const takesAll = runHoles.includes('values') && holes.includes('values');
  for (const [index, name] of names.entries()) {
    if (!holes.includes(name) && !takesAll) {
      throw new InputError(`parameter ${shortText(name)} fills no hole of strategy ${shortText(template.name)}`, {
        path: ['parameters', index],
        suggestion: `its holes: ${nameList(holes) || 'none'}`,
      });
    }
  }
  const known = [...names, ...runHoles, ...Object.keys(template.baseline)];
  const orphan = holes.find((hole) => !known.includes(hole));
  if (orphan !== undefined) {
    throw new InputError(`hole \${${orphan}} has neither a parameter nor a baseline value`, {
      path: ['config'],
      suggestion: `add ${shortText(orphan)} to the search space or to the strategy's baseline`,
    });
  }
  instantiate(template, space, baselineValues(template, space));
}

/**
 * Today's setting as values of the space's parameters. Weight vectors stay as written (3, 2, 2), since a simulator may
 * round 3/7 differently; see `normalizeWeights`. A parameter without a baseline value takes the first of its range.
 */
export function baselineValues(template: StrategyTemplate, space: SearchSpace): ParameterValues {
  const values: Record<string, ParameterValue> = {};
  for (const [index, parameter] of space.parameters.entries()) {
    if (!isActive(parameter.activeWhen, values)) continue;
    const given = Object.hasOwn(template.baseline, parameter.name) ? template.baseline[parameter.name] : undefined;
    try {
      values[parameter.name] = given === undefined ? firstValue(parameter) : baselineValue(parameter, given);
    } catch (error) {
      throw error instanceof InputError ? error.at({ prefix: ['parameters', index] }) : error;
    }
  }
  return values;
}

function baselineValue(parameter: Parameter, given: BaselineValue): ParameterValue {
  if (parameter.kind !== 'simplex') {
    if (typeof given !== 'object' || given === null) return given;
    throw new InputError(`is ${parameter.kind}, but the strategy's baseline gives a map of weights`, {
      suggestion: 'declare it as a simplex',
    });
  }
  if (typeof given !== 'object' || given === null)
    throw new InputError(`is a simplex, but the strategy's baseline is ${shortText(given)}`);
  const stray = Object.keys(given).find((key) => given[key] !== 0 && !parameter.components.includes(key));
  if (stray !== undefined) {
    throw new InputError(`the baseline gives ${shortText(stray)} a weight, but the simplex has no such component`, {
      suggestion: `components: ${nameList(parameter.components)}`,
    });
  }
  return parameter.components.map((key) => given[key] ?? 0);
}

/** The same point with every weight vector scaled to sum 1. */
export function normalizeWeights(space: SearchSpace, values: ParameterValues): ParameterValues {
  const scaled: Record<string, ParameterValue> = { ...values };
  for (const { kind, name } of space.parameters) {
    const weights = values[name];
    if (kind !== 'simplex' || !Array.isArray(weights)) continue;
    const total = (weights as readonly number[]).reduce((sum, weight) => sum + weight, 0);
    if (total > 0 && total !== 1) scaled[name] = (weights as readonly number[]).map((weight) => weight / total);
  }
  return scaled;
}

function firstValue(parameter: Parameter): ParameterValue {
  switch (parameter.kind) {
    case 'real':
    case 'integer':
      return parameter.low;
    case 'ordinal':
      return parameter.levels[0]!;
    case 'categorical':
      return parameter.choices[0]!;
    case 'simplex':
      return parameter.components.map(() => 1 / parameter.components.length);
    default:
      return parameter satisfies never;
  }
}

/**
 * Fills the holes. A hole that is the whole text takes the value with its type; inside longer text it is printed.
 * Keys whose hole belongs to an inactive conditional parameter are left out.
 * @param values - of the space's parameters; other holes take their baseline value
 * @throws InputError when a hole has no value or asks for a component that does not exist
 */
export function instantiate(template: StrategyTemplate, space: SearchSpace, values: ParameterValues): Json {
  const lookUp = (hole: Hole, path: readonly (string | number)[]): Json | undefined => {
    const parameter = space.parameters.find(({ name }) => name === hole.name);
    if (parameter !== undefined && !Object.hasOwn(values, hole.name)) {
      if (parameter.activeWhen !== undefined) return undefined;
      throw new InputError(`parameter ${shortText(hole.name)} has no value`, { path: ['config', ...path] });
    }
    const fixed = Object.hasOwn(template.baseline, hole.name) ? template.baseline[hole.name] : undefined;
    const value = parameter === undefined ? fixed : values[hole.name];
    if (value === undefined && template.runHoles?.includes(hole.name) === true) return `\${${hole.name}}`;
    if (value === undefined) throw new InputError(`hole \${${hole.name}} has no value`, { path: ['config', ...path] });
    return hole.component === undefined ? (value as Json) : component(template, parameter, hole, value, path);
  };
  return fill(template.config, [], lookUp) ?? null;
}

/** A weight that the space leaves out but the strategy knows is 0. */
function component(
  template: StrategyTemplate,
  parameter: Parameter | undefined,
  hole: Hole,
  value: ParameterValue | Readonly<Record<string, number>>,
  path: readonly (string | number)[],
): Json {
  const known = knownComponents(template, parameter, hole.name);
  const key = typeof hole.component === 'number' ? known[hole.component] : hole.component!;
  if (key === undefined || !known.includes(key)) {
    throw new InputError(`\${${shortKey(hole.name)}} has no component ${shortText(hole.component)}`, {
      path: ['config', ...path],
      suggestion: known.length === 0 ? 'only weight vectors have components' : `components: ${nameList(known)}`,
    });
  }
  if (parameter?.kind === 'simplex') return (value as readonly number[])[parameter.components.indexOf(key)] ?? 0;
  return (value as Readonly<Record<string, number>>)[key] ?? 0;
}

function knownComponents(
  template: StrategyTemplate,
  parameter: Parameter | undefined,
  name: string,
): readonly string[] {
  const declared = template.baseline[name];
  const fromSpace = parameter?.kind === 'simplex' ? parameter.components : [];
  const fromBaseline = typeof declared === 'object' && declared !== null ? Object.keys(declared) : [];
  return [...fromSpace, ...fromBaseline.filter((key) => !fromSpace.includes(key))];
}

function fill(
  node: Json,
  path: readonly (string | number)[],
  lookUp: (hole: Hole, path: readonly (string | number)[]) => Json | undefined,
): Json | undefined {
  if (typeof node === 'string') return fillText(node, path, lookUp);
  if (Array.isArray(node)) {
    return node.map((item, index) => fill(item, [...path, index], lookUp)).filter((item) => item !== undefined);
  }
  if (isJsonObject(node)) {
    const entries = Object.entries(node).flatMap(([key, item]) => {
      const filled = fill(item, [...path, key], lookUp);
      return filled === undefined ? [] : [[key, filled] as const];
    });
    return Object.fromEntries(entries);
  }
  return node;
}

function fillText(
  text: string,
  path: readonly (string | number)[],
  lookUp: (hole: Hole, path: readonly (string | number)[]) => Json | undefined,
): Json | undefined {
  const whole = text.match(WHOLE_HOLE);
  if (whole !== null) return lookUp(toHole(whole), path);
  let missing = false;
  const filled = text.replace(HOLE, (...match) => {
    const value = lookUp(toHole(match as unknown as RegExpMatchArray), path);
    if (value === undefined) missing = true;
    return String(value);
  });
  return missing ? undefined : filled;
}

function toHole(match: ArrayLike<string | undefined>): Hole {
  return { name: match[1]!, component: match[3] === undefined ? match[2] : Number(match[3]) };
}

function walkStrings(
  node: Json,
  path: readonly (string | number)[],
  visit: (text: string, path: readonly (string | number)[]) => void,
): void {
  if (typeof node === 'string') visit(node, path);
  else if (Array.isArray(node)) for (const [index, item] of node.entries()) walkStrings(item, [...path, index], visit);
  else if (isJsonObject(node)) for (const [key, item] of Object.entries(node)) walkStrings(item, [...path, key], visit);
}
