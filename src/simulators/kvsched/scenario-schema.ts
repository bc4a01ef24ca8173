import { z } from 'zod';
import { InputError } from '../../base/errors.ts';
import { toldIssue } from '../../document/schema.ts';
import { nameText, onOff, orElse } from '../../document/schema-parts.ts';
import { strayEnds } from './network-ends.ts';
import type { WeightedValues } from './scenario.ts';
import {
  decodeRoles,
  dynamics,
  heuristicWeights,
  nodeRole,
  nonNegative,
  policySettings,
  scheduler,
  seed,
  share,
  ticks,
} from './settings-schema.ts';

const count = z.int().min(0);
const positiveCount = z.int().min(1);
/** Utilisation of a link; at 1 nothing would ever arrive. */
const utilisation = z.number().min(0).max(0.99);
/** Accepted and not read. */
const idle = z.unknown().optional();

const gpu = z
  .strictObject({
    name: nameText,
    vram_total_gb: nonNegative,
    vram_free_gb: nonNegative,
    max_batch_prefill: orElse(positiveCount, null),
    max_batch_decode: orElse(positiveCount, null),
    peak_tflops_fp16: z.nullish(nonNegative),
  })
  .superRefine(
    ({ vram_total_gb: total, vram_free_gb: free }, context) => {
      if (!(free > total)) return;
      context.addIssue({ code: 'custom', message: `must be ≤ vram_total_gb (${total})`, path: ['vram_free_gb'] });
    },
    { when: ({ value }) => numbersIn(value, 'vram_total_gb', 'vram_free_gb') },
  );

const node = z.strictObject({
  node_id: idle,
  gpu,
  running_prefill: orElse(count, 0),
  queued_prefill: orElse(count, 0),
  running_decode: orElse(count, 0),
  queued_decode: orElse(count, 0),
  tags: orElse(z.looseObject({ role: orElse(nodeRole, null), tier: orElse(nameText, null) }), null),
});

const link = z.strictObject({
  src: nameText,
  dst: nameText,
  bandwidth_Gbps: z.number().gt(0),
  rtt_ms: nonNegative,
  setup_ms: orElse(nonNegative, 0),
  loss_rate: orElse(share, 0),
  congestion_model: orElse(z.enum(['none', 'util_linear', 'mm1']), 'util_linear' as const),
  link_type: z.nullish(z.enum(['ethernet', 'infiniband', 'pcie', 'nvlink', 'other'])),
  jitter_ms: z.nullish(nonNegative),
});

const links = z.array(link).superRefine(
  (list, context) => {
    const seen = new Set<string>();
    for (const [index, ends] of list.map(endsOf).entries()) {
      if (ends === null) continue;
      const pair = JSON.stringify([ends.src, ends.dst]);
      if (seen.has(pair)) {
        const error = new InputError(`link ${ends.src} -> ${ends.dst} is listed twice`, { path: [index] });
        context.addIssue(toldIssue(error));
      }
      seen.add(pair);
    }
  },
  { when: ({ value }) => Array.isArray(value) },
);

const network = z.strictObject({
  links: orElse(links, []),
  default_util: orElse(utilisation, 0),
  util_by_pair: orElse(z.record(z.string().regex(/^.+->.+$/, { error: 'the key must read a->b' }), utilisation), {}),
  /** Share of the shorter of transfer and compute that runs at the same time, where overlap is on. */
  overlap_ratio: orElse(share, 0.5),
  /** Most that overlap may hide. */
  max_hide_ms: orElse(nonNegative, null),
});

