import { InputError, unknownName } from '../../base/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../base/json.ts';
import type { Parameter, ParameterValues, SearchSpace } from '../space/parameter.ts';
import { validateSpace } from '../space/search-space.ts';

export interface SessionSetup {
  readonly space: SearchSpace;
  readonly objectives: readonly ObjectiveSetup[];
  readonly constraintCount: number;
  readonly seed: number;
  readonly budget: number | null;
}

export interface ObjectiveSetup {
  readonly name: string;
  readonly direction: 'minimize' | 'maximize';
}

/** What an evaluation gave: replicates by outcome, or why it failed. Values carry the user's signs. */
export type ToldResult =
  | {
      readonly kind: 'measured';
      /** replicates × objectives */
      readonly values: readonly (readonly number[])[];
      /** replicates × constraints */
      readonly constraints: readonly (readonly number[])[];
    }
  | { readonly kind: 'failed'; readonly reason: string };

export type Request =
  | { readonly op: 'init'; readonly setup: SessionSetup }
  | { readonly op: 'ask'; readonly count: number | null }
  | { readonly op: 'tell'; readonly id: number; readonly result: ToldResult }
  | { readonly op: 'seed'; readonly params: ParameterValues; readonly result: ToldResult }
  | { readonly op: 'best' }
  | { readonly op: 'state' }
  | { readonly op: 'restore'; readonly state: Json }
  | { readonly op: 'stop' };

const OPERATIONS = ['init', 'ask', 'tell', 'seed', 'best', 'state', 'restore', 'stop'] as const;
const MOST_ASKS = 10_000;

/**
 * One line of the protocol → request.
 * @throws InputError that names the field
 */
export function parseRequest(line: string): Request {
  const message = parseLine(line);
  const op = message['op'];
  if (typeof op !== 'string') throw new InputError(`must be a string, got ${show(op)}`, { path: ['op'] });
  switch (op) {
    case 'init':
      onlyKeys(message, ['op', 'space', 'objectives', 'constraints', 'seed', 'budget']);
      return { op, setup: parseSetup(message) };
    case 'ask':
      onlyKeys(message, ['op', 'count']);
      return { op, count: message['count'] === undefined ? null : integerIn(message, 'count', 1, MOST_ASKS) };
    case 'tell':
      onlyKeys(message, ['op', 'id', 'values', 'constraints', 'failed']);
      return { op, id: integerIn(message, 'id', 0, Number.MAX_SAFE_INTEGER), result: parseResult(message) };
    case 'seed':
      onlyKeys(message, ['op', 'params', 'values', 'constraints', 'failed']);
      return { op, params: parseParams(message['params']), result: parseResult(message) };
    case 'best':
    case 'state':
    case 'stop':
      onlyKeys(message, ['op']);
      return { op };
    case 'restore':
      onlyKeys(message, ['op', 'state']);
      if (message['state'] === undefined) throw new InputError('is required', { path: ['state'] });
      return { op, state: message['state'] };
    default:
      throw unknownName('op', op, OPERATIONS, { path: ['op'] });
  }
}

function parseLine(line: string): JsonObject {
  let value: Json;
  try {
    value = JSON.parse(line) as Json;
  } catch (error) {
    const repaired = withoutSpecialNumbers(line);
    try {
      value = JSON.parse(repaired) as Json;
    } catch {
      throw new InputError(`a line must hold one JSON object, ${(error as Error).message}`);
    }
  }
  if (!isJsonObject(value)) throw new InputError(`a line must hold one JSON object, got ${show(value)}`);
  return value;
}

/** Some writers print NaN and Infinity, which JSON does not know; outside of strings they become null. */
function withoutSpecialNumbers(line: string): string {
  return line.replace(/"(?:[^"\\]|\\.)*"|-?(?:NaN|Infinity)\b/g, (token) => (token.startsWith('"') ? token : 'null'));
}

