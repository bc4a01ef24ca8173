import type { JsonObject } from '../../base/json.ts';
import type { Ordering } from '../../simulators/gpu-jobs/ordering.ts';
import type { Task } from '../../simulators/gpu-jobs/task.ts';

/** A workload with its tasks drawn. */
export interface DrawnWorkload {
  readonly name: string;
  readonly tasks: readonly Task[];
}

export interface NamedOrdering {
  readonly name: string;
  readonly ordering: Ordering;
}

/** What a comparison has to say and to write; nothing is written before everything has been computed. */
export interface RunReport {
  readonly text: string;
  readonly document: JsonObject;
  readonly files: readonly { readonly file: string; readonly text: string }[];
}

/** `out.csv` → `out-discriminating_FIFO.csv`. */
export function fileFor(file: string, run: string): string {
  const dot = file.lastIndexOf('.');
  const cut = dot > file.lastIndexOf('/') ? dot : file.length;
  return `${file.slice(0, cut)}-${run}${file.slice(cut)}`;
}
