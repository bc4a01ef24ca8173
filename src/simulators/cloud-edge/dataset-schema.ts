import { z } from 'zod';
import { InputError } from '../../base/errors.ts';
import { toldIssue } from '../../document/schema.ts';
import type { DatasetSource, PromptRow, TraceEntry } from './dataset-source.ts';

const DEFAULT_ROWS = 2000;

export const nonNegative = z.number().min(0);

/** A prompt vector. Checked in one go: a dataset has millions of numbers. */
const vector = z
  .custom<readonly number[]>(isVector, { error: 'must be a list of numbers', abort: false })
  .meta({ type: 'array', items: { type: 'number' }, minItems: 1 });

const row = z.object({ text: z.string(), seconds: nonNegative, embedding: z.nullable(vector).default(null) });

/** Prompts with their times; all carry vectors of one length, or none does. */
const rows = z
  .array(row)
  .min(1, { error: 'must be a list with at least one row' })
  .superRefine((list, context) => {
    const odd = oddEmbedding(list);
    if (odd !== null) context.addIssue(toldIssue(odd));
  });

const synthetic = z.strictObject({
  rows: z.nullish(z.int().min(1).max(1_000_000)),
  /** Without one, the rows are drawn anew for every run seed. */
  seed: z.nullish(z.int().min(0)),
});

/** `{synthetic: {rows, seed}}` or `{rows: [{text, seconds, embedding?}]}`. */
export const datasetSource = z
  .strictObject({ synthetic: synthetic.optional(), rows: rows.optional() })
  .refine((source) => Object.values(source).filter((value) => value !== undefined).length === 1, {
    error: 'must have exactly one key, "synthetic" or "rows"',
  })
  .transform(
    ({ synthetic: drawn, rows: given }): DatasetSource =>
      given === undefined
        ? { kind: 'synthetic', rows: drawn?.rows ?? DEFAULT_ROWS, seed: drawn?.seed ?? null }
        : { kind: 'rows', rows: given },
  );

/** Where no dataset is named. */
export const DEFAULT_DATASET: DatasetSource = { kind: 'synthetic', rows: DEFAULT_ROWS, seed: null };

/** Arrivals one by one, in order of time. */
export const arrivalTrace: z.ZodType<readonly TraceEntry[]> = z
  .array(z.object({ t: nonNegative, base_time: nonNegative, text: z.string().default('') }))
  .superRefine(
    (entries, context) => {
      let previous = 0;
      for (const [index, entry] of entries.entries()) {
        const t = entry?.t;
        if (typeof t !== 'number') continue;
        if (t < previous) context.addIssue({ code: 'custom', message: `must be ≥ ${previous}`, path: [index, 't'] });
        else previous = t;
      }
    },
    { when: ({ value }) => Array.isArray(value) },
  );

/** One line of a dataset file, as the simulator needs it; further keys are left alone. */
export const datasetLine = z.object({
  request_text: z.string().regex(/\S/, { error: 'must not be blank' }),
  /** Seconds. */
  inference_time: nonNegative,
  embedding: vector.optional(),
});

/** What a line of a collection that can be resumed says about its prompt. */
export const collectedLine = z.object({
  prompt_index: z.number(),
  request_text: z.unknown().optional(),
  model_name: z.unknown().optional(),
});

/** The first row whose vector is not as long as that of the first row, or null. */
export function oddEmbedding(list: readonly PromptRow[]): InputError | null {
  const first = list[0]?.embedding?.length ?? null;
  const odd = list.findIndex(({ embedding }) => (embedding?.length ?? null) !== first);
  if (odd < 0) return null;
  const length = list[odd]!.embedding?.length;
  return new InputError(
    `embeddings must have one length, but the first row has ${first ?? 'none'} and this one ${length ?? 'none'}`,
    { path: [odd] },
  );
}

function isVector(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0 && value.every((x) => typeof x === 'number' && Number.isFinite(x));
}
