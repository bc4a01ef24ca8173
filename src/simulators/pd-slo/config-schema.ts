import { z } from 'zod';
import { endpointPickerDocument, pairOptimizerSchema, profileHandlerSchema } from './endpoint-picker-schema.ts';
import { SCENARIO_NAMES } from './scenario.ts';

const nonNegative = z.number().min(0);
const positive = z.number().positive();
const probability = z.number().min(0).max(1);
const count = z.int().min(1);

const PAIR_MODES = ['joint', 'independent', 'latency_scorer', 'random_pair', 'round_robin', 'least_loaded'] as const;

const PREDICTOR_KINDS = ['informed', 'heuristic', 'learned', 'trained'] as const;

/** One factor for each feature: 1, KV share, input, waiting, running, prefix hit, uncached input. */
const coefficients = z.array(z.number()).length(7);

const podSchema = z.strictObject({
  name: z.string().min(1),
  /** `prefill`, `decode` or `both` (a decode candidate); pods of other roles take no part. */
  role: z.string().min(1),
  /** Factor on every service time: 1.5 is slower. */
  speed: positive.default(1),
  address: z.string().min(1).optional(),
  port: z.int().min(1).max(65535).default(8000),
});

const classSchema = z.strictObject({
  name: z.string().regex(/^[A-Za-z0-9_.-]+$/, { error: 'must be a name of letters, digits, "_", "-" and "."' }),
  share: nonNegative,
  ttft_ms: positive.optional(),
  tpot_ms: positive.optional(),
  /** Request headers as text, instead of `ttft_ms` and `tpot_ms`. */
  headers: z.record(z.string(), z.string()).optional(),
  /** Below 0 the latency admission may refuse it. */
  priority: z.int().default(0),
});

/** Tokens of a request; their columns are of 32 bits. */
const tokens = z.int().min(1).max(1_000_000_000);
const lengthBounds = { low: tokens, high: tokens };

const workloadSchema = z.strictObject({
  requests: count.default(4000),
  /** Requests/s. */
  rate: positive.default(25),
  /** Coefficient of variation of the gaps: 1 is a Poisson process, else gamma; beyond the bounds its shape is lost. */
  cv: z.number().min(1e-6).max(1000).default(1),
  input: z
    .strictObject({ mean: positive, sd: nonNegative, ...lengthBounds })
    .default({ mean: 400, sd: 200, low: 16, high: 4096 }),
  output: z.strictObject({ mean: positive, ...lengthBounds }).default({ mean: 128, low: 1, high: 1024 }),
  classes: z
    .array(classSchema)
    .min(1)
    .default([
      { name: 'critical', share: 0.2, ttft_ms: 250, tpot_ms: 40, priority: 1 },
      { name: 'standard', share: 0.5, ttft_ms: 500, tpot_ms: 60, priority: 0 },
      { name: 'sheddable', share: 0.3, ttft_ms: 1000, tpot_ms: 100, priority: -1 },
    ]),
  /** Share of requests that carry no target headers, whatever their class. */
  without_headers: probability.default(0),
  /** Prompt starts shared inside a group; 0 groups = no prefix cache. */
  prefix: z.strictObject({ groups: z.int().min(0), tokens: count }).default({ groups: 0, tokens: 1 }),
});

const transferSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('fixed'), ms: nonNegative }),
  z.strictObject({
    kind: z.literal('bandwidth'),
    kv_bytes_per_token: positive,
    gbit_per_s: positive,
    rtt_ms: nonNegative.default(0),
  }),
]);

const pdSloConfigSchema = z.strictObject({
  mode: z.enum(PAIR_MODES).default('joint'),
  predictor: z
    .strictObject({
      kind: z.enum(PREDICTOR_KINDS).default('informed'),
      /** Of the trained predictor, as `paretune pd-slo train` writes them; the heuristic answers for the rest. */
      coefficients: z
        .strictObject({
          'prefill-ttft': coefficients.optional(),
          'decode-ttft': coefficients.optional(),
          'decode-tpot': coefficients.optional(),
        })
        .optional(),
      /** Relative error of the informed predictor: mean and standard deviation. */
      bias: z.number().gt(-1).default(0),
      noise: nonNegative.default(0),
      /** Age that pod state may reach before it is read again; 0 = always fresh. */
      staleness_ms: nonNegative.default(0),
      /** Probability that one call fails and the heuristic answers. */
      error_prob: probability.default(0),
    })
    .prefault({}),
  pair_optimizer: pairOptimizerSchema.prefault({}),
  profile_handler: profileHandlerSchema.prefault({}),
  /** Weights of the prefix score and of the load score where pods are chosen without targets. */
  scorer_weights: z.strictObject({ prefix: nonNegative.default(2), load: nonNegative.default(3) }).prefault({}),
  latency_scorer: z
    .strictObject({
      headroom: z.enum(['least', 'most']).default('least'),
      epsilon_explore_negative: probability.default(0.01),
      slo_buffer_factor: positive.max(1).default(1),
      ttft_weight: nonNegative.default(0.8),
      tpot_weight: nonNegative.default(0.2),
    })
    .prefault({}),
  /** `latency_slo` refuses priorities below 0 while no pod can hold their targets. */
  admission: z.enum(['always', 'latency_slo']).default('always'),
  /** Order of the prefill waiting rooms. */
  prefill_order: z.enum(['fcfs', 'slo_deadline']).default('fcfs'),
  /** Pods one by one; without it, one pod for each factor in `pool`. */
  pods: z.array(podSchema).min(1).optional(),
  pool: z
    .strictObject({ prefill: z.array(positive), decode: z.array(positive) })
    .default({ prefill: [1, 1, 1.5], decode: [1, 1, 1] }),
  prefill: z.strictObject({ base_ms: nonNegative.default(0), ms_per_token: nonNegative.default(0.2) }).prefault({}),
  decode: z
    .strictObject({
      max_running: count.default(64),
      kv_capacity: count.default(200_000),
      tpot_base_ms: positive.default(8),
      tpot_per_running_ms: nonNegative.default(0.5),
      tpot_kv_ms: nonNegative.default(10),
    })
    .prefault({}),
  transfer: transferSchema.default({ kind: 'fixed', ms: 5 }),
  prefix_cache: z.strictObject({ capacity_blocks: count.default(31_250) }).prefault({}),
  ttft_includes_first_step: z.boolean().default(false),
  workload: workloadSchema.prefault({}),
});

/** A checked configuration with every default filled in; keys as written in the file. */
export type PdSloConfig = z.infer<typeof pdSloConfigSchema>;
export type PodConfig = z.infer<typeof podSchema>;
export type PdSloWorkload = PdSloConfig['workload'];

/** The configuration, with what it starts from: a named scenario, and the scheduler's own document. */
export const scenarioKeys = pdSloConfigSchema.extend({
  scenario: z.enum(SCENARIO_NAMES).default('balanced'),
  endpoint_picker: endpointPickerDocument.optional(),
});

/** A scenario document as it is written; the scheduler's own document alone is one too. */
export const pdSloScenario = z.union([endpointPickerDocument, scenarioKeys]);
