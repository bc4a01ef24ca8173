import { InputError } from '../../base/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../base/json.ts';
import { shortText } from '../../base/short-text.ts';
import type { Fidelity } from './scenario.ts';

/** Maps merge key by key, in the order base first; everything else, lists included, is replaced. */
function deepMerge(base: JsonObject, over: JsonObject): JsonObject {
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
 * them. Where it defines nodes only, the links and pairs of the base between those nodes stay; others go with the
 * base's nodes.
 * @throws InputError when the scenario is no map
 */
export function mergeScenario(base: JsonObject, scenario: Json, fidelity: Fidelity): JsonObject {
  if (!isJsonObject(scenario)) throw new InputError(`a scenario must be a map of keys, got ${shortText(scenario)}`);
  const merged = deepMerge(base, scenario);
  if (fidelity === 'legacy') return merged;
  const own = scenario['network'];
  const inherited = base['network'];
  const nodes = scenario['nodes'];
  const known = (end: unknown): boolean => !isJsonObject(nodes) || Object.hasOwn(nodes, String(end));
  const network: Record<string, Json> = isJsonObject(merged['network']) ? { ...merged['network'] } : {};
  for (const key of ['links', 'util_by_pair']) {
    if (isJsonObject(own) && Object.hasOwn(own, key)) network[key] = own[key]!;
    else if (isJsonObject(inherited) && Object.hasOwn(inherited, key)) network[key] = between(inherited[key]!, known);
  }
  return {
    ...merged,
    ...(nodes === undefined ? {} : { nodes }),
    ...(isJsonObject(merged['network']) ? { network } : {}),
  };
}

/** The links of a list, or the pairs of a map, with both ends known; anything else as it is. */
function between(value: Json, known: (end: unknown) => boolean): Json {
  if (Array.isArray(value)) {
    return (value as readonly Json[]).filter(
      (link) => !isJsonObject(link) || [link['src'], link['dst']].every((end) => end === undefined || known(end)),
    );
  }
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([pair]) => pair.split(/\s*->\s*/).every(known)));
}
