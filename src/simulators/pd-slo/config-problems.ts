import { z } from 'zod';
import { formatPath, InputError, nearestName } from '../../base/errors.ts';

export interface Problem {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** Every problem of `value` under `schema`, in document order; empty when it fits. */
export function findProblems(schema: z.ZodType, value: unknown): Problem[] {
  const result = schema.safeParse(value, { reportInput: true });
  return result.success ? [] : result.error.issues.flatMap((issue) => toProblems(schema, issue, value));
}

/**
 * One error for all problems: placed at the first, the others follow with their keys.
 * @returns null when there are none
 */
export function joinProblems(problems: readonly Problem[]): InputError | null {
  const [first, ...rest] = problems;
  if (first === undefined) return null;
  const others = rest.map(({ path, message }) => `${formatPath(path)}: ${message}`);
  return new InputError([first.message, ...others].join('; '), { path: first.path });
}

function toProblems(schema: z.ZodType, issue: z.core.$ZodIssue, root: unknown): Problem[] {
  const path = issue.path.map((step) => (typeof step === 'number' ? step : String(step)));
  if (issue.code === 'unrecognized_keys') {
    const known = knownKeys(schema, path);
    return issue.keys.map((key) => {
      const near = nearestName(key, known);
      const hint = known.length === 0 ? '' : ` (known keys: ${known.join(', ')})`;
      return {
        path: [...path, key],
        message: `unknown key "${key}"${near === undefined ? '' : `, did you mean "${near}"?`}${hint}`,
      };
    });
  }
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    return [
      { path, message: `must have a known "${issue.discriminator ?? 'kind'}", got ${shown(valueAt(root, path))}` },
    ];
  }
  const received = valueAt(root, path);
  if (received === undefined) return [{ path, message: 'is required but missing' }];
  if (issue.code === 'custom') return [{ path, message: issue.message }];
  return [{ path, message: `${rule(issue)}, got ${shown(received)}${hintFor(issue, received)}` }];
}

function rule(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${TYPE_NAMES[issue.expected] ?? `a ${issue.expected}`}`;
    case 'invalid_value':
      return `must be ${issue.values.map((value) => JSON.stringify(value)).join(' or ')}`;
    case 'too_small':
      return `must ${issue.origin === 'array' ? 'have' : 'be'} ${issue.inclusive ? '≥' : '>'} ${issue.minimum}${unit(issue.origin)}`;
    case 'too_big':
      return `must ${issue.origin === 'array' ? 'have' : 'be'} ${issue.inclusive ? '≤' : '<'} ${issue.maximum}${unit(issue.origin)}`;
    default:
      return issue.message;
  }
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  int: 'an integer',
  object: 'a map of keys',
  record: 'a map of keys',
  array: 'a list',
};

function unit(origin: string): string {
  return origin === 'array' ? ' entries' : origin === 'string' ? ' characters' : '';
}

function hintFor(issue: z.core.$ZodIssue, received: unknown): string {
  if (issue.code !== 'invalid_value' || typeof received !== 'string') return '';
  const near = nearestName(received, issue.values.map(String));
  return near === undefined ? '' : `, did you mean "${near}"?`;
}

function shown(value: unknown): string {
  const text = typeof value === 'bigint' ? String(value) : (JSON.stringify(value) ?? String(value));
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

export function valueAt(root: unknown, path: readonly (string | number)[]): unknown {
  let node = root;
  for (const step of path) {
    if (node === null || typeof node !== 'object') return undefined;
    node = (node as Record<string | number, unknown>)[step];
  }
  return node;
}

function knownKeys(schema: z.ZodType, path: readonly (string | number)[]): string[] {
  let level: z.core.$ZodType[] = unwrap(schema);
  for (const step of path) {
    level = level.flatMap((node) => {
      if (node instanceof z.ZodArray) return unwrap(node.element);
      const next =
        node instanceof z.ZodObject ? (node.shape as Record<string, z.core.$ZodType>)[String(step)] : undefined;
      return next === undefined ? [] : unwrap(next);
    });
  }
  return [...new Set(level.flatMap((node) => (node instanceof z.ZodObject ? Object.keys(node.shape) : [])))].sort();
}

function unwrap(schema: z.core.$ZodType): z.core.$ZodType[] {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault) {
    return unwrap(schema.unwrap());
  }
  return schema instanceof z.ZodUnion ? schema.options.flatMap(unwrap) : [schema];
}
