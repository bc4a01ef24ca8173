import { z } from 'zod';
import { InputError } from '../../base/errors.ts';
import { readBy } from '../../document/schema-parts.ts';
import { findModel, MODELS } from './model-catalog.ts';
import { parsePhase, refuseDuplicateIds, type Task } from './task.ts';
import { amount, orDefault, text, whole } from './written-values.ts';

/** A model by name. */
export const modelName = z
  .string()
  .meta({ enum: Object.keys(MODELS) })
  .transform(readBy((name) => findModel(name)));

const tokens = whole({ min: 0 });

const writtenTask = z.strictObject({
  id: text.nullish().describe('default: T1, T2, … by place in the list'),
  model: modelName,
  memory: amount({ min: 0 }).nullish().describe('GB; default: 1 byte for each of the parameters'),
  weight: orDefault(amount({ min: 0 }), 1),
  arrival: orDefault(amount({ min: 0 }), 0),
  phase: z
    .unknown()
    .optional()
    .meta({ enum: ['PREFILL', 'DECODE', 1, 0, null], description: 'what tokens counts; default: PREFILL' }),
  tokens: tokens.nullish().describe('of one phase; excludes prefill_tokens and decode_tokens'),
  prefill_tokens: tokens.nullish(),
  decode_tokens: tokens.nullish(),
  tp: whole({ min: 1 }).nullish().describe('tensor parallelism; default: as recommended for the model'),
  prefix: text.nullish().describe('tasks with the same prefix share the start of their prompts'),
  prefix_tokens: orDefault(tokens, 0),
});

/** A task as a workload document lists it; the id is null where none is given. */
const task = writtenTask.transform(
  readBy((written) => ({
    id: written.id ?? null,
    model: written.model.name,
    memoryGB: written.memory ?? written.model.parametersBillions,
    weight: written.weight,
    arrival: written.arrival,
    ...taskTokens(written),
    tp: written.tp ?? written.model.recommendedTp,
    prefix: written.prefix ?? null,
    prefixTokens: written.prefix_tokens,
  })),
);

/** Tasks in order; a task without an id is named after its place. */
export const taskList = z
  .array(task)
  .min(1)
  .transform(
    readBy((listed): readonly Task[] => {
      const tasks = listed.map((one, index) => ({ ...one, id: one.id ?? `T${index + 1}` }));
      refuseDuplicateIds(tasks);
      return tasks;
    }),
  );

function taskTokens(written: z.output<typeof writtenTask>): Pick<Task, 'prefillTokens' | 'decodeTokens'> {
  const total = written.tokens ?? null;
  const prefill = written.prefill_tokens ?? null;
  const decode = written.decode_tokens ?? null;
  if (prefill !== null || decode !== null) {
    if (total === null) return { prefillTokens: prefill ?? 0, decodeTokens: decode ?? 0 };
    throw new InputError('cannot stand beside prefill_tokens or decode_tokens', { path: ['tokens'] });
  }
  if (total === null) throw new InputError('is required but missing', { path: ['tokens'] });
  return parsePhase(written.phase ?? 'PREFILL', ['phase']) === 'prefill'
    ? { prefillTokens: total, decodeTokens: 0 }
    : { prefillTokens: 0, decodeTokens: total };
}
