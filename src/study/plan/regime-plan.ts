import { InputError, type SourcePosition } from '../../base/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../base/json.ts';
import { merge } from '../../document/merge.ts';
import type { MetricSpec } from '../../simulators/simulator.ts';
import { type Regime, type Regimes, regimeMetricSpecs } from '../regimes/regimes.ts';
import type { StudySpec } from './study-spec.ts';
import type { StrategyTemplate } from './template.ts';

/** A document that can say where its values were written. */
interface RegimeSource {
  readonly value: Json;
  locate(path: readonly (string | number)[]): SourcePosition;
}

/** The documents that workloads come from: a study, the workload file of all, and those of each. */
export interface RegimeSources {
  readonly study: RegimeSource;
  readonly workload: RegimeSource | null;
  readonly workloads?: readonly (RegimeSource | null)[];
}

/**
 * The workloads of a study: each is the file or the document it names, else the study's `workload`, with the study's
 * and then its own overrides laid over it. Null for a study with one workload.
 */
export function resolveRegimes(sources: RegimeSources, spec: StudySpec): Regimes | null {
  if (spec.workloads === undefined) return null;
  const common = sources.workload?.value ?? (typeof spec.workload === 'object' ? (spec.workload as Json) : {});
  const workloads = spec.workloads.map(({ name, workload, workload_overrides: overrides, config }, index) => {
    const own = sources.workloads?.[index]?.value ?? (typeof workload === 'object' ? (workload as Json) : common);
    const layers = [spec.workload_overrides, overrides].filter((layer) => layer !== undefined) as Json[];
    return { name, workload: layers.reduce(merge, own), config: (config as Json | undefined) ?? null };
  });
  return { aggregate: spec.regime ?? 'worst', workloads };
}

/** The strategy as it runs in one regime. */
export function regimeTemplate(template: StrategyTemplate, { config }: Regime): StrategyTemplate {
  return config === null ? template : { ...template, config: merge(template.config, config) };
}

/** Finds the document behind a complaint that is not about one workload alone. */
type PlaceError = (error: InputError) => InputError;

/** Metrics of a study over regimes. @throws InputError placed in the workload that the simulator refuses */
export function describeRegimes(
  sources: RegimeSources,
  regimes: Regimes,
  place: PlaceError,
  metricsOf: (regime: Regime) => readonly MetricSpec[],
): readonly MetricSpec[] {
  const specs = regimes.workloads.map((regime, index) => {
    try {
      return metricsOf(regime);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      throw placeRegimeError(sources, index, place, error);
    }
  });
  return regimeMetricSpecs(regimes, specs);
}

/** A complaint about one of several workloads: in its overrides, in its own text, in its file, or in what all share. */
function placeRegimeError(sources: RegimeSources, index: number, place: PlaceError, error: InputError): InputError {
  return error.map((problem) => placeRegimeProblem(sources, index, place, problem));
}

function placeRegimeProblem(sources: RegimeSources, index: number, place: PlaceError, error: InputError): InputError {
  if (error.position !== undefined) return error;
  const [root, ...rest] = error.path;
  const entry = ((sources.study.value as JsonObject)['workloads'] as readonly JsonObject[])[index]!;
  const config = entry['config'];
  if (root === 'config' && isJsonObject(config) && rest.length > 0 && Object.hasOwn(config, String(rest[0]))) {
    return error.at({ position: sources.study.locate(['workloads', index, 'config', ...rest]) });
  }
  if (root !== 'workload') return place(error);
  const overrides = entry['workload_overrides'];
  if (isJsonObject(overrides) && rest.length > 0 && Object.hasOwn(overrides, String(rest[0]))) {
    return error.at({ position: sources.study.locate(['workloads', index, 'workload_overrides', ...rest]) });
  }
  const file = sources.workloads?.[index] ?? null;
  if (file !== null) return error.at({ position: file.locate(rest) });
  if (entry['workload'] === undefined) return place(error);
  return error.at({ position: sources.study.locate(['workloads', index, 'workload', ...rest]) });
}
