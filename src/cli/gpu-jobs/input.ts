import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { describeProblem, InputError } from '../../base/errors.ts';
import type { Json } from '../../base/json.ts';
import { shortText } from '../../base/short-text.ts';
import { placed } from '../../document/yaml.ts';
import { type ClusterSpec, clusterByName, parseCluster } from '../../simulators/gpu-jobs/cluster-spec.ts';
import { NAMED_ORDERINGS, type Ordering, parseOrdering } from '../../simulators/gpu-jobs/ordering.ts';
import type { Task } from '../../simulators/gpu-jobs/task.ts';
import { isTraceCsv, parseTaskCsv, parseTraceCsv } from '../../simulators/gpu-jobs/task-csv.ts';
import { type JobWorkload, parseWorkload } from '../../simulators/gpu-jobs/workload-document.ts';
import { writeFileAtomically } from '../../study/io/atomic-file.ts';
import { readYamlFile } from '../../study/io/yaml-file.ts';
import type { Flags } from '../terminal/command.ts';

/** A workload under the name its results carry. */
export interface NamedWorkload {
  readonly name: string;
  readonly workload: JobWorkload;
}

const DEFAULT_ALGORITHMS = ['FIFO', 'WeightedFIFO', 'SRPT', 'WSRPT'];
const YAML = /\.(ya?ml|json)$/i;

/** A cluster by name or from a file. */
export function clusterFlag(text: string): ClusterSpec {
  if (!YAML.test(text)) return named('cluster', () => clusterByName(text));
  const source = readYamlFile(text);
  return placed(source, 0, () => parseCluster(source.value, []));
}

/** A built-in workload or preset by name, or a workload file. */
export function workloadFlag(text: string): NamedWorkload {
  if (!YAML.test(text)) return { name: text, workload: named('workload', () => parseWorkload(text, [])) };
  const source = readYamlFile(text);
  const workload = placed(source, 0, () => parseWorkload(source.value, []));
  return { name: fileStem(text), workload };
}

/** A task table or a request log. */
export function tasksFlag(file: string, options: { readonly model: string; readonly speed: number }): readonly Task[] {
  if (!existsSync(file)) throw new InputError('file not found', { position: { file }, suggestion: 'check --tasks' });
  const text = onDisk(file, 'read', () => readFileSync(file, 'utf8'));
  return isTraceCsv(text) ? parseTraceCsv(text, file, options) : parseTaskCsv(text, file);
}

export interface NamedOrdering {
  readonly name: string;
  readonly ordering: Ordering;
}

/** Orderings by name; a repeated one is refused, since results are keyed by name. */
export function algorithmsFlag(flags: Flags): readonly NamedOrdering[] {
  const given = flags['algorithms'] ?? DEFAULT_ALGORITHMS;
  const names = (Array.isArray(given) ? given : [given]).flatMap((item) => String(item).split(','));
  const clean = names.map((name) => name.trim()).filter((name) => name !== '');
  if (clean.length === 0) {
    throw new InputError('--algorithms needs at least one name', {
      suggestion: `known: ${Object.keys(NAMED_ORDERINGS).join(', ')}`,
    });
  }
  return clean.map((name, index) => {
    const ordering = named('algorithms', () => parseOrdering(name, []));
    const official = Object.keys(NAMED_ORDERINGS).find((key) => NAMED_ORDERINGS[key] === ordering) ?? name;
    if (clean.findIndex((other) => other.toLowerCase() === name.toLowerCase()) < index) {
      throw new InputError(`--algorithms names ${official} twice`);
    }
    return { name: official, ordering };
  });
}

/** @throws InputError unless the flag is a finite number above `min` */
export function positiveFlag(flags: Flags, name: string): number | undefined {
  const value = flags[name];
  if (value === undefined) return undefined;
  const number = typeof value === 'number' ? value : Number(value);
  if (!Number.isFinite(number) || number <= 0) {
    throw new InputError(`--${name} must be a number > 0, got ${shortText(value)}`);
  }
  return number;
}

/** Puts the flag in front of errors about its value, and of errors that name a key of that flag. */
export function named<T>(flag: string, body: () => T): T {
  try {
    return body();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw error.map((problem) =>
      problem.position === undefined ? new InputError(`--${flag}: ${describeProblem(problem)}`) : problem,
    );
  }
}

/** Errors of the engines name their keys; the user wrote flags. */
export function asFlags<T>(keys: Readonly<Record<string, string>>, body: () => T): T {
  try {
    return body();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw error.map((problem) => {
      const { path, position, message, suggestion } = problem;
      const flag = keys[String(path[0])];
      if (flag === undefined || position !== undefined) return problem;
      return new InputError(`--${flag} ${message}`, suggestion === undefined ? {} : { suggestion });
    });
  }
}

/** @throws InputError when the place cannot be written */
export function writeOutput(file: string, text: string): void {
  if (file === '') throw new InputError('the name of an output file must not be empty');
  onDisk(file, 'written', () => {
    mkdirSync(dirname(file), { recursive: true });
    writeFileAtomically(file, text);
  });
}

/** What the file system refuses is the user's choice of file. */
function onDisk<T>(file: string, action: 'read' | 'written', body: () => T): T {
  try {
    return body();
  } catch (error) {
    const { code, syscall } = error as NodeJS.ErrnoException;
    if (code === undefined || syscall === undefined) throw error;
    const rule = code === 'EISDIR' ? 'is a folder, a file is needed' : `cannot be ${action} (${code})`;
    throw new InputError(rule, { position: { file }, suggestion: 'check the path' });
  }
}

export function fileStem(file: string): string {
  return (file.split('/').at(-1) ?? file).replace(/\.[^.]+$/, '');
}

/** Columns in the order of the first row. */
export function csvText(rows: readonly Readonly<Record<string, Json>>[], columns: readonly string[]): string {
  const cell = (value: Json | undefined): string => {
    const text = value === null || value === undefined || Number.isNaN(value) ? '' : String(value);
    return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return [columns.join(','), ...rows.map((row) => columns.map((name) => cell(row[name])).join(','))]
    .join('\n')
    .concat('\n');
}
