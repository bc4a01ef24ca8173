import { z } from 'zod';
import { InputError } from '../../base/errors.ts';
import { readBy } from '../../document/schema-parts.ts';
import { arrivalSchema } from './arrival-schema.ts';
import type { CountLaw } from './count-law.ts';
import { type GeneratorSpec, PRESETS, type WeightLaw } from './generator.ts';
import { findModel, MODELS } from './model-catalog.ts';
import { amount, orDefault, whole } from './written-values.ts';

const positive = amount({ above: 0 });
const share = amount({ min: 0, max: 1 });

/** Bounds to which draws are clipped. */
const CLIP = { min: orDefault(whole({ min: 0 }), 1), max: orDefault(whole({ min: 0 }), 1_000_000) };

const LAWS = [
  law(z.strictObject({ law: z.literal('uniform').nullish(), ...CLIP }), (law) => ({ kind: 'uniform', ...clip(law) })),
  law(z.strictObject({ law: z.literal('constant'), value: orDefault(whole({ min: 0 }), 0) }), ({ value }) => ({
    kind: 'constant',
    value,
  })),
  law(
    z.strictObject({ law: z.literal('gaussian'), mean: positive, sd: orDefault(amount({ min: 0 }), 0), ...CLIP }),
    ({ mean, sd, ...bounds }) => ({ kind: 'gaussian', mean, sd, ...clip(bounds) }),
  ),
  law(z.strictObject({ law: z.literal('exponential'), mean: positive, ...CLIP }), ({ mean, ...bounds }) => ({
    kind: 'exponential',
    mean,
    ...clip(bounds),
  })),
  law(
    z.strictObject({ law: z.literal('lognormal'), median: positive, sigma: positive, ...CLIP }),
    ({ median, sigma, ...bounds }) => ({ kind: 'lognormal', median, sigma, ...clip(bounds) }),
  ),
  law(
    z.strictObject({ law: z.literal('pareto'), scale: positive, alpha: positive, ...CLIP }),
    ({ scale, alpha, ...bounds }) => ({ kind: 'pareto', scale, alpha, ...clip(bounds) }),
  ),
] as const;

const constant = whole({ min: 0 }).transform((value): CountLaw => ({ kind: 'constant', value }));

/** A number, or `{ law: lognormal, median: 512, sigma: 0.8, min: 1, max: 8192 }`; uniform where no law is named. */
const countLaw = z.union([constant, z.discriminatedUnion('law', LAWS)]);

const weightLaw = z.union([
  constant,
  z.discriminatedUnion('law', [
    ...LAWS,
    z
      .strictObject({
        law: z.literal('two-class'),
        low: orDefault(amount({ min: 0 }), 1),
        high: orDefault(amount({ min: 0 }), 10),
        high_share: orDefault(share, 0.5),
      })
      .transform(({ low, high, high_share }): WeightLaw => ({ kind: 'two-class', low, high, highShare: high_share })),
  ]),
]);

const modelShares = z
  .record(
    z
      .string()
      .meta({ enum: Object.keys(MODELS) })
      .transform(readBy((name) => findModel(name).name)),
    orDefault(amount({ min: 0 }), 0),
  )
  .transform(
    readBy((shares) => {
      if (Object.values(shares).some((value) => value > 0)) return shares;
      throw new InputError('needs a model with a share > 0');
    }),
  );

/** A recipe for tasks; what it leaves out comes from the preset. */
export const generatorSchema = z
  .strictObject({
    preset: orDefault(z.enum(Object.keys(PRESETS)), 'low'),
    count: whole({ min: 1, max: 1_000_000 }).nullish(),
    arrivals: arrivalSchema.nullish(),
    prefill: countLaw.nullish().describe('prompt tokens'),
    decode: countLaw.nullish().describe('output tokens'),
    weights: weightLaw.nullish(),
    models: modelShares.nullish().describe('model → share; shares need not sum to 1'),
    phases: z.enum(['both', 'separate']).nullish().describe('separate: a task has a prompt or an output'),
    prefill_share: share.nullish().describe('share of prefill tasks when phases are separate'),
    prefixes: z
      .strictObject({
        groups: orDefault(whole({ min: 1 }), 1),
        tokens: orDefault(whole({ min: 1 }), 256),
        share: orDefault(share, 1),
      })
      .nullish()
      .describe('prompts that start alike; default: none'),
  })
  .transform((written): GeneratorSpec => {
    const base = PRESETS[written.preset]!;
    return {
      count: written.count ?? base.count,
      arrivals: written.arrivals ?? base.arrivals,
      prefill: written.prefill ?? base.prefill,
      decode: written.decode ?? base.decode,
      weights: written.weights ?? base.weights,
      models: written.models ?? base.models,
      phases: written.phases ?? base.phases,
      prefillShare: written.prefill_share ?? base.prefillShare,
      prefixes: written.prefixes ?? null,
    };
  });

function law<S extends z.ZodType>(schema: S, read: (written: z.output<S>) => CountLaw) {
  return schema.transform(readBy(read));
}

function clip({ min, max }: { readonly min: number; readonly max: number }): {
  readonly min: number;
  readonly max: number;
} {
  if (max >= min) return { min, max };
  throw new InputError(`must be ≥ min (${min}), got ${max}`, { path: ['max'] });
}
