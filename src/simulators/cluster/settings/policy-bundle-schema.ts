import type { Json, JsonObject } from '../../../base/json.ts';
import { SETTINGS } from './cluster-settings.ts';
import { PAIR_ROUTING_RULES, PAIR_ROUTING_SECTION, PAIR_ROUTING_TARGETS } from './pair-routing-section.ts';
import { NUMBERS_BY_NAME, SECTION_RULES } from './policy-bundle.ts';
import { SCORER_NAMES } from './scorer-profile.ts';
import type { Rule } from './setting-values.ts';
import { UNSUPPORTED_SETTINGS } from './unsupported-settings.ts';

/** JSON Schema of a policy file, from the tables that `parsePolicyBundle` reads it by. */
export function policyBundleSchema(): JsonObject {
  const sections: Record<string, Json> = Object.fromEntries(
    Object.entries(SECTION_RULES).map(([name, rules]) => [
      name,
      section(rules, name === 'admission' ? PRIORITIES : {}),
    ]),
  );
  return {
    type: 'object',
    properties: {
      ...sections,
      priority: orNull({ type: 'object', properties: { policy: {} }, additionalProperties: false }),
      scheduler: orNull(ruleSchema(SETTINGS.scheduler.rule)),
      tenant_budgets: orNull(numbersByName('tenant_budgets')),
      [PAIR_ROUTING_SECTION]: orNull(pairRouting()),
      ...Object.fromEntries(Object.keys(UNSUPPORTED_SETTINGS).map((key) => [key, EMPTY])),
    },
    additionalProperties: false,
  };
}

/** Keys of files of the reference that change nothing as long as they are empty. */
const EMPTY: JsonObject = {
  anyOf: [{ type: 'null' }, { type: 'object', maxProperties: 0 }, { type: 'array', maxItems: 0 }],
};

const PRIORITIES: JsonObject = { slo_priorities: orNull(numbersByName('slo_priorities')) };

function section(rules: Readonly<Record<string, Rule>>, more: JsonObject): JsonObject {
  const properties = Object.fromEntries(Object.entries(rules).map(([key, rule]) => [key, orNull(ruleSchema(rule))]));
  return orNull({ type: 'object', properties: { ...properties, ...more }, additionalProperties: false });
}

function pairRouting(): JsonObject {
  const targets: JsonObject = {
    anyOf: [{ type: 'number', exclusiveMinimum: 0 }, DURATION, ruleSchema({ kind: 'class-durations' })],
  };
  return {
    type: 'object',
    properties: {
      ...Object.fromEntries(Object.entries(PAIR_ROUTING_RULES).map(([key, rule]) => [key, ruleSchema(rule)])),
      ...Object.fromEntries(PAIR_ROUTING_TARGETS.map((key) => [key, targets])),
    },
    additionalProperties: false,
  };
}

function numbersByName(name: keyof typeof NUMBERS_BY_NAME): JsonObject {
  const { kind, min, max } = NUMBERS_BY_NAME[name];
  return { type: 'object', additionalProperties: { type: kind, minimum: min, maximum: max } };
}

const SPELT_NUMBER: JsonObject = { type: 'string', pattern: '^\\s*[-+.\\d]' };
const DURATION: JsonObject = { type: 'string', pattern: '^((\\d+\\.?\\d*|\\.\\d+)(ns|us|µs|μs|ms|s|m|h))+$' };

/** JSON Schema of the values that `readSetting` accepts by the rule. */
function ruleSchema(rule: Rule): JsonObject {
  switch (rule.kind) {
    case 'integer':
      return { anyOf: [{ type: 'integer', ...bounds(rule) }, SPELT_NUMBER] };
    case 'number':
      return { anyOf: [{ type: 'number', ...bounds(rule) }, SPELT_NUMBER] };
    case 'boolean':
      return { type: 'boolean' };
    case 'text':
      return { type: 'string', minLength: 1 };
    case 'choice':
      return { enum: [...(rule.blank === undefined ? [] : ['']), ...rule.names] };
    case 'numbers':
      return {
        anyOf: [
          { type: 'array', minItems: 1, items: { anyOf: [{ type: 'number', minimum: 0 }, SPELT_NUMBER] } },
          { type: 'string', pattern: '\\d' },
        ],
      };
    case 'scorers':
      return scorers();
    case 'class-micros':
      return byClass({ anyOf: [{ type: 'integer', minimum: 1 }, SPELT_NUMBER] });
    case 'class-durations':
      return byClass({ anyOf: [{ type: 'number', exclusiveMinimum: 0 }, DURATION] });
    default:
      return rule satisfies never;
  }
}

function bounds(rule: { readonly min?: number; readonly above?: number; readonly max?: number }): JsonObject {
  return {
    ...(rule.min === undefined ? {} : { minimum: rule.min }),
    ...(rule.above === undefined ? {} : { exclusiveMinimum: rule.above }),
    ...(rule.max === undefined ? {} : { maximum: rule.max }),
  };
}

/** A map by class, or `class=value,…`. */
function byClass(value: JsonObject): JsonObject {
  return {
    anyOf: [
      { type: 'object', additionalProperties: value },
      { type: 'string', pattern: '^([^=,]+=[^,]*(,[^=,]+=[^,]*)*)?$' },
    ],
  };
}

function scorers(): JsonObject {
  const name: JsonObject = { enum: [...SCORER_NAMES] };
  const weight: JsonObject = {
    anyOf: [
      { type: 'number', exclusiveMinimum: 0 },
      { type: 'string', pattern: '\\S' },
    ],
  };
  const pair = `\\s*(${SCORER_NAMES.join('|')})\\s*:[^:,]+`;
  return {
    anyOf: [
      { type: 'string', pattern: `^(${pair}(,${pair})*)?$` },
      {
        type: 'array',
        items: {
          type: 'object',
          properties: { name, weight },
          required: ['name', 'weight'],
          additionalProperties: false,
        },
      },
      { type: 'object', propertyNames: name, additionalProperties: weight },
    ],
  };
}

function orNull(schema: JsonObject): JsonObject {
  return { anyOf: [schema, { type: 'null' }] };
}
