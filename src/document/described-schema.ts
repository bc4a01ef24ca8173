import { isJsonObject, type Json, type JsonObject } from '../base/json.ts';

/** What keys mean, by their path: `budget.trials`, `objectives[].metric`, `arms.*.point`. */
export type KeyWords = Readonly<Record<string, string>>;

/** A JSON Schema whose keys say what they mean: to editors, and to readers of the reference. */
export function described(schema: JsonObject, words: KeyWords, at = ''): JsonObject {
  const inner = (value: Json | undefined, path: string): Json | undefined =>
    Array.isArray(value)
      ? value.map((one) => inner(one, path)!)
      : isJsonObject(value)
        ? described(value, words, path)
        : value;
  const told: Record<string, Json> = { ...schema };
  const { properties } = schema;
  if (isJsonObject(properties)) {
    told['properties'] = Object.fromEntries(
      Object.entries(properties).map(([key, value]) => {
        const path = at === '' ? key : `${at}.${key}`;
        const part = inner(value, path);
        return [key, isJsonObject(part) && words[path] !== undefined ? { description: words[path]!, ...part } : part!];
      }),
    );
  }
  for (const word of ['anyOf', 'oneOf', 'allOf', 'then', 'else'] as const) {
    if (schema[word] !== undefined) told[word] = inner(schema[word], at)!;
  }
  if (schema['items'] !== undefined) told['items'] = inner(schema['items'], `${at}[]`)!;
  if (isJsonObject(schema['additionalProperties'])) {
    told['additionalProperties'] = inner(schema['additionalProperties'], `${at}.*`)!;
  }
  return told;
}
