import { InputError } from '../../base/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../base/json.ts';
import { shortText } from '../../base/short-text.ts';

/** A configuration in the terms of BLIS: flags of `blis run`, and the policy file for what has no flag. */
export interface BlisConfiguration {
  /** Flag and value, in the order of the configuration; null = a switch. */
  readonly flags: readonly (readonly [flag: string, value: string | null])[];
  /** Document for `--policy-config`; null = not needed. */
  readonly policy: JsonObject | null;
}

export interface ExportedStrategy {
  readonly simulator: string;
  /** Policy modules of the strategy. */
  readonly policies: readonly string[];
  /** All holes filled. */
  readonly config: Json;
}

/** Sections of a policy file that a strategy's configuration may hold. */
const SECTIONS = ['admission', 'routing', 'preemption', 'tenant_budgets'];

/** Settings of a pool that mean something else to BLIS, which has the rules `reference`. */
function refuseOwnPool(key: string, config: JsonObject): void {
  if (/^(prefill|decode)_(hardware|latency_model)$/.test(key)) {
    throw inexpressible(`${key} with the step times of the pool (pool_rules own)`);
  }
  if (/^(prefill|decode)_tp$/.test(key) && typeof config['total_kv_blocks'] === 'number') {
    throw inexpressible(`${key} with total_kv_blocks for the pool (pool_rules own)`);
  }
}

/**
 * Writes a strategy's configuration as BLIS would be started with it. Weights keep every digit, so that BLIS normalizes
 * the same numbers; scorers of weight 0 are left out, which BLIS refuses.
 * @throws InputError naming what BLIS cannot express
 */
export function toBlis({ simulator, policies, config }: ExportedStrategy): BlisConfiguration {
  if (simulator !== 'cluster') throw inexpressible(`simulator ${shortText(simulator)}`);
  if (policies.length > 0) throw inexpressible(`policy module ${policies.join(', ')}`);
  if (!isJsonObject(config)) throw new InputError('the configuration must be a map');
  const flags: [string, string | null][] = [];
  const policy: Record<string, Json> = {};
  for (const [key, value] of Object.entries(config)) {
    if (key === 'model_config' || key === 'hardware_config' || key === 'kv_offload' || key === 'policy') {
      throw inexpressible(`the inline document ${key}`);
    }
    if (key === 'pool_rules') continue;
    if (value !== null && config['pool_rules'] !== 'reference') refuseOwnPool(key, config);
    if (key === 'pd_routing') {
      if (isJsonObject(value) && value['policy'] === 'pair-slo') throw inexpressible('pd_routing pair-slo');
      continue;
    }
    if (key === 'routing_scorers') policy['routing'] = { policy: 'weighted', scorers: positive(value) };
    else if (SECTIONS.includes(key)) policy[key] = value;
    else if (key === 'routing_policy' && 'routing_scorers' in config) continue;
    else if (value === true) flags.push([flagOf(key), null]);
    else if (value !== false && value !== null) flags.push([flagOf(key), flagText(value)]);
  }
  return { flags, policy: Object.keys(policy).length === 0 ? null : policy };
}

/** Scorers as {name, weight}, without those of weight 0. */
export function positive(scorers: Json): readonly { readonly name: string; readonly weight: number }[] {
  const pairs: readonly (readonly [string, number])[] =
    typeof scorers === 'string'
      ? scorers.split(',').map((pair) => [pair.split(':')[0]!.trim(), Number(pair.split(':')[1])] as const)
      : Array.isArray(scorers)
        ? scorers.map((item) => [String((item as JsonObject)['name']), Number((item as JsonObject)['weight'])] as const)
        : Object.entries(scorers as JsonObject).map(([name, weight]) => [name, Number(weight)] as const);
  return pairs.filter(([, weight]) => weight > 0).map(([name, weight]) => ({ name, weight }));
}

function flagOf(key: string): string {
  return `--${key.replaceAll('_', '-')}`;
}

function flagText(value: Json): string {
  if (Array.isArray(value)) return value.map(String).join(',');
  if (isJsonObject(value)) {
    return Object.entries(value)
      .map(([name, item]) => `${name}=${String(item)}`)
      .join(',');
  }
  return String(value);
}

function inexpressible(what: string): InputError {
  return new InputError(`BLIS cannot express ${what}`, { suggestion: 'export a point of a strategy without it' });
}
