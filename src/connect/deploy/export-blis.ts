import { isJsonObject, type Json, type JsonObject } from '../../base/json.ts';
import { shortText } from '../../base/short-text.ts';
import { DEFAULT_SETTINGS, type SettingKey } from '../../simulators/cluster/settings/cluster-settings.ts';
import { ROUTER_RULE_KEYS } from '../../simulators/cluster/settings/router-rules.ts';
import type { FilledStrategy } from './deployment.ts';

/** A configuration in the terms of BLIS: flags of `blis run`, and the policy file for what has no flag. */
export interface BlisConfiguration {
  /** Flag and value, in the order of the configuration; null = a switch. */
  readonly flags: readonly (readonly [flag: string, value: string | null])[];
  /** Document for `--policy-config`; null = not needed. */
  readonly policy: JsonObject | null;
  /** What BLIS cannot express. */
  readonly leftOut: readonly string[];
}

/** Sections of a policy file that a strategy's configuration may hold. */
const SECTIONS = ['admission', 'routing', 'preemption', 'tenant_budgets'];
const DOCUMENTS = ['model_config', 'hardware_config', 'kv_offload', 'policy'];

/** Settings that BLIS does not have. */
const OWN_SETTINGS: readonly string[] = [...ROUTER_RULE_KEYS, 'pd_prompt_tokens', 'enable_prefix_caching'];
const OWN_SCORERS = ['token-load'];
const SCORER_KEYS = ['routing_scorers', 'prefill_routing_scorers', 'decode_routing_scorers'];

/** vLLM's one policy as BLIS's two. */
const POLICIES: Readonly<Record<string, readonly (readonly [string, string])[]>> = {
  fcfs: [],
  priority: [
    ['--scheduler', 'priority-fcfs'],
    ['--preemption-policy', 'priority'],
  ],
};

/**
 * Writes a strategy's configuration as BLIS would be started with it. Weights keep every digit, so that BLIS normalizes
 * the same numbers; scorers of weight 0 are left out, which BLIS refuses.
 */
export function toBlis({ simulator, policies, config }: FilledStrategy): BlisConfiguration {
  const leftOut = policies.map((file) => `policy module ${file}`);
  if (simulator !== 'cluster') leftOut.push(`simulator ${shortText(simulator)}`);
  const flags: (readonly [string, string | null])[] = [];
  const policy: Record<string, Json> = {};
  const written = isJsonObject(config) ? config : {};
  for (const [key, value] of Object.entries(written)) {
    const own = inexpressible(key, value, written);
    if (own !== null) leftOut.push(...own);
    else if (key === 'routing_scorers') policy['routing'] = { policy: 'weighted', scorers: expressible(value) };
    else if (SECTIONS.includes(key)) policy[key] = value;
    else if (key === 'routing_policy' && 'routing_scorers' in written) continue;
    else if (key === 'scheduling_policy') flags.push(...(POLICIES[String(value)] ?? []));
    else if (value === true) flags.push([flagOf(key), null]);
    else if (SCORER_KEYS.includes(key)) flags.push([flagOf(key), scorerText(expressible(value))]);
    else if (value !== false && value !== null) flags.push([flagOf(key), flagText(value)]);
  }
  return {
    flags,
    policy: Object.keys(policy).length === 0 ? null : policy,
    leftOut: [...leftOut, ...scorersLeftOut(written)],
  };
}

/** Why a setting is not written; empty = it says nothing to BLIS; null = it is written. */
function inexpressible(key: string, value: Json, config: JsonObject): readonly string[] | null {
  if (DOCUMENTS.includes(key)) return [`the inline document ${key}`];
  if (key === 'pool_rules') return [];
  if (key === 'class_pools') return ['class_pools'];
  if (key === 'engine_defaults') return openLimits(value, config);
  if (OWN_SETTINGS.includes(key)) {
    return value === DEFAULT_SETTINGS[key as SettingKey] ? [] : [`${key} ${shortText(value)}`];
  }
  if (key === 'pd_routing') {
    return isJsonObject(value) && value['policy'] === 'pair-slo' ? ['pd_routing pair-slo'] : [];
  }
  return value !== null && config['pool_rules'] !== 'reference' ? ownPool(key, config) : null;
}

/** vLLM's limits of a batch, where the configuration names none. */
function openLimits(value: Json, config: JsonObject): readonly string[] {
  const named = 'max_num_seqs' in config && 'max_num_batched_tokens' in config;
  return value === 'vllm' && !named ? ['engine_defaults vllm without max_num_seqs and max_num_batched_tokens'] : [];
}

/** Settings of a pool that mean something else to BLIS, which has the rules `reference`. */
function ownPool(key: string, config: JsonObject): readonly string[] | null {
  if (/^(prefill|decode)_(hardware|latency_model)$/.test(key)) {
    return [`${key} with the step times of the pool (pool_rules own)`];
  }
  const ownBlocks = /^(prefill|decode)_tp$/.test(key) && typeof config['total_kv_blocks'] === 'number';
  return ownBlocks ? [`${key} with total_kv_blocks for the pool (pool_rules own)`] : null;
}

type NamedWeight = { readonly name: string; readonly weight: number };

function scorersLeftOut(config: JsonObject): readonly string[] {
  return SCORER_KEYS.flatMap((key) =>
    positive(config[key] ?? [])
      .filter(({ name }) => OWN_SCORERS.includes(name))
      .map(({ name, weight }) => `scorer ${name} (weight ${weight})`),
  );
}

function expressible(scorers: Json): readonly NamedWeight[] {
  return positive(scorers).filter(({ name }) => !OWN_SCORERS.includes(name));
}

/** Scorers as {name, weight}, without those of weight 0. */
function positive(scorers: Json): readonly NamedWeight[] {
  const pairs: readonly (readonly [string, number])[] =
    typeof scorers === 'string'
      ? scorers
          .split(',')
          .filter((pair) => pair.trim() !== '')
          .map((pair) => [pair.split(':')[0]!.trim(), Number(pair.split(':')[1])] as const)
      : Array.isArray(scorers)
        ? scorers.map((item) => [String((item as JsonObject)['name']), Number((item as JsonObject)['weight'])] as const)
        : Object.entries(scorers as JsonObject).map(([name, weight]) => [name, Number(weight)] as const);
  return pairs.filter(([, weight]) => weight > 0).map(([name, weight]) => ({ name, weight }));
}

function scorerText(scorers: readonly NamedWeight[]): string {
  return scorers.map(({ name, weight }) => `${name}:${weight}`).join(',');
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
