import type { z } from 'zod';
import { InputError } from '../../base/errors.ts';
import type { Json } from '../../base/json.ts';
import { parseWith } from '../../document/schema.ts';
import type { Flags } from './command.ts';

/** The value of a flag, checked by the schema of the key that it sets. @throws InputError naming the flag */
export function schemaFlag<T>(flags: Flags, name: string, schema: z.ZodType<T>): T | undefined {
  const value = flags[name];
  return value === undefined ? undefined : flagValue(name, value as Json, schema);
}

/** What was given to the flag, or made of it, checked by a schema. @throws InputError naming the flag */
export function flagValue<T>(name: string, value: Json, schema: z.ZodType<T>): T {
  try {
    return parseWith(schema, value);
  } catch (error) {
    throw error instanceof InputError ? error.at({ prefix: [`--${name}`] }) : error;
  }
}
