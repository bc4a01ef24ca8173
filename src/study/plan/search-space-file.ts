import { z } from 'zod';
import type { Json } from '../../base/json.ts';
import { identifier, parseWith } from '../../document/schema.ts';
import type { SearchSpace } from '../../optimizer/space/parameter.ts';
import { readSpace, type WrittenSpace } from '../../optimizer/vocabulary/read-space.ts';
import { parametersOf, relationsShape } from '../../optimizer/vocabulary/space-schema.ts';

export const parametersSchema = parametersOf(identifier);

export const searchSpaceFileSchema = z.strictObject({
  name: z.string().optional(),
  description: z.string().optional(),
  parameters: parametersSchema,
  ...relationsShape,
});

/**
 * Reads a search-space document: a list of parameters, a map of them by name, or the short form
 * (`prefill_threshold: [64, 512]` integer, `priority_age_weight: [1e-7, 1e-4]` real on a log scale,
 * `routing_weights: [w_prefix, w_queue]` a simplex).
 * @throws InputError with the path of every problem
 */
export function parseSearchSpace(document: Json): SearchSpace {
  return toSearchSpace(parseWith(searchSpaceFileSchema, document));
}

/** @throws InputError also for a parameter with a single value */
export function toSearchSpace(written: WrittenSpace): SearchSpace {
  return readSpace(written, ['parameters'], 'refused');
}
