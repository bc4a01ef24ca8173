import { isJsonObject, type Json } from '../base/json.ts';

/** Maps merge key by key; everything else is replaced. */
export function merge(base: Json, over: Json): Json {
  if (!isJsonObject(base) || !isJsonObject(over)) return over;
  const merged: Record<string, Json> = { ...base };
  for (const [key, value] of Object.entries(over)) {
    merged[key] = Object.hasOwn(merged, key) ? merge(merged[key]!, value) : value;
  }
  return merged;
}
