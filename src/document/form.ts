import { InputError, nearestName, unknownName, within } from '../base/errors.ts';
import type { Json, JsonObject } from '../base/json.ts';
import { mapAll, ProblemList } from '../base/problem-list.ts';
import { shortText } from '../base/short-text.ts';

/**
 * What a value in a document must look like: one source for reading it and for its JSON Schema. Forms do what schemas
 * of zod do for the formats that `blis` reads, since loading zod would double the start-up time of that command.
 */
export interface Form<T> {
  /** JSON Schema, draft 2020-12, of the values that `read` accepts. */
  readonly schema: JsonObject;
  /** `must be …`, for messages. */
  readonly rule: string;
  /** @throws InputError with every problem, its path relative to the value */
  read(value: unknown): T;
}

type Forms = Readonly<Record<string, Form<unknown>>>;
type ValueOf<F> = F extends Form<infer T> ? T : never;

/** Values of a mapping; keys that may be absent, or hold null, give null. */
export type Fields<R extends Forms, O extends Forms> = { readonly [K in keyof R]: ValueOf<R[K]> } & {
  readonly [K in keyof O]: ValueOf<O[K]> | null;
};

/**
 * A mapping with known keys.
 * @param more - further keywords of the JSON Schema: relations between keys, which their reader checks itself
 */
export function fields<R extends Forms, O extends Forms>(
  required: R,
  optional: O,
  more: JsonObject = {},
): Form<Fields<R, O>> {
  const forms: Forms = { ...required, ...optional };
  const known = Object.keys(forms);
  return {
    schema: {
      type: 'object',
      properties: {
        ...Object.fromEntries(Object.entries(required).map(([key, { schema }]) => [key, schema])),
        ...Object.fromEntries(Object.entries(optional).map(([key, { schema }]) => [key, orNull(schema)])),
      },
      required: Object.keys(required),
      additionalProperties: false,
      ...more,
    },
    rule: MAPPING,
    read(value) {
      const given = mapping(value);
      const problems = new ProblemList();
      const result: Record<string, unknown> = {};
      const unknown = Object.keys(given).filter((key) => !Object.hasOwn(forms, key));
      for (const key of unknown) problems.add(unknownName('key', key, known, { path: [key] }));
      const meant = unknown.map((key) => nearestName(key, known));
      for (const key of known) {
        const item = Object.hasOwn(given, key) ? given[key] : undefined;
        const absent = item === undefined || item === null;
        if (!absent) result[key] = problems.attempt(() => within([key], () => forms[key]!.read(item)));
        else if (!Object.hasOwn(required, key)) result[key] = null;
        // A misspelt key is not missing as well.
        else if (!meant.includes(key)) problems.add(missing(key, forms[key]!.rule));
      }
      problems.refuse();
      return result as Fields<R, O>;
    },
  };
}

export interface RecordRules {
  /** What the names must look like. */
  readonly keys?: { readonly schema: JsonObject; readonly rule: string; readonly accepts: (key: string) => boolean };
  /** Least number of entries. */
  readonly min?: number;
  /** What an entry is called in messages. */
  readonly what?: string;
}

/** A mapping from free names to values of one form. */
export function record<T>(
  form: Form<T>,
  { keys, min = 0, what = 'entry' }: RecordRules = {},
): Form<Readonly<Record<string, T>>> {
  return {
    schema: {
      type: 'object',
      additionalProperties: form.schema,
      ...(keys === undefined ? {} : { propertyNames: keys.schema }),
      ...(min === 0 ? {} : { minProperties: min }),
    },
    rule: MAPPING,
    read(value) {
      const entries = Object.entries(mapping(value));
      if (entries.length < min) throw new InputError(`needs at least ${min} ${what}, got ${entries.length}`);
      return Object.fromEntries(
        mapAll(entries, ([key, item]) =>
          within([key], () => {
            if (keys !== undefined && !keys.accepts(key)) throw wrong(keys.rule, key);
            return [key, form.read(item)] as const;
          }),
        ),
      );
    },
  };
}

/** A list. */
export function list<T>(form: Form<T>, { min = 0 }: { readonly min?: number } = {}): Form<readonly T[]> {
  const rule = min === 0 ? 'must be a list' : `must be a list of at least ${min}`;
  return {
    schema: { type: 'array', items: form.schema, ...(min === 0 ? {} : { minItems: min }) },
    rule,
    read(value) {
      if (!Array.isArray(value) || value.length < min) throw wrong(rule, value);
      return mapAll(value as unknown[], (item, index) => within([index], () => form.read(item)));
    },
  };
}

/** A mapping whose form depends on the name under `key`. @param what - what the name is called in messages */
export function variants<T>(key: string, what: string, forms: Readonly<Record<string, Form<T>>>): Form<T> {
  const names = Object.keys(forms);
  return {
    schema: {
      type: 'object',
      required: [key],
      properties: { [key]: { enum: names } },
      allOf: names.map((name) => ({
        if: { properties: { [key]: { const: name } } },
        // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
        then: forms[name]!.schema,
      })),
    },
    rule: MAPPING,
    read(value) {
      const name = mapping(value)[key];
      if (name === undefined || name === null) throw missing(key, `must be one of ${names.join(', ')}`);
      if (typeof name !== 'string' || !Object.hasOwn(forms, name)) {
        throw unknownName(what, typeof name === 'string' ? name : shortText(name), names, { path: [key] });
      }
      return forms[name]!.read(value);
    },
  };
}

/** `form` with its result changed by `change`, which may refuse it as well. */
export function mapped<T, U>(form: Form<T>, change: (value: T) => U): Form<U> {
  return { ...form, read: (value) => change(form.read(value)) };
}

const MAPPING = 'must be a map of keys';

export function mapping(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong(MAPPING, value);
  return value as Record<string, unknown>;
}

export function wrong(rule: string, value: unknown): InputError {
  return new InputError(`${rule}, got ${shortText(value)}`);
}

export function missing(key: string, rule: string): InputError {
  return new InputError('is required but missing', { path: [key], suggestion: `add it: ${rule}` });
}

/** The schema of a key that may also hold null. */
function orNull(schema: JsonObject): Json {
  if (Object.keys(schema).length === 0) return schema;
  const { anyOf, ...rest } = schema;
  const forms = Array.isArray(anyOf) && Object.keys(rest).length === 0 ? (anyOf as readonly Json[]) : [schema];
  return { anyOf: [...forms, { type: 'null' }] };
}
