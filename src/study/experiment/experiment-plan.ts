import { InputError, nearestName } from '../../base/errors.ts';
import { contentHash, isJsonObject, type Json, type JsonObject, textHash } from '../../base/json.ts';
import { nameList, shortText } from '../../base/short-text.ts';
import { merge } from '../../document/merge.ts';
import type { ParameterValue, SearchSpace } from '../../optimizer/space/parameter.ts';
import { type Measurement, WHOLE_RUN } from '../../simulators/measurement.ts';
import type { MetricSpec, PolicyModules, Simulator } from '../../simulators/simulator.ts';
import { type DiagnosticFigure, figureMetric } from '../diagnostic-figures.ts';
import type { EvaluationSetup } from '../evaluation.ts';
import { measureKeys, measurementOf } from '../plan/measure-spec.ts';
import type { PlanSource, PolicySource } from '../plan/plan-sources.ts';
import { parseStrategyFile } from '../plan/strategy-file.ts';
import { type BaselineValue, instantiate, type StrategyTemplate } from '../plan/template.ts';
import { type ArmSpec, armReferences, type ExperimentSpec, parseExperimentFile } from './experiment-file.ts';

/** A tuned point that an arm takes its values from. */
export interface TunedPoint {
  readonly space: SearchSpace;
  readonly values: Readonly<Record<string, ParameterValue>>;
}

/** The documents of one arm, already read. */
export interface ArmSources {
  readonly strategy: PlanSource;
  readonly workload: PlanSource | null;
  readonly point: TunedPoint | null;
  readonly policies: readonly PolicySource[];
}

export interface ExperimentPlan {
  readonly spec: ExperimentSpec;
  readonly hash: string;
  /** One setup an arm, in the order of `armNames`; no holes are left. */
  readonly setups: readonly EvaluationSetup[];
  readonly armNames: readonly string[];
  readonly metrics: readonly MetricSpec[];
}

/** Of a policy module and what it imports. */
function moduleHashes({ text, imports = [] }: PolicySource): string[] {
  return [text, ...imports.map((one) => one.text)].map(textHash);
}

const EMPTY_SPACE: SearchSpace = { parameters: [] };

/**
 * Resolves an experiment.
 * @param readArm - reads what an arm names
 * @throws InputError placed in the experiment file
 */
export async function resolveExperiment(
  source: PlanSource,
  readArm: (spec: ExperimentSpec, name: string, arm: ArmSpec) => Promise<ArmSources>,
  createSimulator: (name: string) => Promise<Simulator>,
): Promise<ExperimentPlan> {
  const spec = parsePlaced(source);
  const figures = figuresOf(spec);
  const armNames = Object.keys(spec.arms);
  const setups: EvaluationSetup[] = [];
  const metricsOf = new Map<string, readonly MetricSpec[]>();
  const texts: string[] = [textHash(source.text)];
  for (const name of armNames) {
    const path = ['arms', name];
    try {
      const sources = await readArm(spec, name, spec.arms[name]!);
      const setup = { ...armSetup(spec, spec.arms[name]!, sources), ...(figures.length > 0 ? { figures } : {}) };
      const simulator = await createSimulator(setup.simulator);
      const policies: PolicyModules = sources.policies.length === 0 ? [] : 'not-loaded';
      const input = { config: setup.template.config, workload: setup.workload, policies };
      const measurement = armMeasurement(
        spec,
        name,
        simulator,
        figures,
        (detail) => simulator.prepare({ ...input, ...(detail === null ? {} : { measurement: detail }) }).metrics,
      );
      metricsOf.set(name, mergeMetrics(measurement.metrics, figures.map(figureMetric)));
      setups.push({ ...setup, ...(measurement.of === null ? {} : { measurement: measurement.of }) });
      texts.push(contentHash([setup.template.config, setup.workload, ...sources.policies.flatMap(moduleHashes)]));
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      throw error
        .map((problem) => (problem.position === undefined ? problem.at({ prefix: path }) : problem))
        .placedBy(source.locate);
    }
  }
  const metrics = [...metricsOf.values()].reduce(mergeMetrics, []);
  checkMetrics(source, spec, metricsOf, metrics);
  return { spec, hash: contentHash(texts), setups, armNames, metrics };
}

function parsePlaced(source: PlanSource): ExperimentSpec {
  try {
    return parseExperimentFile(source.value);
  } catch (error) {
    throw error instanceof InputError ? error.placedBy(source.locate) : error;
  }
}

function figuresOf(spec: ExperimentSpec): readonly DiagnosticFigure[] {
  return (spec.figures ?? []).map((figure) => ({
    ...figure,
    unit: figure.unit ?? '1',
    description: figure.description ?? `${figure.statistic} of ${figure.path}`,
  }));
}

