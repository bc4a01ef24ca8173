import { parseWith } from '../../document/schema.ts';
import { placed } from '../../document/yaml.ts';
import { type ClusterSpec, clusterSchema } from '../../simulators/gpu-jobs/cluster-spec.ts';
import type { Task } from '../../simulators/gpu-jobs/task.ts';
import { isTaskCsv, isTraceCsv, parseTaskCsv, parseTraceCsv } from '../../simulators/gpu-jobs/task-csv.ts';
import { traceTasks } from '../../simulators/gpu-jobs/trace-tasks.ts';
import { gpuJobsWorkload, type JobWorkload } from '../../simulators/gpu-jobs/workload-schema.ts';
import type { TraceRow } from '../../simulators/workload/trace-row.ts';
import { readTextFile } from '../../study/io/text-file.ts';
import { readYamlFile } from '../../study/io/yaml-file.ts';

/** A workload under the name that its results carry. */
export interface NamedWorkload {
  readonly name: string;
  readonly workload: JobWorkload;
}

const YAML = /\.(ya?ml|json)$/i;
/** Of a trace of two files the one without rows. */
const YAML_HEADER = /\.ya?ml$/i;

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

/**
 * A task table, a request log, or a trace.
 * @param options - of requests
 * @param readTrace - reads traces of any format
 * @throws InputError
 */
export function readTasks(
  file: string,
  options: { readonly model: string; readonly speed: number },
  readTrace: (text: string, file: string) => readonly TraceRow[],
): readonly Task[] {
  const data = file.replace(YAML_HEADER, '.csv');
  const text = readTextFile(data);
  if (isTaskCsv(text)) return parseTaskCsv(text, data);
  return isTraceCsv(text) ? parseTraceCsv(text, data, options) : traceTasks(readTrace(text, data), options);
}

export function fileStem(file: string): string {
  return (file.split('/').at(-1) ?? file).replace(/\.[^.]+$/, '');
}
