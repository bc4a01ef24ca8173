import type { Json } from '../../base/json.ts';
import { parsePart } from '../../document/schema.ts';
import { generateTasks } from './generator.ts';
import type { Task } from './task.ts';
import { gpuJobsWorkload, type JobWorkload } from './workload-schema.ts';

/** @throws InputError with every problem; paths start with `path` */
export function parseWorkload(document: Json, path: readonly (string | number)[]): JobWorkload {
  return parsePart(gpuJobsWorkload, document, path);
}

export function workloadTasks(workload: JobWorkload, seed: number): readonly Task[] {
  return workload.kind === 'tasks' ? workload.tasks : generateTasks(workload.spec, seed);
}
