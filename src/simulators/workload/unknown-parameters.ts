import { isJsonObject, type Json, type JsonObject } from '../../base/json.ts';
import { lengthParameters } from './parse-distributions.ts';

/**
 * A workload document without numeric parameters that its length distributions do not have. The reference never reads
 * them, so that a file which carries them must load; `parseWorkload` alone takes them for mistakes.
 */
export function dropUnknownParameters(document: Json): {
  readonly document: Json;
  readonly warnings: readonly string[];
} {
  const warnings: string[] = [];
  const visit = (value: Json, path: string): Json => {
    if (Array.isArray(value)) return value.map((item: Json, index) => visit(item, `${path}[${index}]`));
    if (!isJsonObject(value)) return value;
    const kept: Record<string, Json> = {};
    for (const [key, item] of Object.entries(value)) {
      const at = path === '' ? key : `${path}.${key}`;
      kept[key] = key.endsWith('_distribution') && isJsonObject(item) ? clean(item, at, warnings) : visit(item, at);
    }
    return kept;
  };
  return { document: visit(document, ''), warnings };
}

function clean(distribution: JsonObject, path: string, warnings: string[]): JsonObject {
  const { type, params } = distribution;
  const known = typeof type === 'string' ? lengthParameters(type) : undefined;
  if (known === undefined || !isJsonObject(params)) return distribution;
  const isForeign = ([name, value]: [string, Json]) =>
    !known.includes(name) && typeof value === 'number' && Number.isFinite(value);
  const entries = Object.entries(params);
  for (const [name] of entries.filter(isForeign)) {
    warnings.push(`${path}.params.${name} is no parameter of ${type} and has no effect; known: ${known.join(', ')}`);
  }
  return { ...distribution, params: Object.fromEntries(entries.filter((entry) => !isForeign(entry))) };
}
