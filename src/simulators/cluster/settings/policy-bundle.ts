import { InputError, unknownName, within } from '../../../base/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../../base/json.ts';
import { mapAll, ProblemList } from '../../../base/problem-list.ts';
import { shortText } from '../../../base/short-text.ts';
import type { PairRoutingConfig } from '../engine-config.ts';
import { type ClusterSettings, SETTINGS } from './cluster-settings.ts';
import { PAIR_ROUTING_SECTION, parsePairRouting } from './pair-routing-section.ts';
import type { ScorerRules } from './scorer-profile.ts';
import { type Rule, readSetting } from './setting-values.ts';
import { UNSUPPORTED_SETTINGS } from './unsupported-settings.ts';

/** Policies written in sections: below flags, above defaults. */
export interface PolicyBundle {
  /** What the bundle says about settings that also have a name of their own. */
  readonly settings: Partial<ClusterSettings>;
  readonly admission: AdmissionDetails;
  /** Tenant → share of the cluster's slots; null = key absent. */
  readonly tenantBudgets: Readonly<Record<string, number>> | null;
  /** null = prefill and decode instances are chosen apart. */
  readonly pairRouting: PairRoutingConfig | null;
  readonly warnings: readonly string[];
}

export interface AdmissionDetails {
  /** Whether the bundle itself selects tier-shed: then its minimum priority defaults to 3 instead of 0. */
  readonly selectsTierShed: boolean;
  readonly tierShedThreshold: number;
  readonly tierShedMinPriority: number | null;
  readonly gaieQueueDepth: number;
  readonly gaieKvUtilization: number;
  readonly sloPriorities: Readonly<Record<string, number>>;
}

/** Top-level keys of a bundle. */
export const BUNDLE_SECTIONS = [
  'admission',
  'routing',
  'priority',
  'scheduler',
  'preemption',
  'tenant_budgets',
  PAIR_ROUTING_SECTION,
] as const;

/** Keys of each section that a rule describes. */
export const SECTION_RULES = {
  admission: {
    policy: SETTINGS.admission_policy.rule,
    token_bucket_capacity: { kind: 'number', min: 0 },
    token_bucket_refill_rate: { kind: 'number', min: 0 },
    tier_shed_threshold: { kind: 'integer', min: 0 },
    tier_shed_min_priority: { kind: 'integer' },
    gaie_qd_threshold: { kind: 'number', above: 0 },
    gaie_kv_threshold: { kind: 'number', above: 0, max: 1 },
    slo_targets: { kind: 'class-micros' },
  },
  routing: { policy: SETTINGS.routing_policy.rule, scorers: SETTINGS.routing_scorers.rule },
  preemption: { policy: SETTINGS.preemption_policy.rule },
} as const satisfies Record<string, Record<string, Rule>>;

/** Maps from a name to a number, whose values no text may stand for. */
export const NUMBERS_BY_NAME = {
  slo_priorities: { kind: 'integer', min: -100, max: 100, rule: 'an integer from −100 to 100' },
  tenant_budgets: { kind: 'number', min: 0, max: 1, rule: 'a number from 0 to 1' },
} as const;

/**
 * Reads the sections of a policy file, or those of a strategy's configuration.
 * @throws InputError with the path of the offending key; unknown and unsupported keys are errors
 */
export function parsePolicyBundle(written: JsonObject, rules: ScorerRules): PolicyBundle {
  const document = withoutNulls(written);
  const problems = new ProblemList();
  for (const [key, value] of Object.entries(document)) problems.attempt(() => refuseUnknown(key, value));
  const section = (name: string, known: readonly string[]): JsonObject =>
    problems.attempt(() => readSection(document, name, known)) ?? {};
  const admission = section('admission', [...Object.keys(SECTION_RULES.admission), 'slo_priorities']);
  const routing = section('routing', Object.keys(SECTION_RULES.routing));
  const preemption = section('preemption', Object.keys(SECTION_RULES.preemption));
  const priority = section('priority', ['policy']);
  const read = (from: JsonObject, path: readonly string[], key: string, rule: Rule) =>
    from[key] === undefined
      ? undefined
      : problems.attempt(() => within([...path, key], () => readSetting(rule, from[key]!, rules)));
  const of = (key: keyof typeof SECTION_RULES.admission) =>
    read(admission, ['admission'], key, SECTION_RULES.admission[key]);
  const settings = defined({
    admission_policy: of('policy'),
    token_bucket_capacity: of('token_bucket_capacity'),
    token_bucket_refill_rate: of('token_bucket_refill_rate'),
    slo_targets: of('slo_targets'),
    routing_policy: read(routing, ['routing'], 'policy', SECTION_RULES.routing.policy),
    routing_scorers: read(routing, ['routing'], 'scorers', SECTION_RULES.routing.scorers),
    scheduler: read(document, [], 'scheduler', SETTINGS.scheduler.rule),
    preemption_policy: read(preemption, ['preemption'], 'policy', SECTION_RULES.preemption.policy),
  });
  const details = admissionDetails(admission, of, problems);
  const tenantBudgets =
    document['tenant_budgets'] === undefined
      ? null
      : (problems.attempt(() => numbersByName(document, ['tenant_budgets'])) ?? null);
  const pairRouting =
    problems.attempt(() => within([PAIR_ROUTING_SECTION], () => parsePairRouting(document[PAIR_ROUTING_SECTION]))) ??
    null;
  problems.refuse();
  return { settings, admission: details, tenantBudgets, pairRouting, warnings: priorityWarnings(priority) };
}

