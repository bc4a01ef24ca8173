import { InputError, unknownName, within } from '../../../base/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../../base/json.ts';
import type { PairRoutingConfig } from '../engine-config.ts';
import { type Rule, readDurationMs, readSetting } from './setting-values.ts';

/** Key of the section, in a policy file and in a strategy's configuration. */
export const PAIR_ROUTING_SECTION = 'pd_routing';

/** Rules of the section's keys but for the targets. */
export const PAIR_ROUTING_RULES = {
  policy: { kind: 'choice', names: ['ordinary', 'pair-slo'] },
  selectionStrategy: { kind: 'choice', names: ['best_headroom', 'weighted_random'] },
  ttftWeight: { kind: 'number', min: 0 },
  tpotWeight: { kind: 'number', min: 0 },
  transferOverheadMs: { kind: 'number', min: 0 },
  sloBufferFactor: { kind: 'number', above: 0, max: 1 },
  negativeHeadroomProb: { kind: 'number', min: 0, max: 1 },
  weight_floor: { kind: 'number', above: 0 },
} as const satisfies Record<string, Rule>;

/** One duration for every class, or one by class. */
export const PAIR_ROUTING_TARGETS = ['ttft_slo_ms', 'tpot_slo_ms'] as const;

const DEFAULTS = {
  ttftWeight: 0.8,
  tpotWeight: 0.2,
  transferOverheadMs: 5,
  sloBufferFactor: 0.9,
  negativeHeadroomProb: 0.01,
  weight_floor: 1,
} as const;

const KEYS = [...PAIR_ROUTING_TARGETS, ...Object.keys(PAIR_ROUTING_RULES)];

/**
 * Reads how prefill and decode instances are chosen: `policy` is `ordinary` (each pool by its own router) or
 * `pair-slo`, whose parameters have the names and defaults of the `pd-slo` backend's pair optimizer.
 * @returns null for the ordinary choice
 * @throws InputError whose path starts at the section
 */
export function parsePairRouting(section: Json | undefined): PairRoutingConfig | null {
  if (section === undefined) return null;
  if (!isJsonObject(section)) throw new InputError(`must be a map with ${KEYS.join(', ')}`);
  for (const key of Object.keys(section)) if (!KEYS.includes(key)) throw unknownName('key', key, KEYS, { path: [key] });
  const policy = read(section, 'policy') ?? 'ordinary';
  const number = (key: keyof typeof DEFAULTS) => (read(section, key) as number | undefined) ?? DEFAULTS[key];
  const config: PairRoutingConfig = {
    ttftTargetsMs: targets(section, 'ttft_slo_ms'),
    tpotTargetsMs: targets(section, 'tpot_slo_ms'),
    ttftWeight: number('ttftWeight'),
    tpotWeight: number('tpotWeight'),
    transferOverheadMs: number('transferOverheadMs'),
    sloBufferFactor: number('sloBufferFactor'),
    negativeHeadroomProb: number('negativeHeadroomProb'),
    selectionStrategy: (read(section, 'selectionStrategy') ??
      'weighted_random') as PairRoutingConfig['selectionStrategy'],
    weightFloor: number('weight_floor'),
  };
  if (config.ttftWeight === 0 && config.tpotWeight === 0) {
    throw new InputError('must not be 0 together with tpotWeight', { path: ['ttftWeight'] });
  }
  return policy === 'pair-slo' ? config : null;
}

/** What the user should know about a pair choice that will not be made. */
export function pairRoutingWarnings(
  config: PairRoutingConfig | null,
  cluster: { readonly hasPools: boolean; readonly decider: string },
): readonly string[] {
  if (config === null) return [];
  if (!cluster.hasPools) return [`${PAIR_ROUTING_SECTION} has no effect without prefill and decode instances`];
  if (cluster.decider === 'never') return [`${PAIR_ROUTING_SECTION} has no effect with pd_decider never`];
  const named = [config.ttftTargetsMs, config.tpotTargetsMs].some(
    (one) => typeof one === 'number' || Object.keys(one).length > 0,
  );
  return named ? [] : [`${PAIR_ROUTING_SECTION} names no target: only requests with a slo_target_us get a pair`];
}

/** One number or duration for every class, or one by class. */
function targets(section: JsonObject, key: string): PairRoutingConfig['ttftTargetsMs'] {
  const value = section[key];
  if (value === undefined) return {};
  const single = typeof value === 'number' || (typeof value === 'string' && !value.includes('='));
  return within([key], () =>
    single
      ? readDurationMs(value)
      : (readSetting({ kind: 'class-durations' }, value, NO_SCORERS) as Readonly<Record<string, number>>),
  );
}

function read(section: JsonObject, key: keyof typeof PAIR_ROUTING_RULES): unknown {
  const value = section[key];
  return value === undefined ? undefined : within([key], () => readSetting(PAIR_ROUTING_RULES[key], value, NO_SCORERS));
}

const NO_SCORERS = { zeroWeight: 'is-an-error' } as const;
