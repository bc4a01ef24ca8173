import { InputError, unknownName } from '../../base/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../base/json.ts';
import { shortText } from '../../base/short-text.ts';
import { refuseRepeatedKeys } from '../../document/json-keys.ts';
import { parseWith } from '../../document/schema.ts';
import type { SearchSpace } from '../space/parameter.ts';
import { readSpace } from '../vocabulary/read-space.ts';
import { FAILED_REQUESTS, type Measured, REQUESTS, type Setup } from './request-schema.ts';

export interface SessionSetup {
  readonly space: SearchSpace;
  /** Simplexes whose weights go by name; those of the others are lists. */
  readonly named: readonly string[];
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
  | { readonly op: 'seed'; readonly params: JsonObject; readonly result: ToldResult }
  | { readonly op: 'best' }
  | { readonly op: 'fronts'; readonly count: number | null }
  | { readonly op: 'importance' }
  | { readonly op: 'state' }
  | { readonly op: 'restore'; readonly state: Json }
  | { readonly op: 'stop' };

type Operation = keyof typeof REQUESTS;

/**
 * One line of the protocol → request.
 * @throws InputError that names every wrong field
 */
export function parseRequest(line: string): Request {
  const message = parseLine(line);
  const op = operationOf(message);
  const failed = message['failed'] !== undefined;
  switch (op) {
    case 'init':
      return { op, setup: toSetup(parseWith(REQUESTS.init, message)) };
    case 'ask':
      return { op, count: countOf(parseWith(REQUESTS.ask, message)) };
    case 'fronts':
      return { op, count: parseWith(REQUESTS.fronts, message).count ?? null };
    case 'tell': {
      const told = failed ? parseWith(FAILED_REQUESTS.tell, message) : parseWith(REQUESTS.tell, message);
      return { op, id: told.id, result: toResult(told) };
    }
    case 'seed': {
      const told = failed ? parseWith(FAILED_REQUESTS.seed, message) : parseWith(REQUESTS.seed, message);
      return { op, params: told.params, result: toResult(told) };
    }
    case 'restore':
      return { op, state: parseWith(REQUESTS.restore, message).state };
    default:
      parseWith<unknown>(REQUESTS[op], message);
      return { op };
  }
}

function countOf({
  count,
  n,
}: {
  readonly count?: number | undefined;
  readonly n?: number | undefined;
}): number | null {
  if (count !== undefined && n !== undefined && count !== n)
    throw new InputError(`must be ${count}, the \`count\` beside it, got ${n}`, { path: ['n'] });
  return count ?? n ?? null;
}

function operationOf(message: JsonObject): Operation {
  const { op = null } = message;
  if (typeof op !== 'string') throw new InputError(`must be a string, got ${shortText(op)}`, { path: ['op'] });
  if (!Object.hasOwn(REQUESTS, op)) throw unknownName('op', op, Object.keys(REQUESTS), { path: ['op'] });
  return op as Operation;
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
  if (!isJsonObject(value)) throw new InputError(`a line must hold one JSON object, got ${shortText(value)}`);
  refuseRepeatedKeys(line);
  return value;
}

/** Some writers print NaN and Infinity, which JSON does not know; outside of strings they become null. */
function withoutSpecialNumbers(line: string): string {
  return line.replace(/"(?:[^"\\]|\\.)*"|-?(?:NaN|Infinity)\b/g, (token) => (token.startsWith('"') ? token : 'null'));
}

/** @throws InputError when the space makes no sense */
export function toSetup({ objectives, constraints = 0, seed = 0, budget = null, ...written }: Setup): SessionSetup {
  const space = readSpace({ ...written, parameters: written.space }, ['space']);
  const names = objectives.map(({ name }) => name);
  const twice = names.findIndex((name, index) => names.indexOf(name) < index);
  if (twice >= 0)
    throw new InputError(`objective ${shortText(names[twice])} is named twice`, {
      path: ['objectives', twice, 'name'],
      suggestion: 'rename one of them',
    });
  return {
    space,
    named: namedSimplexes(written.space),
    objectives: objectives.map(({ name, direction = 'minimize' }) => ({ name, direction })),
    constraintCount: constraints,
    seed,
    budget,
  };
}

function namedSimplexes(space: Setup['space']): readonly string[] {
  if (Array.isArray(space)) return space.flatMap(({ name, ...entry }) => (hasComponents(entry) ? [name] : []));
  return Object.entries(space).flatMap(([name, entry]) => {
    const named = Array.isArray(entry) ? typeof entry[0] === 'string' : hasComponents(entry);
    return named ? [name] : [];
  });
}

function hasComponents(entry: object): boolean {
  return (entry as { components?: unknown }).components !== undefined;
}

/**
 * A result as told: `values` and `constraints` as a flat list (one evaluation) or a list of lists (replicates).
 * @throws InputError when the two have different numbers of replicates
 */
export function toResult(told: Measured | Failure): ToldResult {
  if (isFailure(told)) return { kind: 'failed', reason: told.failed };
  const values = replicates(told.values);
  const constraints = told.constraints === undefined ? [] : replicates(told.constraints);
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

interface Failure {
  readonly failed: string;
}

function isFailure(told: Measured | Failure): told is Failure {
  return typeof (told as Partial<Failure>).failed === 'string';
}

function replicates(rows: Measured['values']): number[][] {
  const list = rows.length > 0 && rows.every((row) => Array.isArray(row)) ? rows : [rows as (number | null)[]];
  return list.map((row) => row.map((value) => value ?? Number.NaN));
}
