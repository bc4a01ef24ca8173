import { z } from 'zod';
import { unknownName } from '../../base/errors.ts';
import { readBy } from '../../document/schema-parts.ts';
import { BUILTIN_WORKLOADS } from './builtin-workloads.ts';
import { type GeneratorSpec, PRESETS } from './generator.ts';
import { generatorSchema } from './generator-schema.ts';
import type { Task } from './task.ts';
import { taskList } from './task-schema.ts';
import { text } from './written-values.ts';

/** Tasks that are given, or a recipe that draws them anew for every seed. */
export type JobWorkload =
  | { readonly kind: 'tasks'; readonly tasks: readonly Task[] }
  | { readonly kind: 'generated'; readonly spec: GeneratorSpec };

const NAMES: readonly string[] = [...Object.keys(BUILTIN_WORKLOADS), ...Object.keys(PRESETS)];

/** A built-in workload (`discriminating`, `staggered`) or a preset (`low`, `medium`, `high`, `extreme`). */
const workloadName = text.meta({ type: 'string', enum: NAMES }).transform(readBy(namedWorkload));

const KINDS = ['builtin', 'tasks', 'generate'] as const;

const hasOneKind = (document: Readonly<Record<string, unknown>>): boolean =>
  KINDS.filter((kind) => (document[kind] ?? null) !== null).length === 1;

/** A workload document: a name, alone or as `{ builtin: name }`; `{ tasks: [...] }`; or `{ generate: { … } }`. */
export const gpuJobsWorkload = z.union([
  workloadName,
  z
    .strictObject({
      name: z.unknown().optional(),
      builtin: workloadName.nullish(),
      tasks: taskList.nullish(),
      generate: generatorSchema.nullish(),
    })
    .refine(hasOneKind, {
      error: 'must have exactly one of builtin, tasks and generate',
      when: ({ value }) => typeof value === 'object' && value !== null,
    })
    .transform(({ builtin, tasks, generate }): JobWorkload => {
      if (tasks) return { kind: 'tasks', tasks };
      return generate ? { kind: 'generated', spec: generate } : builtin!;
    }),
]);

function namedWorkload(name: string): JobWorkload {
  if (Object.hasOwn(BUILTIN_WORKLOADS, name)) return { kind: 'tasks', tasks: BUILTIN_WORKLOADS[name]! };
  if (Object.hasOwn(PRESETS, name)) return { kind: 'generated', spec: PRESETS[name]! };
  throw unknownName('workload', name, NAMES);
}
