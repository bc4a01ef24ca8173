import { parseWith } from '../../document/schema.ts';
import { placed } from '../../document/yaml.ts';
import { type ClusterSpec, clusterSchema } from '../../simulators/gpu-jobs/cluster-spec.ts';
import type { Task } from '../../simulators/gpu-jobs/task.ts';
import { isTraceCsv, parseTaskCsv, parseTraceCsv } from '../../simulators/gpu-jobs/task-csv.ts';
import { gpuJobsWorkload, type JobWorkload } from '../../simulators/gpu-jobs/workload-schema.ts';
import { readTextFile } from '../../study/io/text-file.ts';
import { readYamlFile } from '../../study/io/yaml-file.ts';

/** A workload under the name that its results carry. */
export interface NamedWorkload {
  readonly name: string;
  readonly workload: JobWorkload;
}

const YAML = /\.(ya?ml|json)$/i;

/** A cluster by name or from a file. @throws InputError */
export function readCluster(nameOrFile: string): ClusterSpec {
  if (!YAML.test(nameOrFile)) return parseWith(clusterSchema, nameOrFile);
  const source = readYamlFile(nameOrFile);
  return placed(source, 0, () => parseWith(clusterSchema, source.value));
}

/** A built-in workload or preset by name, or a workload file. @throws InputError */
export function readWorkload(nameOrFile: string): NamedWorkload {
  if (!YAML.test(nameOrFile)) return { name: nameOrFile, workload: parseWith(gpuJobsWorkload, nameOrFile) };
  const source = readYamlFile(nameOrFile);
  const workload = placed(source, 0, () => parseWith(gpuJobsWorkload, source.value));
  return { name: fileStem(nameOrFile), workload };
}

/** A task table or a request log. @param options - of a request log. @throws InputError */
export function readTasks(file: string, options: { readonly model: string; readonly speed: number }): readonly Task[] {
  const text = readTextFile(file);
  return isTraceCsv(text) ? parseTraceCsv(text, file, options) : parseTaskCsv(text, file);
}

export function fileStem(file: string): string {
  return (file.split('/').at(-1) ?? file).replace(/\.[^.]+$/, '');
}
