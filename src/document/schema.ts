import { z } from 'zod';
import { InputError, nearestName } from '../base/errors.ts';
import type { Json } from '../base/json.ts';

/** Any JSON-like value; big integers pass through. */
export const jsonValue: z.ZodType<Json> = z.custom<Json>((value) => value !== undefined);

/** A name usable in holes, CSV headers and file names. */
export const identifier = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_.-]*$/, { error: 'must be a name of letters, digits, "_", "-" and "."' });

/**
 * Checks `value` against `schema`.
 * @throws InputError for the first problem, with the path inside the document, the rule and the value
 */
export function parseWith<T>(schema: z.ZodType<T>, value: Json): T {
  const result = schema.safeParse(value, { reportInput: true });
  if (result.success) return result.data;
  throw issueToError(schema, deepestIssue(result.error.issues), value);
}

type Issue = z.core.$ZodIssue;

/** For unions the branch that got furthest explains best. */
function deepestIssue(issues: readonly Issue[]): Issue {
  const first = issues[0]!;
  if (first.code !== 'invalid_union' || first.errors.length === 0) return first;
  const branches = first.errors.filter((branch) => branch.length > 0).map((branch) => deepestIssue(branch));
  const deepest = branches.sort((a, b) => score(b) - score(a))[0];
  if (deepest === undefined || score(deepest) < 1) return first;
  return { ...deepest, path: [...first.path, ...deepest.path] };
}

function score(issue: Issue): number {
  return issue.path.length * 2 + (issue.code === 'unrecognized_keys' ? 1 : 0);
}

function issueToError(schema: z.ZodType, issue: Issue, root: Json): InputError {
  const path = issue.path.map((step) => (typeof step === 'number' ? step : String(step)));
  if (issue.code === 'unrecognized_keys') {
    const key = issue.keys[0]!;
    const known = knownKeys(schema, path);
    const near = nearestName(key, known);
    const hint = `${near === undefined ? '' : `did you mean "${near}"? `}known keys: ${known.join(', ')}`;
    return new InputError(`unknown key "${key}"`, {
      path: [...path, key],
      ...(known.length > 0 ? { suggestion: hint } : {}),
    });
  }
  const received = valueAt(root, path);
  const missing = received === undefined;
  return new InputError(missing ? 'is required but missing' : `${rule(issue)}, got ${shortText(received)}`, {
    path,
    ...(missing ? { suggestion: `add it: ${rule(issue)}` } : suggestionFor(issue, received)),
  });
}

function rule(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${article(issue.expected)}`;
    case 'invalid_value':
      return `must be ${issue.values.map((value) => JSON.stringify(value)).join(' or ')}`;
    case 'too_small':
      return `must be ${issue.inclusive ? '≥' : '>'} ${issue.minimum}${origin(issue.origin)}`;
    case 'too_big':
      return `must be ${issue.inclusive ? '≤' : '<'} ${issue.maximum}${origin(issue.origin)}`;
    case 'invalid_union':
      return 'has none of the accepted forms';
    default:
      return issue.message;
  }
}

function origin(kind: string): string {
  return kind === 'array' ? ' entries' : kind === 'string' ? ' characters' : '';
}

function article(kind: string): string {
  const name =
    kind === 'int'
      ? 'integer'
      : kind === 'record' || kind === 'object'
        ? 'map of keys'
        : kind === 'array'
          ? 'list'
          : kind;
  return /^[aeiou]/.test(name) ? `an ${name}` : `a ${name}`;
}

function suggestionFor(issue: Issue, received: Json): { suggestion?: string } {
  if (issue.code !== 'invalid_value' || typeof received !== 'string') return {};
  const near = nearestName(received, issue.values.map(String));
  return near === undefined ? {} : { suggestion: `did you mean "${near}"?` };
}

export function shortText(value: unknown): string {
  const text = typeof value === 'bigint' ? String(value) : (JSON.stringify(value) ?? String(value));
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

function valueAt(root: Json, path: readonly (string | number)[]): Json | undefined {
  let node: unknown = root;
  for (const step of path) {
    if (node === null || typeof node !== 'object') return undefined;
    node = (node as Record<string | number, unknown>)[step];
  }
  return node as Json | undefined;
}

/** Keys that the object schema at `path` accepts; union branches are merged. */
function knownKeys(schema: z.ZodType, path: readonly (string | number)[]): string[] {
  let level: z.core.$ZodType[] = [schema];
  for (const step of path) level = level.flatMap((node) => descend(node, step));
  const keys = new Set(
    level.flatMap(unwrap).flatMap((node) => (node instanceof z.ZodObject ? Object.keys(node.shape) : [])),
  );
  return [...keys].sort();
}

function descend(schema: z.core.$ZodType, step: string | number): z.core.$ZodType[] {
  return unwrap(schema).flatMap((node): z.core.$ZodType[] => {
    if (node instanceof z.ZodObject) {
      const next = (node.shape as Record<string, z.core.$ZodType>)[String(step)];
      return next === undefined ? [] : [next];
    }
    if (node instanceof z.ZodArray) return [node.element];
    if (node instanceof z.ZodRecord) return [node.valueType];
    return [];
  });
}

function unwrap(schema: z.core.$ZodType): z.core.$ZodType[] {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodNullable) {
    return unwrap(schema.unwrap());
  }
  if (schema instanceof z.ZodUnion) return schema.options.flatMap(unwrap);
  if (schema instanceof z.ZodPipe) return unwrap(schema.in);
  return [schema];
}
