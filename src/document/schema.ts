import { z } from 'zod';
import { InputError, inputErrors, nearestName } from '../base/errors.ts';
import type { Json } from '../base/json.ts';
import { nameList, shortText } from '../base/short-text.ts';

/** Any JSON-like value; big integers pass through. */
export const jsonValue: z.ZodType<Json> = z.custom<Json>((value) => value !== undefined);

/** A name usable in holes, CSV headers and file names. */
export const identifier = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_.-]*$/, { error: 'must be a name of letters, digits, "_", "-" and "."' });

/**
 * Checks `value` against `schema`.
 * @throws InputError with every problem: the path inside the document, the rule and the value
 */
export function parseWith<T>(schema: z.ZodType<T>, value: Json): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issues = result.error.issues.flatMap((issue) => inBestBranch(issue, value));
  const misspelt = new Set(issues.flatMap((issue) => misspeltKeys(schema, issue, value)));
  const told = issues.filter(
    (issue) => valueAt(value, issue.path) !== undefined || !misspelt.has(pathText(issue.path)),
  );
  throw inputErrors(told.flatMap((issue) => issueToErrors(schema, issue, value)));
}

/** Keys that an unknown key was meant to be: of them it is not said as well that they are missing. */
function misspeltKeys(schema: z.ZodType, issue: Issue, root: Json): string[] {
  if (issue.code !== 'unrecognized_keys') return [];
  const known = knownKeys(schema, issue.path, root);
  return issue.keys.flatMap((key) => nearestName(key, known) ?? []).map((key) => pathText([...issue.path, key]));
}

function pathText(path: readonly PropertyKey[]): string {
  return path.map(String).join('\0');
}

/**
 * Checks a part of a larger document.
 * @param path - where `value` stands: the start of the paths in messages
 * @throws InputError like `parseWith`
 */
export function parsePart<T>(schema: z.ZodType<T>, value: Json, path: readonly (string | number)[]): T {
  try {
    return parseWith(schema, value);
  } catch (error) {
    throw error instanceof InputError ? error.at({ prefix: path }) : error;
  }
}

/** An issue for refinements and transforms that `parseWith` reports in the words of `error`, below its own path. */
export function toldIssue(error: InputError) {
  const { message, path, suggestion } = error;
  return { code: 'custom' as const, message, path: [...path], params: { told: true, suggestion } };
}

type Issue = z.core.$ZodIssue;

/** For unions the only branch for values of this type explains best, else the one that got furthest. */
function inBestBranch(issue: Issue, root: Json | undefined): Issue[] {
  if (issue.code !== 'invalid_union' || issue.errors.length === 0) return [issue];
  const value = valueAt(root, issue.path);
  const branches = issue.errors
    .map((branch) => branch.flatMap((inner) => inBestBranch(inner, value)))
    .filter((branch) => branch.length > 0);
  const fitting = branches.filter((branch) => !isWrongType(branch[0]!, value));
  const best = branches.sort((a, b) => depth(b[0]!) - depth(a[0]!))[0];
  if (best === undefined || (fitting.length !== 1 && depth(best[0]!) < 1)) return [issue];
  const told = fitting.length === 1 ? fitting[0]! : best;
  return told.map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] }));
}

/** The value as a whole is none for this schema. */
function isWrongType(issue: Issue, value: Json | undefined): boolean {
  if (issue.path.length > 0) return false;
  if (issue.code === 'invalid_value') return issue.values.every((accepted) => typeof accepted !== typeof value);
  return issue.code === 'invalid_type' || issue.code === 'invalid_union';
}

function depth(issue: Issue): number {
  return issue.path.length * 2 + (issue.code === 'unrecognized_keys' ? 1 : 0);
}

function issueToErrors(schema: z.ZodType, issue: Issue, root: Json): InputError[] {
  const path = issue.path.map((step) => (typeof step === 'number' ? step : String(step)));
  if (issue.code === 'unrecognized_keys') {
    const known = knownKeys(schema, path, root);
    return issue.keys.map((key) => {
      const near = nearestName(key, known);
      const hint = `${near === undefined ? '' : `did you mean "${near}"? `}known keys: ${nameList(known)}`;
      return new InputError(`unknown key ${shortText(key)}`, {
        path: [...path, key],
        ...(known.length > 0 ? { suggestion: hint } : {}),
      });
    });
  }
  if (isTold(issue)) return [toldError(issue, path)];
  if (issue.code === 'invalid_key') {
    const wrong = (inner: Issue) => new InputError(`${rule(inner)}, got ${shortText(path.at(-1))}`, { path });
    return issue.issues.map((inner) => (isTold(inner) ? toldError(inner, path) : wrong(inner)));
  }
  const received = valueAt(root, path);
  const missing = received === undefined;
  return [
    new InputError(missing ? 'is required but missing' : `${rule(issue)}, got ${shortText(received)}`, {
      path,
      ...(missing ? { suggestion: `add it: ${rule(issue)}` } : suggestionFor(issue, received)),
    }),
  ];
}

