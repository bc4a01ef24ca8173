import type { JsonObject } from '../../base/json.ts';
import type { Task } from '../../simulators/gpu-jobs/task.ts';

/** A workload with its tasks drawn. */
export interface DrawnWorkload {
  readonly name: string;
  readonly tasks: readonly Task[];
}

/** What a command has to say and to write; nothing is written before everything has been computed. */
export interface RunReport {
  readonly text: string;
  readonly document: JsonObject;
  readonly files: readonly { readonly file: string; readonly text: string }[];
}