/** In detail where the experiment says so, or names a metric that is told only then. */
function armMeasurement(
  spec: ExperimentSpec,
  name: string,
  simulator: Simulator,
  figures: readonly DiagnosticFigure[],
  describe: (measurement: Measurement | null) => readonly MetricSpec[],
): { readonly metrics: readonly MetricSpec[]; readonly of: Measurement | null } {
  const asked = measurementOf(measureKeys(spec.arms[name]!, spec));
  if (asked !== null && simulator.measures !== true) {
    throw new InputError(`simulator ${shortText(simulator.name)} measures whole runs only`, {
      path: [spec.measure === undefined ? 'slo' : 'measure'],
    });
  }
  const metrics = describe(asked);
  const named = [
    ...(spec.show ?? []),
    ...spec.claims.filter((claim) => armReferences(claim).some(([, arm]) => arm === name)).map(({ metric }) => metric),
  ];
  const known = new Set([...metrics, ...figures].map((metric) => metric.name));
  const unknown = named.filter((one) => !known.has(one));
  if (asked !== null || simulator.measures !== true || unknown.length === 0) return { metrics, of: asked };
  const detailed = describe(WHOLE_RUN);
  return detailed.some((metric) => unknown.includes(metric.name))
    ? { metrics: detailed, of: WHOLE_RUN }
    : { metrics, of: null };
}

function armSetup(spec: ExperimentSpec, arm: ArmSpec, sources: ArmSources): EvaluationSetup {
  const { template } = parseStrategyFile(sources.strategy.value);
  const values: Record<string, BaselineValue> = { ...template.baseline };
  for (const [name, value] of Object.entries(sources.point === null ? {} : namedWeights(sources.point)))
    values[name] = value;
  for (const [name, value] of Object.entries(arm.values ?? {})) {
    if (!Object.hasOwn(template.baseline, name)) {
      throw new InputError(`strategy ${shortText(template.name)} has no parameter ${shortText(name)}`, {
        path: ['values', name],
        suggestion: `its parameters: ${nameList(Object.keys(template.baseline)) || 'none'}`,
      });
    }
    values[name] = value;
  }
  const layered = [spec.config, arm.config].reduce<Json>(
    (config, layer) => (layer === undefined ? config : merge(config, layer as Json)),
    template.config,
  );
  const filled: StrategyTemplate = { ...template, config: layered, baseline: values };
  return {
    simulator: template.simulator,
    template: { ...filled, config: instantiate(filled, EMPTY_SPACE, {}) },
    space: EMPTY_SPACE,
    workload: armWorkload(spec, arm, sources),
    policies: sources.policies.map(({ file }) => file),
  };
}

/** Weight vectors of a tuned point as maps, as a strategy's baseline writes them. */
function namedWeights(point: TunedPoint): Record<string, BaselineValue> {
  const entries = point.space.parameters.flatMap((parameter): [string, BaselineValue][] => {
    const value = point.values[parameter.name];
    if (value === undefined) return [];
    if (parameter.kind !== 'simplex') return [[parameter.name, value as BaselineValue]];
    return [
      [
        parameter.name,
        Object.fromEntries(parameter.components.map((name, index) => [name, (value as readonly number[])[index]!])),
      ],
    ];
  });
  return Object.fromEntries(entries);
}

function armWorkload(spec: ExperimentSpec, arm: ArmSpec, sources: ArmSources): Json {
  const inline = [arm.workload, spec.workload].find((workload) => workload !== undefined);
  const base: Json = sources.workload?.value ?? (isJsonObject(inline as Json) ? (inline as JsonObject) : null);
  return [spec.workload_overrides, arm.workload_overrides].reduce<Json>(
    (workload, layer) => (layer === undefined ? workload : merge(workload ?? {}, layer as Json)),
    base,
  );
}

function mergeMetrics(known: readonly MetricSpec[], more: readonly MetricSpec[]): readonly MetricSpec[] {
  return [...known, ...more.filter(({ name }) => !known.some((metric) => metric.name === name))];
}

/** Every claim's metric must be known in every arm that the claim speaks of. */
function checkMetrics(
  source: PlanSource,
  spec: ExperimentSpec,
  metricsOf: ReadonlyMap<string, readonly MetricSpec[]>,
  all: readonly MetricSpec[],
): void {
  for (const [index, claim] of spec.claims.entries()) {
    const path = ['claims', index, 'metric'];
    for (const [, arm] of armReferences(claim)) requireMetric(source, path, claim.metric, metricsOf.get(arm)!, arm);
  }
  for (const [index, name] of (spec.show ?? []).entries()) requireMetric(source, ['show', index], name, all, null);
}

function requireMetric(
  source: PlanSource,
  path: readonly (string | number)[],
  name: string,
  metrics: readonly MetricSpec[],
  arm: string | null,
): void {
  if (metrics.some((metric) => metric.name === name)) return;
  const known = metrics.map((metric) => metric.name);
  const near = nearestName(name, known);
  throw new InputError(`unknown metric ${shortText(name)}${arm === null ? '' : ` in arm ${shortText(arm)}`}`, {
    path,
    position: source.locate(path),
    suggestion: `${near === undefined ? '' : `did you mean ${shortText(near)}? `}known: ${nameList(known)}`,
  });
}