type CustomIssue = Extract<Issue, { code: 'custom' }>;

function isTold(issue: Issue): issue is CustomIssue {
  return issue.code === 'custom' && issue.params?.['told'] === true;
}

function toldError({ message, params }: CustomIssue, path: readonly (string | number)[]): InputError {
  const suggestion = params?.['suggestion'] as string | undefined;
  return new InputError(message, { path, ...(suggestion === undefined ? {} : { suggestion }) });
}

function rule(issue: Issue): string {
  // A schema may word its rule by an `error` of its own.
  if (!/^(?:Invalid|Too big|Too small)/.test(issue.message)) return issue.message;
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${article(issue.expected)}`;
    case 'invalid_value':
      return `must be ${issue.values.map(shortText).join(' or ')}`;
    case 'too_small':
      return `must be ${issue.inclusive ? '≥' : '>'} ${issue.minimum}${origin(issue.origin)}`;
    case 'too_big':
      return `must be ${issue.inclusive ? '≤' : '<'} ${issue.maximum}${origin(issue.origin)}`;
    case 'invalid_union': {
      const values = acceptedValues(issue);
      if (values.length > 0) return `must be ${values.map(shortText).join(' or ')}`;
      // A union may name its forms by an `error` of its own.
      return issue.message === 'Invalid input' ? 'has none of the accepted forms' : issue.message;
    }
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
  if (typeof received !== 'string') return {};
  const near = nearestName(received, acceptedValues(issue).map(String));
  return near === undefined ? {} : { suggestion: `did you mean ${shortText(near)}?` };
}

/** The closed list of values that `issue` speaks of. */
function acceptedValues(issue: Issue): readonly unknown[] {
  if (issue.code === 'invalid_value') return issue.values;
  const options = issue.code === 'invalid_union' && 'options' in issue ? issue.options : undefined;
  return (options ?? []).filter((option) => option !== null && option !== undefined);
}

/** What stands at the path, if anything does. */
export function valueAt(root: Json | undefined, path: readonly PropertyKey[]): Json | undefined {
  let node: unknown = root;
  for (const step of path) {
    if (node === null || typeof node !== 'object') return undefined;
    node = (node as Record<PropertyKey, unknown>)[step];
  }
  return node as Json | undefined;
}

/** Keys that the object schema at `path` accepts: of a union those of the branch that the value chose, else of all. */
function knownKeys(schema: z.ZodType, path: readonly PropertyKey[], root: Json): string[] {
  let level: z.core.$ZodType[] = [schema];
  for (const [index, step] of path.entries()) {
    const value = valueAt(root, path.slice(0, index));
    level = level.flatMap((node) => descend(node, step, value));
  }
  const value = valueAt(root, path);
  const objects = level.flatMap((node) => unwrap(node, value)).filter((node) => node instanceof z.ZodObject);
  return [...new Set(objects.flatMap(({ shape }) => Object.keys(shape)))].sort();
}

function descend(schema: z.core.$ZodType, step: PropertyKey, value: Json | undefined): z.core.$ZodType[] {
  return unwrap(schema, value).flatMap((node): z.core.$ZodType[] => {
    if (node instanceof z.ZodObject) {
      const next = (node.shape as Record<string, z.core.$ZodType>)[String(step)];
      return next === undefined ? [] : [next];
    }
    if (node instanceof z.ZodArray) return [node.element];
    if (node instanceof z.ZodRecord) return [node.valueType];
    return [];
  });
}

function unwrap(schema: z.core.$ZodType, value: Json | undefined): z.core.$ZodType[] {
  if (
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault ||
    schema instanceof z.ZodNullable
  ) {
    return unwrap(schema.unwrap(), value);
  }
  if (schema instanceof z.ZodDiscriminatedUnion) return chosen(schema, value).flatMap((node) => unwrap(node, value));
  if (schema instanceof z.ZodUnion) return schema.options.flatMap((node) => unwrap(node, value));
  if (schema instanceof z.ZodPipe) return unwrap(schema.in, value);
  return [schema];
}

/** The options of a union that its tag in the value names; all where it names none. */
function chosen({ def, options }: z.ZodDiscriminatedUnion, value: Json | undefined): readonly z.core.$ZodType[] {
  const tag = valueAt(value, [def.discriminator]);
  const named = options.filter(({ _zod }) => _zod.propValues?.[def.discriminator]?.has(tag as null));
  return named.length > 0 ? named : options;
}
