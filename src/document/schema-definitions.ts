import type { Json, JsonObject } from '../base/json.ts';

/** Parts of a schema whose text is shorter than this stay where they are. */
const WORTH_A_NAME = 300;

/** The same JSON Schema with its larger parts that occur several times moved to `$defs`. */
export function withDefinitions(schema: JsonObject): JsonObject {
  const uses = new Map<object, number>();
  count(schema, uses);
  const names = new Map<object, string>();
  for (const [part, times] of uses) {
    if (times > 1 && !Array.isArray(part) && JSON.stringify(part).length >= WORTH_A_NAME) {
      names.set(part, `part${names.size + 1}`);
    }
  }
  if (names.size === 0) return schema;
  const definitions = [...names].map(([part, name]) => [name, copied(part as JsonObject, names)] as const);
  return { ...copied(schema, names), $defs: Object.fromEntries(definitions) };
}

/** Counts the places of every part; parts are the same where they are one object. */
function count(part: Json, uses: Map<object, number>): void {
  if (typeof part !== 'object' || part === null) return;
  const times = uses.get(part) ?? 0;
  uses.set(part, times + 1);
  if (times === 0) for (const item of Object.values(part)) count(item, uses);
}

function copied(part: JsonObject, names: ReadonlyMap<object, string>): JsonObject {
  return Object.fromEntries(Object.entries(part).map(([key, item]) => [key, referring(item, names)]));
}

function referring(part: Json, names: ReadonlyMap<object, string>): Json {
  if (typeof part !== 'object' || part === null) return part;
  const name = names.get(part);
  if (name !== undefined) return { $ref: `#/$defs/${name}` };
  return Array.isArray(part) ? part.map((item: Json) => referring(item, names)) : copied(part as JsonObject, names);
}
