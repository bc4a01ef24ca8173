import { z } from 'zod';
import { isJsonObject, type Json } from '../../base/json.ts';
import { jsonValue, valueAt } from '../../document/schema.ts';

const nonNegative = z.number().min(0);

const KIND = 'EndpointPickerConfig';
export const OPTIMIZER = 'pd-slo-pair-optimizer';
export const PREFIX_SCORER = 'prefix-cache-scorer';

/** Plug-in types that the document may name besides the pair optimizer; their parameters have no effect here. */
const OTHER_PLUGINS = [
  'prefill-header-handler',
  'prefill-filter',
  'decode-filter',
  PREFIX_SCORER,
  'precise-prefix-cache-scorer',
  'load-aware-scorer',
  'queue-scorer',
  'kv-cache-utilization-scorer',
  'latency-scorer',
  'slo-headroom-tier-filter',
  'max-score-picker',
  'random-picker',
  'weighted-random-picker',
] as const;

/** Parameters of the plug-in `pd-slo-pair-optimizer`; `weight_floor` and `legacy_missing_slo` are additions. */
export const pairOptimizerSchema = z
  .strictObject({
    ttftWeight: nonNegative.default(0.8),
    tpotWeight: nonNegative.default(0.2),
    transferOverheadMs: nonNegative.default(5),
    sloBufferFactor: z.number().positive().max(1).default(0.9),
    selectionStrategy: z.enum(['weighted_random', 'best_headroom']).default('weighted_random'),
    negativeHeadroomProb: z.number().min(0).max(1).default(0.01),
    weight_floor: z.number().positive().default(1),
    legacy_missing_slo: z.boolean().default(false),
  })
  .refine(({ ttftWeight, tpotWeight }) => ttftWeight > 0 || tpotWeight > 0, {
    error: 'ttftWeight and tpotWeight must not both be 0',
    when: ({ value }) => ['ttftWeight', 'tpotWeight'].every((key) => valueAt(value as Json, [key]) === 0),
  });

/** Parameters of the plug-in `pd-slo-profile-handler`; `threshold_applies_to_slo` is an addition. */
export const profileHandlerSchema = z.strictObject({
  decodeProfile: z.string().min(1).default('decode'),
  prefillProfile: z.string().min(1).default('prefill'),
  prefixPluginName: z.string().min(1).default('prefix-cache-scorer'),
  hashBlockSize: z.int().min(1).default(16),
  transferOverheadMs: nonNegative.default(5),
  /** Uncached prompt tokens below which the decode pod prefills itself; 0 = never. */
  pdThreshold: z.int().min(0).default(0),
  threshold_applies_to_slo: z.boolean().default(true),
});

const name = z.string().min(1);

/** The scheduler's own configuration document. */
export const endpointPickerDocument = z.strictObject({
  apiVersion: z.literal('inference.networking.x-k8s.io/v1alpha1'),
  kind: z.literal(KIND),
  plugins: z
    .array(
      z.discriminatedUnion('type', [
        z.strictObject({
          type: z.literal(OPTIMIZER),
          name: name.optional(),
          parameters: pairOptimizerSchema.optional(),
        }),
        z.strictObject({
          type: z.enum(OTHER_PLUGINS),
          name: name.optional(),
          parameters: z.record(z.string(), jsonValue).optional(),
        }),
      ]),
    )
    .min(1),
  profileHandler: z.strictObject({
    type: z.literal('pd-slo-profile-handler'),
    name: name.optional(),
    parameters: profileHandlerSchema.optional(),
  }),
  schedulingProfiles: z
    .array(
      z.strictObject({
        name,
        plugins: z.array(z.strictObject({ pluginRef: name, weight: nonNegative.optional() })).min(1),
      }),
    )
    .min(1),
});

export function isEndpointPickerDocument(value: Json): boolean {
  return isJsonObject(value) && value['kind'] === KIND;
}

/** A file of llm-d's own router: one without the pair optimizer and the profile handler that goes with it. */
export function isStockPicker(value: Json): boolean {
  if (!isJsonObject(value) || value['kind'] !== KIND || 'profileHandler' in value) return false;
  const { plugins } = value;
  return !Array.isArray(plugins) || !plugins.some((one: Json) => isJsonObject(one) && one['type'] === OPTIMIZER);
}
