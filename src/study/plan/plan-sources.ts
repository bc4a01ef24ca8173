import { InputError, type SourcePosition } from '../../base/errors.ts';
import { isJsonObject, type Json, type JsonObject, textHash } from '../../base/json.ts';

/** A document of a study with the means to say where its values were written. */
export interface PlanSource {
  readonly file: string;
  readonly text: string;
  readonly value: Json;
  locate(path: readonly (string | number)[]): {
    readonly file: string;
    readonly line?: number;
    readonly column?: number;
  };
}

export interface PlanSources {
  readonly study: PlanSource;
  readonly strategy: PlanSource;
  readonly space: PlanSource | null;
  readonly workload: PlanSource | null;
  /** Workload files of a study over several workloads, in its order; null where one names no file of its own. */
  readonly workloads?: readonly (PlanSource | null)[];
  /** Points of earlier runs, as `readEarlier` found them. */
  readonly earlier?: PlanSource | null;
  /** The run that this one goes on from; see `ExtensionDocument`. */
  readonly extension?: PlanSource | null;
  /** What the latencies were calibrated by. */
  readonly calibration?: PlanSource | null;
  /** Policy modules: text only. */
  readonly policies: readonly PolicySource[];
}

export interface PolicySource {
  readonly file: string;
  readonly text: string;
  /** What it imports by path, seen from its folder; absent where a record does not tell. */
  readonly imports?: readonly { readonly file: string; readonly text: string }[];
  /** The file lies in no folder of the project. */
  readonly outside?: true;
  /** Of a recorded run: the file was found by its place beside the run alone. */
  readonly besideRun?: true;
}

/** Places what `body` complains about in the document it is about. */
export function inDocument<T>(source: PlanSource, body: () => T): T {
  try {
    return body();
  } catch (error) {
    throw error instanceof InputError ? error.placedBy((path) => source.locate(locatable(source, path))) : error;
  }
}

export async function inDocumentAsync<T>(source: PlanSource, body: () => Promise<T>): Promise<T> {
  try {
    return await body();
  } catch (error) {
    throw error instanceof InputError ? error.placedBy(source.locate) : error;
  }
}

/** The short form of a search space has names where the list form has indices. */
export function locatable(source: PlanSource, path: readonly (string | number)[]): readonly (string | number)[] {
  const block = (source.value as JsonObject)['parameters'];
  if (path[0] !== 'parameters' || typeof path[1] !== 'number' || !isJsonObject(block)) return path;
  return ['parameters', Object.keys(block)[path[1]]!];
}

/** Finds the document in which a simulator's complaint was written: study overrides win over strategy and workload. */
export function placeSimulatorError(sources: PlanSources, error: InputError): InputError {
  return error.placedBy((path) => placeOf(sources, path));
}

function placeOf(sources: PlanSources, path: readonly (string | number)[]): SourcePosition {
  const [root, ...rest] = path;
  const study = sources.study.value as JsonObject;
  if (root === 'config') {
    const overridden =
      rest.length > 0 && isJsonObject(study['config']) && Object.hasOwn(study['config'], String(rest[0]));
    const source = overridden
      ? sources.study
      : isCalibrated(sources, rest[0])
        ? sources.calibration!
        : sources.strategy;
    return source.locate(['config', ...rest]);
  }
  if (root === 'workload') {
    const overrides = study['workload_overrides'];
    if (isJsonObject(overrides) && rest.length > 0 && Object.hasOwn(overrides, String(rest[0]))) {
      return sources.study.locate(['workload_overrides', ...rest]);
    }
    const source = sources.workload ?? sources.study;
    return source.locate(sources.workload === null ? ['workload', ...rest] : rest);
  }
  if (root === 'slo' || root === 'measure') return sources.study.locate(path);
  return sources.strategy.locate(path);
}

/** Hashes of all documents, in a fixed order; they decide what a study computes. */
export function documentHashes(sources: PlanSources): readonly string[] {
  const { study, strategy, space, workload, policies, earlier, calibration, extension } = sources;
  const regimes = sources.workloads ?? [];
  const modules = policies.flatMap((policy) => [policy, ...(policy.imports ?? [])]);
  const optional = [earlier, calibration, extension].filter((source) => source != null);
  const documents = [study, strategy, space, workload, ...regimes, ...modules, ...optional];
  return documents.map((source) => (source === null ? '' : textHash(source.text)));
}

function isCalibrated({ calibration }: PlanSources, key: string | number | undefined): boolean {
  const config = calibration == null ? undefined : (calibration.value as JsonObject)['config'];
  return key !== undefined && isJsonObject(config) && Object.hasOwn(config, String(key));
}