export function parseSetup(message: JsonObject): SessionSetup {
  const space = parseSpace(message['space']);
  const objectives = parseObjectives(message['objectives']);
  const constraintCount = message['constraints'] === undefined ? 0 : integerIn(message, 'constraints', 0, 1000);
  const seed =
    message['seed'] === undefined ? 0 : integerIn(message, 'seed', Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
  const budget =
    message['budget'] === undefined || message['budget'] === null
      ? null
      : integerIn(message, 'budget', 1, Number.MAX_SAFE_INTEGER);
  return { space, objectives, constraintCount, seed, budget };
}

function parseObjectives(value: Json | undefined): ObjectiveSetup[] {
  if (!Array.isArray(value) || value.length === 0)
    throw new InputError(`must be a list of at least one objective, got ${show(value)}`, { path: ['objectives'] });
  return (value as readonly Json[]).map((entry, index) => {
    const path = ['objectives', index];
    if (!isJsonObject(entry)) throw new InputError(`must be an object, got ${show(entry)}`, { path });
    onlyKeys(entry, ['name', 'direction'], path);
    const { name, direction = 'minimize' } = entry;
    if (typeof name !== 'string')
      throw new InputError(`must be a string, got ${show(name)}`, { path: [...path, 'name'] });
    if (direction !== 'minimize' && direction !== 'maximize')
      throw new InputError(`must be "minimize" or "maximize", got ${show(direction)}`, {
        path: [...path, 'direction'],
      });
    return { name, direction };
  });
}

function parseSpace(value: Json | undefined): SearchSpace {
  if (!Array.isArray(value))
    throw new InputError(`must be a list of parameters, got ${show(value)}`, { path: ['space'] });
  const parameters = (value as readonly Json[]).map((entry, index) => parseParameter(entry, ['space', index]));
  try {
    validateSpace({ parameters });
  } catch (error) {
    throw error instanceof InputError ? error.at({ prefix: ['space'] }) : error;
  }
  return { parameters };
}

const PARAMETER_KEYS: Readonly<Record<string, readonly string[]>> = {
  float: ['low', 'high', 'log'],
  int: ['low', 'high', 'log'],
  categorical: ['choices'],
  simplex: ['size'],
};

function parseParameter(entry: Json, path: readonly (string | number)[]): Parameter {
  if (!isJsonObject(entry)) throw new InputError(`must be an object, got ${show(entry)}`, { path });
  const { name, type } = entry;
  if (typeof name !== 'string' || name === '')
    throw new InputError(`must be a non-empty string, got ${show(name)}`, { path: [...path, 'name'] });
  if (typeof type !== 'string')
    throw new InputError(`must be a string, got ${show(type)}`, { path: [...path, 'type'] });
  const keys = Object.hasOwn(PARAMETER_KEYS, type) ? PARAMETER_KEYS[type] : undefined;
  if (keys === undefined) throw unknownName('type', type, Object.keys(PARAMETER_KEYS), { path: [...path, 'type'] });
  // Writers that always print `log` are common: a false one is allowed everywhere.
  onlyKeys(entry, ['name', 'type', ...keys, ...(entry['log'] === false ? ['log'] : [])], path);
  switch (type) {
    case 'float':
    case 'int': {
      const log = entry['log'] ?? false;
      if (typeof log !== 'boolean')
        throw new InputError(`must be true or false, got ${show(log)}`, { path: [...path, 'log'] });
      const range = { name, low: numberAt(entry, 'low', path), high: numberAt(entry, 'high', path), log };
      return { ...range, kind: type === 'float' ? 'real' : 'integer' };
    }
    case 'categorical':
      return { name, kind: 'categorical', choices: parseChoices(entry['choices'], [...path, 'choices']) };
    default: {
      const size = integerIn(entry, 'size', 2, 1000, path);
      return { name, kind: 'simplex', components: Array.from({ length: size }, (_, i) => `w${i + 1}`) };
    }
  }
}

function parseChoices(value: Json | undefined, path: readonly (string | number)[]): (string | number | boolean)[] {
  if (!Array.isArray(value)) throw new InputError(`must be a list, got ${show(value)}`, { path });
  return (value as readonly Json[]).map((choice, index) => {
    if (typeof choice === 'string' || typeof choice === 'number' || typeof choice === 'boolean') return choice;
    throw new InputError(`must be a string, a number or a boolean, got ${show(choice)}`, { path: [...path, index] });
  });
}

function parseParams(value: Json | undefined): ParameterValues {
  if (!isJsonObject(value)) throw new InputError(`must be an object, got ${show(value)}`, { path: ['params'] });
  return value as ParameterValues;
}

/** `values` and `constraints` as a flat list (one evaluation) or a list of lists (replicates); null stands for NaN. */
export function parseResult(message: JsonObject): ToldResult {
  const { failed } = message;
  if (failed !== undefined) {
    if (typeof failed !== 'string') throw new InputError(`must be a string, got ${show(failed)}`, { path: ['failed'] });
    return { kind: 'failed', reason: failed };
  }
  const values = parseRows(message['values'], 'values');
  const constraints =
    message['constraints'] === undefined ? values.map(() => []) : parseRows(message['constraints'], 'constraints');
  const empty = constraints.length === 0 || (constraints.length === 1 && constraints[0]!.length === 0);
  const matched = empty ? values.map(() => []) : constraints;
  if (matched.length !== values.length)
    throw new InputError(`must have as many replicates as values, ${values.length}, got ${constraints.length}`, {
      path: ['constraints'],
    });
  const rows = [...values, ...matched];
  if (rows.some((row) => row.some((number) => !Number.isFinite(number))))
    return { kind: 'failed', reason: 'a value is not finite' };
  return { kind: 'measured', values, constraints: matched };
}

function parseRows(value: Json | undefined, key: string): number[][] {
  if (!Array.isArray(value)) throw new InputError(`must be a list of numbers, got ${show(value)}`, { path: [key] });
  const list = value as readonly Json[];
  if (list.length > 0 && list.every((row) => Array.isArray(row)))
    return list.map((row, index) => parseNumbers(row as readonly Json[], [key, index]));
  return [parseNumbers(list, [key])];
}

function parseNumbers(list: readonly Json[], path: readonly (string | number)[]): number[] {
  return list.map((value, index) => {
    if (value === null) return Number.NaN;
    if (typeof value === 'number') return value;
    throw new InputError(`must be a number, got ${show(value)}`, { path: [...path, index] });
  });
}

function numberAt(object: JsonObject, key: string, path: readonly (string | number)[]): number {
  const value = object[key];
  if (typeof value !== 'number') throw new InputError(`must be a number, got ${show(value)}`, { path: [...path, key] });
  return value;
}

function integerIn(
  object: JsonObject,
  key: string,
  low: number,
  high: number,
  path: readonly (string | number)[] = [],
): number {
  const value = object[key];
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < low || value > high) {
    const rule =
      high >= Number.MAX_SAFE_INTEGER
        ? low <= Number.MIN_SAFE_INTEGER
          ? 'must be an integer'
          : `must be an integer ≥ ${low}`
        : `must be an integer from ${low} to ${high}`;
    throw new InputError(`${rule}, got ${show(value)}`, { path: [...path, key] });
  }
  return value;
}

function onlyKeys(object: JsonObject, known: readonly string[], path: readonly (string | number)[] = []): void {
  const stranger = Object.keys(object).find((key) => !known.includes(key));
  if (stranger !== undefined) throw unknownName('field', stranger, known, { path: [...path, stranger] });
}

function show(value: Json | undefined): string {
  if (value === undefined) return 'nothing';
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
