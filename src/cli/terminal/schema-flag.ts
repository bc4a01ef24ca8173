import type { z } from 'zod';
import { InputError } from '../../base/errors.ts';
import type { Json } from '../../base/json.ts';
import { parseWith } from '../../document/schema.ts';
import { wholeNumber } from '../../document/schema-parts.ts';
import type { Flags } from './command.ts';

/** The value of a flag, checked by the schema of the key that it sets. @throws InputError naming the flag */
export function schemaFlag<T>(flags: Flags, name: string, schema: z.ZodType<T>): T | undefined {
  const value = flags[name];
  return value === undefined ? undefined : flagValue(name, value as Json, schema);
}

/** An integer from `low` to `high`. @throws InputError naming the flag */
export function integerFlag(flags: Flags, name: string, low: number, high: number): number | undefined {
  return schemaFlag(flags, name, wholeNumber({ least: low, most: high }));
}

/** What was given to the flag, or made of it, checked by a schema. @throws InputError naming the flag */
export function flagValue<T>(name: string, value: Json, schema: z.ZodType<T>): T {
  return ofFlag(name, () => parseWith(schema, value));
}

/** Puts the flag in front of complaints about its value; those about a file name the file already. */
export function ofFlag<T>(flag: string, body: () => T): T {
  return mapProblems(body, (problem) =>
    problem.position === undefined ? problem.at({ prefix: [`--${flag}`] }) : problem,
  );
}

/** Complaints name keys of the configuration; the user wrote flags. @param flagOf - flag of each key */
export function asFlags<T>(flagOf: Readonly<Record<string, string>>, body: () => T): T {
  return mapProblems(body, (problem) => {
    const flag = flagOf[String(problem.path[0])];
    if (flag === undefined || problem.position !== undefined) return problem;
    const { message, suggestion } = problem;
    return new InputError(message, { path: [`--${flag}`], ...(suggestion === undefined ? {} : { suggestion }) });
  });
}

function mapProblems<T>(body: () => T, change: (problem: InputError) => InputError): T {
  try {
    return body();
  } catch (error) {
    throw error instanceof InputError ? error.map(change) : error;
  }
}