const workload = z.strictObject({
  num_requests: orElse(positiveCount, 50),
  prompt_tokens_dist: orElse(weightedValues(0), []),
  max_new_tokens_dist: orElse(weightedValues(1), []),
  default_prompt_tokens: orElse(count, 512),
  default_max_new_tokens: orElse(positiveCount, 256),
  kv_bytes_per_token: orElse(nonNegative, 4096),
  kv_base_bytes: orElse(nonNegative, 0),
  model_id: idle,
  decode_micro_batch: z.nullish(positiveCount),
  priority: z.nullish(z.enum(['low', 'normal', 'high'])),
  deadline_ms: z.nullish(nonNegative),
  target_p99_ms: z.nullish(nonNegative),
  max_queue_ms: z.nullish(nonNegative),
});

const schedulerParams = z.strictObject({
  weights: orElse(heuristicWeights, {}),
  policy: orElse(policySettings, {}),
});

/** A whole scenario, as a user writes it or as it is after its base was laid under it. */
export const kvschedScenario = z.strictObject({
  scenario_id: nameText,
  description: idle,
  notes: idle,
  workload,
  nodes: z
    .record(z.string(), node)
    .refine((nodes) => Object.keys(nodes).length > 0, { error: 'must name at least one node' }),
  network: z.nullable(network),
  scheduler: orElse(scheduler, null),
  scheduler_params: orElse(schedulerParams, { weights: {}, policy: {} }),
  seed: orElse(seed, null),
  ticks: orElse(ticks, null),
  dynamics: orElse(dynamics, 'walk' as const),
  /** Simulated time between requests; matters to `queue` dynamics only. */
  tick_ms: orElse(z.number().gt(0), 20),
  /** Slower GPUs take longer. */
  gpu_latency: orElse(onOff, false),
  /** Of GPUs that the built-in table lacks, or has otherwise; what `paretune kvsched fit-latency` calls beta. */
  gpu_ms_per_token: orElse(z.record(z.string(), z.nullish(z.number().gt(0))), {}),
  decode_roles: orElse(decodeRoles, null),
});

/** A scenario that can run: every end of a link, and of a pair with a utilisation, is one of its nodes. */
export const runnableScenario = kvschedScenario.superRefine(
  ({ nodes, network: net }, context) => {
    if (!isMap(nodes) || !isMap(net)) return;
    const written = Array.isArray(net['links']) ? net['links'] : [];
    const ends = written.map(endsOf);
    const pairs = isMap(net['util_by_pair']) ? Object.keys(net['util_by_pair']) : [];
    for (const error of strayEnds(Object.keys(nodes), ends, pairs)) context.addIssue(toldIssue(error));
  },
  { when: ({ value }) => isMap(value) },
);

export type ScenarioDocument = z.output<typeof kvschedScenario>;

/**
 * A map value → weight, or a list of [value, weight] pairs where the order matters and is not ascending.
 * @param least - of the values
 */
function weightedValues(least: number) {
  const values = `values must be integers ≥ ${least}`;
  const isValue = (text: string): boolean => Number.isSafeInteger(Number(text)) && Number(text) >= least;
  const map = z.record(z.string().refine(isValue, { error: values }), nonNegative);
  const pairs = z.array(z.tuple([z.int().min(least), nonNegative], z.unknown()));
  return z
    .union([map, pairs], { error: 'must be a map of value to weight, or a list of [value, weight]' })
    .transform(
      (written): WeightedValues =>
        Array.isArray(written)
          ? written.map(([value, weight]) => [value, weight] as const)
          : Object.entries(written).map(([value, weight]) => [Number(value), weight] as const),
    )
    .refine((list) => list.length === 0 || list.some(([, weight]) => weight > 0), {
      error: 'weights must sum to more than 0',
    });
}

function numbersIn(value: unknown, ...keys: readonly string[]): boolean {
  return isMap(value) && keys.every((key) => typeof value[key] === 'number');
}

/** The ends of a link; null where they cannot be read. */
function endsOf(link: unknown): { readonly src: string; readonly dst: string } | null {
  if (!isMap(link)) return null;
  const { src, dst } = link;
  return typeof src === 'string' && typeof dst === 'string' ? { src, dst } : null;
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
