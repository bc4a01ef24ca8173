import { z } from 'zod';
import { unknownName } from '../../base/errors.ts';
import { readBy } from '../../document/schema-parts.ts';
import { BUILTIN_WORKLOADS } from './builtin-workloads.ts';
import { type GeneratorSpec, PRESETS } from './generator.ts';
import { generatorSchema } from './generator-schema.ts';
import type { Task } from './task.ts';
import { modelName, taskList } from './task-schema.ts';
import { DEFAULT_TRACE_MODEL, type RecordedRows, recordedRows, traceTasks } from './trace-tasks.ts';
import { amount, text, whole } from './written-values.ts';

/** Tasks that are given, or a recipe that draws them anew for every seed. */
export type JobWorkload =
  | { readonly kind: 'tasks'; readonly tasks: readonly Task[] }
  | { readonly kind: 'generated'; readonly spec: GeneratorSpec };

const NAMES: readonly string[] = [...Object.keys(BUILTIN_WORKLOADS), ...Object.keys(PRESETS)];

/** A built-in workload (`discriminating`, `staggered`) or a preset (`low`, `medium`, `high`, `extreme`). */
const workloadName = text.meta({ type: 'string', enum: NAMES }).transform(readBy(namedWorkload));

const KINDS = ['builtin', 'tasks', 'generate', 'trace'] as const;

const hasOneKind = (document: Readonly<Record<string, unknown>>): boolean =>
  KINDS.filter((kind) => (document[kind] ?? null) !== null).length === 1;

/** Once the file that `trace` names was read, its rows stand there. */
const readRows = z
  .custom<RecordedRows>((value) => typeof value === 'object' && value !== null, {
    error: 'must name a file of a trace, and is read in workload files and studies only',
  })
  .meta({ type: 'string' });

/** A workload document: a name, alone or as `{ builtin: name }`; `{ tasks: [...] }`; `{ generate: { … } }`; or `{ trace: file }`. */
export const gpuJobsWorkload = z.union([
  workloadName,
  z
    .strictObject({
      name: z.unknown().optional(),
      builtin: workloadName.nullish(),
      tasks: taskList.nullish(),
      generate: generatorSchema.nullish(),
      trace: readRows.nullish(),
      model: modelName.nullish().describe('of a trace: serves all requests; default: Qwen3'),
      num_requests: whole({ min: 1 }).nullish().describe('of a trace: the first ones'),
      rate_factor: amount({ above: 0 }).nullish().describe('of a trace: 2 = twice as many requests per second'),
      goodput_slo_targets: z.unknown().optional(),
    })
    .refine(hasOneKind, {
      error: 'must have exactly one of builtin, tasks, generate and trace',
      when: ({ value }) => typeof value === 'object' && value !== null,
    })
    .transform(({ builtin, tasks, generate, trace, model, num_requests: count, rate_factor: factor }): JobWorkload => {
      if (tasks) return { kind: 'tasks', tasks };
      if (trace) {
        const rows = recordedRows(trace).slice(0, count ?? undefined);
        return {
          kind: 'tasks',
          tasks: traceTasks(rows, { model: model?.name ?? DEFAULT_TRACE_MODEL, speed: factor ?? 1 }),
        };
      }
      return generate ? { kind: 'generated', spec: generate } : builtin!;
    }),
]);

function namedWorkload(name: string): JobWorkload {
  if (Object.hasOwn(BUILTIN_WORKLOADS, name)) return { kind: 'tasks', tasks: BUILTIN_WORKLOADS[name]! };
  if (Object.hasOwn(PRESETS, name)) return { kind: 'generated', spec: PRESETS[name]! };
  throw unknownName('workload', name, NAMES);
}
