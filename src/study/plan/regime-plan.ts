import { InputError, type SourcePosition } from '../../base/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../base/json.ts';
import { merge } from '../../document/merge.ts';
import type { MetricSpec } from '../../simulators/simulator.ts';
import { type Regime, type Regimes, regimeMetricSpecs } from '../regimes/regimes.ts';
import { measureKeys, measurementOf } from './measure-spec.ts';
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

/** One of the workloads, and where the study says so. */
interface PlacedRegime extends Regime {
  /** Index in `workloads`; null = the study's one workload. */
  readonly entry: number | null;
}

/**
 * The workloads of a study: each is the file or the document it names, else the study's `workload`, with the study's
 * and then its own overrides laid over it; each of them once for every combination under `vary`. Null for a study with
 * one workload.
 */
export function resolveRegimes(sources: RegimeSources, spec: StudySpec): Regimes | null {
  const placed = placedRegimes(sources, spec);
  if (placed === null) return null;
  const [aggregate, of] = (spec.regime ?? 'worst').split('-') as [Regimes['aggregate'], 'value' | undefined];
  return { aggregate, ...(of === undefined ? {} : { of }), workloads: placed.map(({ entry: _, ...regime }) => regime) };
}

function placedRegimes(sources: RegimeSources, spec: StudySpec): readonly PlacedRegime[] | null {
  if (spec.workloads === undefined && spec.vary === undefined) return null;
  const common = sources.workload?.value ?? (typeof spec.workload === 'object' ? (spec.workload as Json) : {});
  const written = (spec.workloads ?? [{ name: '' }]).map((one, index): PlacedRegime => {
    const { name, workload, workload_overrides: overrides, config }: RegimeEntry = one;
    const own = sources.workloads?.[index]?.value ?? (typeof workload === 'object' ? (workload as Json) : common);
    const layers = [spec.workload_overrides, overrides].filter((layer) => layer !== undefined) as Json[];
    const measurement = measurementOf(measureKeys(one, spec));
    return {
      name,
      workload: layers.reduce(merge, own),
      config: (config as Json | undefined) ?? null,
      ...(measurement === null ? {} : { measurement }),
      entry: spec.workloads === undefined ? null : index,
    };
  });
  return Object.entries(spec.vary ?? {}).reduce(varied, written);
}

type RegimeEntry = NonNullable<StudySpec['workloads']>[number];

/** Settings of the workload rather than of the configuration. */
const OF_WORKLOAD = 'workload.';

/** Every workload with every value of one setting. */
function varied(
  regimes: readonly PlacedRegime[],
  [key, values]: readonly [string, readonly (string | number | boolean)[]],
): readonly PlacedRegime[] {
  return regimes.flatMap((regime) =>
    values.map((value): PlacedRegime => {
      const label = String(value)
        .replace(/^.*\//, '')
        .replace(/[^A-Za-z0-9_.-]/g, '-');
      const part = typeof value === 'string' ? label : `${key.replace(OF_WORKLOAD, '')}-${label}`;
      const name = regime.name === '' ? part : `${regime.name}-${part}`;
      return key.startsWith(OF_WORKLOAD)
        ? { ...regime, name, workload: merge(regime.workload, { [key.slice(OF_WORKLOAD.length)]: value }) }
        : { ...regime, name, config: merge(regime.config ?? {}, { [key]: value }) };
    }),
  );
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
  spec: StudySpec,
  place: PlaceError,
  metricsOf: (regime: Regime) => readonly MetricSpec[],
): readonly MetricSpec[] {
  const regimes = resolveRegimes(sources, spec)!;
  const entries = placedRegimes(sources, spec)!.map(({ entry }) => entry);
  const specs = regimes.workloads.map((regime, index) => {
    try {
      return metricsOf(regime);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      throw error.map((problem) => placeRegimeProblem(sources, entries[index]!, place, problem));
    }
  });
  return regimeMetricSpecs(regimes, specs);
}

/** A complaint about one of several workloads: in its overrides, in its own text, in its file, or in what all share. */
function placeRegimeProblem(
  sources: RegimeSources,
  index: number | null,
  place: PlaceError,
  error: InputError,
): InputError {
  if (error.position !== undefined) return error;
  const [root, ...rest] = error.path;
  const study = sources.study.value as JsonObject;
  const axis = root === 'config' ? String(rest[0]) : `${OF_WORKLOAD}${String(rest[0])}`;
  if (isJsonObject(study['vary']) && rest.length > 0 && Object.hasOwn(study['vary'], axis)) {
    return error.at({ position: sources.study.locate(['vary', axis]) });
  }
  if (index === null) return place(error);
  const entry = ((sources.study.value as JsonObject)['workloads'] as readonly JsonObject[])[index]!;
  if ((root === 'slo' || root === 'measure') && entry[root] !== undefined) {
    return error.at({ position: sources.study.locate(['workloads', index, root, ...rest]) });
  }
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
