import { InputError } from '../../base/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../base/json.ts';
import { shown } from './fields.ts';
import type { Fidelity } from './scenario.ts';

/** Maps merge key by key, in the order base first; everything else, lists included, is replaced. */
export function deepMerge(base: JsonObject, over: JsonObject): JsonObject {
  const merged: Record<string, Json> = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const below = Object.hasOwn(merged, key) ? merged[key] : undefined;
    merged[key] = isJsonObject(below) && isJsonObject(value) ? deepMerge(below, value) : value;
  }
  return merged;
}

/**
 * Lays a scenario over its base. `legacy` merges everything, so that the nodes of the base join every scenario, as
 * in the published program. `wired` takes nodes, links and pair utilisations whole from the scenario that defines
 * them; the links of a base name the base's nodes and go with them.
 * @throws InputError when the scenario is no map
 */
export function mergeScenario(base: JsonObject, scenario: Json, fidelity: Fidelity): JsonObject {
  if (!isJsonObject(scenario)) throw new InputError(`a scenario must be a map of keys, got ${shown(scenario)}`);
  const merged = deepMerge(base, scenario);
  if (fidelity === 'legacy') return merged;
  const own = scenario['network'];
  const inherited = base['network'];
  const network: Record<string, Json> = isJsonObject(merged['network']) ? { ...merged['network'] } : {};
  for (const key of ['links', 'util_by_pair']) {
    if (isJsonObject(own) && Object.hasOwn(own, key)) network[key] = own[key]!;
    else if (Object.hasOwn(scenario, 'nodes')) delete network[key];
    else if (isJsonObject(inherited) && Object.hasOwn(inherited, key)) network[key] = inherited[key]!;
  }
  return {
    ...merged,
    ...(Object.hasOwn(scenario, 'nodes') ? { nodes: scenario['nodes']! } : {}),
    ...(isJsonObject(merged['network']) ? { network } : {}),
  };
}
