import { z } from 'zod';
import { nameText, onOff, orElse, readBy } from '../../document/schema-parts.ts';
import type { HeuristicWeights, NodeRole, PolicySettings } from './scenario.ts';
import { SCHEDULER_ALIASES, SCHEDULERS, schedulerName } from './scheduler-names.ts';

const ROLES = ['prefill', 'decode'] as const;
export const nodeRole = z.enum(ROLES);
export const fidelity = z.enum(['legacy', 'wired']);
export const dynamics = z.enum(['walk', 'queue']);

export const nonNegative = z.number().min(0);
export const share = z.number().min(0).max(1);

/** A scheduler by its name or one of its aliases. */
export const scheduler = nameText
  .meta({ type: 'string', enum: [...SCHEDULERS, ...Object.keys(SCHEDULER_ALIASES)] })
  .transform(readBy((name) => schedulerName(name)));

export const schedulers = z.array(scheduler);

/** Requests of one run. */
export const ticks = z.int().min(1);
/** Seed of all random streams of one run. */
export const seed = z.int();
/** Seeds as a command line lists them. */
export const seedTexts = z.array(
  z
    .string()
    .refine((text) => seed.safeParse(Number(text)).success, { error: 'must be an integer' })
    .transform(Number),
);

/** Roles that may decode: one, or a list. */
export const decodeRoles = z
  .union([nodeRole, z.array(nodeRole)], { error: 'must list prefill or decode' })
  .transform((roles): readonly NodeRole[] => (typeof roles === 'string' ? [roles] : roles));

/** Factors of the `kv_heuristic` score; absent keys stay absent. */
export const heuristicWeights = z
  .strictObject({
    w_queue: z.nullish(nonNegative),
    w_migration_ms: z.nullish(nonNegative),
    w_mem_pressure: z.nullish(nonNegative),
  })
  .transform(({ w_queue, w_migration_ms, w_mem_pressure }) =>
    given<HeuristicWeights>({ queue: w_queue, migrationMs: w_migration_ms, memPressure: w_mem_pressure }),
  );

/** Policy of `kv_heuristic`; absent keys stay absent. */
export const policySettings = z
  .strictObject({
    /** A migration must gain more than this score. */
    hysteresis_ms: z.nullish(nonNegative),
    enable_prefetch: z.nullish(onOff),
    enable_overlap: z.nullish(onOff),
    /** Requests with fewer new tokens do not prefetch. */
    prefetch_horizon_tokens: z.nullish(z.int().min(0)),
    overlap_ratio: z.nullish(share),
  })
  .transform((policy) =>
    given<PolicySettings>({
      hysteresisMs: policy.hysteresis_ms,
      enablePrefetch: policy.enable_prefetch,
      enableOverlap: policy.enable_overlap,
      prefetchHorizonTokens: policy.prefetch_horizon_tokens,
      overlapRatio: policy.overlap_ratio,
    }),
  );

/** The configuration of the backend: how a scenario is run. */
export const kvschedConfig = z.strictObject({
  scheduler: orElse(scheduler, 'kv_heuristic' as const),
  weights: orElse(heuristicWeights, {}),
  policy: orElse(policySettings, {}),
  /** Default: the scenario's. */
  ticks: orElse(ticks, null),
  fidelity: orElse(fidelity, 'wired' as const),
  /** Only the links of the scenario exist. */
  strict_network: orElse(onOff, false),
  /** Default: the scenario's. */
  decode_roles: orElse(decodeRoles, null),
});

/** The entries that have a value. */
function given<T>(values: { readonly [K in keyof T]: T[K] | null | undefined }): Partial<T> {
  const entries = Object.entries(values).filter(([, value]) => value !== null && value !== undefined);
  return Object.fromEntries(entries) as Partial<T>;
}
