import { z } from 'zod';
import { wholeNumber } from '../document/schema-parts.ts';

/** What a run folder holds, as far as its readers rely on it. Keys beyond these are left alone. */

const index = wholeNumber({ least: 0 });
const text = z.string();
const value = z.union([z.number(), z.string(), z.boolean(), z.array(z.number())]);
const replicates = z.array(z.object({ seed: wholeNumber(), metrics: z.record(z.string(), z.number()) }));

const outcome = z.discriminatedUnion(
  'kind',
  [
    z.object({ kind: z.literal('observed'), replicates }),
    z.object({ kind: z.literal('infeasible'), reason: text }),
    z.object({ kind: z.literal('failed'), message: text }),
  ],
  {
    error:
      'must be an outcome: observed, infeasible or failed (one that racing or screening stopped is read by version 0.2)',
  },
);

const kinds = 'study-started, trial-proposed, trial-finished, trial-validated, study-ended';

const startedSchema = z.object({
  kind: z.literal('study-started'),
  format: wholeNumber(),
  plan: text,
  name: text,
  tool: text,
  node: index,
});

export const entrySchema = z.discriminatedUnion(
  'kind',
  [
    startedSchema,
    z.object({
      kind: z.literal('trial-proposed'),
      trial: index,
      origin: z.enum(['baseline', 'carried', 'first', 'sampler']),
      seen: index,
      pending: z.array(index).exactOptional(),
      values: z.record(z.string(), value),
    }),
    z.object({ kind: z.literal('trial-finished'), trial: index, outcome }),
    z.object({ kind: z.literal('trial-validated'), trial: index, outcome }),
    z.object({ kind: z.literal('study-ended'), reason: text }),
  ],
  { error: `must be a map whose kind is one of ${kinds}` },
);

const document = z.object({ file: text, sha256: text, text });
/**
 * `from_run`: the module seen from the folder of the run, null for shipped ones. `imports`: what it imports, seen from its
 * folder. Both are absent in older records.
 */
const policy = document.extend({
  from_run: text.nullable().exactOptional(),
  imports: z.array(document).exactOptional(),
});

export const planFileSchema = z.object({
  format: wholeNumber(),
  hash: text,
  started: startedSchema,
  documents: z.object({
    study: document,
    strategy: document,
    space: document.nullish(),
    workload: document.nullish(),
    workloads: z.array(document.nullable()).optional(),
    earlier: document.nullish(),
    calibration: document.nullish(),
    extension: document.nullish(),
    policies: z.array(policy).default([]),
  }),
});

export type StoredPlan = z.infer<typeof planFileSchema>;
