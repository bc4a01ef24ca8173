import { existsSync } from 'node:fs';
import { dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { InputError } from '../../base/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../base/json.ts';
import { ProblemList } from '../../base/problem-list.ts';
import { shortKey } from '../../base/short-text.ts';
import { placed, type YamlSource } from '../../document/yaml.ts';
import type { PlanSource, PlanSources } from '../plan/plan-sources.ts';
import { parseSearchSpace } from '../plan/search-space-file.ts';
import { parseStrategyFile, type StrategyFile } from '../plan/strategy-file.ts';
import { parseStudyFile, type StudySpec } from '../plan/study-spec.ts';
import { isOutsideProject, policyImports, policyName } from './load-policy.ts';
import { readEarlier } from './read-earlier.ts';
import { shownSource } from './shown-source.ts';
import { readTextFile } from './text-file.ts';
import { isTraceHeader } from './trace-data.ts';
import { withWorkloadData } from './workload-data.ts';
import { readYamlFile } from './yaml-file.ts';

/** Reads a study file and every file it names. Names inside a study are relative to the study file. */
export function loadStudySources(studyFile: string): PlanSources {
  const study = readYamlFile(studyFile);
  const folder = dirname(studyFile);
  const { spec, strategy, parsed, space } = readTogether(study, folder);
  const strategyFolder = dirname(resolve(folder, spec.strategy));
  const workloadName = typeof spec.workload === 'string' ? spec.workload : null;
  const workload =
    workloadName !== null
      ? readWorkloadFile(study, ['workload'], folder, workloadName)
      : namesTrace(spec.workload)
        ? inlineTrace(study, ['workload'], folder)
        : parsed.workloadFile !== null && spec.workload === undefined
          ? readWorkloadFile(strategy, ['workload_spec'], strategyFolder, parsed.workloadFile)
          : null;
  return {
    study: shownSource(study),
    strategy: shownSource(strategy),
    space: space === null ? null : shownSource(space),
    workload,
    ...(spec.calibration === undefined
      ? {}
      : { calibration: shownSource(readReferenced(study, ['calibration'], folder, spec.calibration)) }),
    earlier: spec.warm_start === undefined ? null : readEarlier(study, folder, { spec, workload }),
    ...(spec.workloads === undefined ? {} : { workloads: readRegimeFiles(study, folder, spec.workloads) }),
    policies: parsed.template.policies.map((name, index) => readPolicy(strategy, index, strategyFolder, name)),
  };
}

interface ReadTogether {
  readonly spec: StudySpec;
  readonly strategy: YamlSource;
  readonly parsed: StrategyFile;
  readonly space: YamlSource | null;
}

/** Study, strategy and search space. @throws InputError with the problems of all three */
function readTogether(study: YamlSource, folder: string): ReadTogether {
  const problems = new ProblemList();
  const spec = problems.attempt(() => placed(study, 0, () => parseStudyFile(study.value)));
  const strategy = readNamed(problems, study, folder, 'strategy');
  const parsed =
    strategy === null ? null : problems.attempt(() => placed(strategy, 0, () => parseStrategyFile(strategy.value)));
  const space = readNamed(problems, study, folder, 'space');
  if (space !== null) problems.attempt(() => placed(space, 0, () => parseSearchSpace(space.value)));
  problems.refuse();
  return { spec: spec!, strategy: strategy!, parsed: parsed!, space };
}

/** The file named under `key`; null where the study names none or it cannot be read, which is then a problem. */
function readNamed(problems: ProblemList, study: YamlSource, folder: string, key: string): YamlSource | null {
  const name = isJsonObject(study.value) ? study.value[key] : undefined;
  if (typeof name !== 'string' || name === '') return null;
  return problems.attempt(() => readReferenced(study, [key], folder, name)) ?? null;
}

function readRegimeFiles(
  study: YamlSource,
  folder: string,
  regimes: readonly { readonly workload?: unknown }[],
): readonly (PlanSource | null)[] {
  return regimes.map(({ workload }, index) =>
    typeof workload === 'string'
      ? readWorkloadFile(study, ['workloads', index, 'workload'], folder, workload)
      : namesTrace(workload)
        ? inlineTrace(study, ['workloads', index, 'workload'], folder)
        : null,
  );
}

/** With what it names itself: a recorded study does without other files. */
function readWorkloadFile(...reference: Parameters<typeof readReferenced>): PlanSource {
  return shownSource(withWorkloadData(readReferenced(...reference)).source);
}

/** A workload written inside a study, as a document of its own if it names a trace. */
function inlineTrace(study: YamlSource, path: readonly (string | number)[], folder: string): PlanSource {
  const value = path.reduce<Json>((node, step) => (node as Record<string | number, Json>)[step]!, study.value);
  const inner = { ...study, value, locate: (rest: readonly (string | number)[]) => study.locate([...path, ...rest]) };
  return shownSource(withWorkloadData(inner, { from: [folder] }).source);
}

function namesTrace(workload: unknown): boolean {
  return isJsonObject(workload as Json) && typeof (workload as JsonObject)['trace'] === 'string';
}

function readReferenced(
  from: YamlSource,
  path: readonly (string | number)[],
  folder: string,
  name: string,
): YamlSource {
  const file = isAbsolute(name) ? name : join(folder, name);
  if (!existsSync(file)) {
    throw new InputError(`file not found: ${shortKey(name)}`, {
      path,
      position: from.locate(path),
      suggestion: `paths are relative to ${relative(process.cwd(), folder) || '.'}/`,
    });
  }
  return readYamlFile(file);
}

export function readPolicy(
  from: YamlSource,
  index: number,
  folder: string,
  name: string,
): PlanSources['policies'][number] {
  const file = resolve(folder, name);
  if (!existsSync(file)) {
    const path = ['policies', index];
    throw new InputError(`file not found: ${shortKey(name)}`, { path, position: from.locate(path) });
  }
  const outside = isOutsideProject(file, folder) ? ({ outside: true } as const) : {};
  return { file: policyName(file), text: readTextFile(file), imports: policyImports(file), ...outside };
}

const WORKLOAD_KEYS = ['clients', 'aggregate_rate', 'cohorts', 'inference_perf', 'servegen_data', 'trace'];

/** The kind of a document, by its keys. */
export function documentKind(
  source: YamlSource,
): 'experiment' | 'study' | 'strategy' | 'space' | 'workload' | 'endpoint-picker' | 'unknown' {
  const { value } = source;
  if (!isJsonObject(value)) return 'unknown';
  if (value['kind'] === 'EndpointPickerConfig') return 'endpoint-picker';
  if ('arms' in value) return 'experiment';
  if ('strategy' in value || 'objectives' in value || 'budget' in value) return 'study';
  if ('simulator' in value || 'config' in value || 'fixed_args' in value || 'objective' in value) return 'strategy';
  if ('parameters' in value) return hasFlags(value['parameters']) ? 'strategy' : 'space';
  return WORKLOAD_KEYS.some((key) => key in value) || isTraceHeader(value) ? 'workload' : 'unknown';
}

function hasFlags(parameters: unknown): boolean {
  return (
    Array.isArray(parameters) &&
    parameters.some((entry) => typeof entry === 'object' && entry !== null && 'flag' in entry)
  );
}