/** What the section on admission says beside its policy. @param of - the checked value of one of its keys */
function admissionDetails(
  admission: JsonObject,
  of: (key: keyof typeof SECTION_RULES.admission) => unknown,
  problems: ProblemList,
): AdmissionDetails {
  return {
    selectsTierShed: admission['policy'] === 'tier-shed',
    tierShedThreshold: (of('tier_shed_threshold') as number | undefined) ?? 0,
    tierShedMinPriority: (of('tier_shed_min_priority') as number | undefined) ?? null,
    gaieQueueDepth: (of('gaie_qd_threshold') as number | undefined) ?? 5,
    gaieKvUtilization: (of('gaie_kv_threshold') as number | undefined) ?? 0.8,
    sloPriorities: problems.attempt(() => numbersByName(admission, ['admission', 'slo_priorities'])) ?? {},
  };
}

export const EMPTY_BUNDLE: PolicyBundle = parsePolicyBundle({}, { zeroWeight: 'is-an-error' });

/** A key without a value is as good as absent. */
function withoutNulls(map: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(map).filter(([, value]) => value !== null));
}

function refuseUnknown(key: string, value: Json): void {
  if ((BUNDLE_SECTIONS as readonly string[]).includes(key)) return;
  const reason = Object.hasOwn(UNSUPPORTED_SETTINGS, key) ? UNSUPPORTED_SETTINGS[key] : undefined;
  if (reason !== undefined && typeof value === 'object' && Object.keys(value ?? {}).length === 0) return;
  if (reason !== undefined) throw new InputError(`not supported: ${reason}`, { path: [key] });
  throw unknownName('key', key, BUNDLE_SECTIONS, { path: [key] });
}

function readSection(document: JsonObject, name: string, known: readonly string[]): JsonObject {
  const value = document[name];
  if (value === undefined) return {};
  if (!isJsonObject(value)) throw new InputError(`must be a map with ${known.join(', ')}`, { path: [name] });
  mapAll(Object.keys(value), (key) => {
    if (!known.includes(key)) throw unknownName('key', key, known, { path: [name, key] });
  });
  return withoutNulls(value);
}

/** Reads the map at the last step of `path`, found directly in `from`. */
function numbersByName(from: JsonObject, path: readonly string[]): Readonly<Record<string, number>> {
  const name = path.at(-1) as keyof typeof NUMBERS_BY_NAME;
  const value: Json | undefined = from[name];
  if (value === undefined) return {};
  if (!isJsonObject(value)) throw new InputError('must be a map from name to number', { path });
  const { kind, min, max, rule } = NUMBERS_BY_NAME[name];
  const numbers = mapAll(Object.entries(value), ([key, item]) => {
    const fits =
      typeof item === 'number' && item >= min && item <= max && (kind === 'number' || Number.isInteger(item));
    if (fits) return [key, item] as const;
    const wanted = typeof item === 'number' ? rule : 'a number';
    throw new InputError(`must be ${wanted}, got ${shortText(item)}`, { path: [...path, key] });
  });
  return Object.fromEntries(numbers);
}

function priorityWarnings(priority: JsonObject): readonly string[] {
  const policy = priority['policy'];
  if (policy === undefined || policy === '' || policy === 'constant') return [];
  return [`priority.policy: ${shortText(policy)} has no effect; use scheduler`];
}

function defined(values: { readonly [K in keyof ClusterSettings]?: unknown }): Partial<ClusterSettings> {
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== undefined),
  ) as Partial<ClusterSettings>;
}
