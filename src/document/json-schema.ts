import { z } from 'zod';
import type { JsonObject } from '../base/json.ts';

/**
 * JSON Schema, draft 2020-12, of the documents that `schema` accepts. What no JSON Schema can say, such as a relation
 * between two keys, is left to the check itself.
 */
export function jsonSchemaOf(schema: z.ZodType): JsonObject {
  const { $schema: _, ...body } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  return body as JsonObject;
}
