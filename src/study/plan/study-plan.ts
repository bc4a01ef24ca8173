import { InputError, type SourcePosition } from '../../base/errors.ts';
import { contentHash, isJsonObject, type Json, type JsonObject, textHash } from '../../base/json.ts';
import { nameList, shortText } from '../../base/short-text.ts';
import { merge } from '../../document/merge.ts';
import type { ParameterPrior } from '../../optimizer/sampler/sampler.ts';
import type { ParameterValues, SearchSpace } from '../../optimizer/space/parameter.ts';
import { isInside } from '../../optimizer/space/search-space.ts';
import type { MetricSpec, PolicyModules, SimulationInput, Simulator } from '../../simulators/simulator.ts';
import type { Regimes } from '../regimes/regimes.ts';
import { describeRegimes, regimeTemplate, resolveRegimes } from './regime-plan.ts';
import { describeSavers, type Racing, resolveRacing, resolveScreening, type Screening } from './saver-settings.ts';
import { parseSearchSpace } from './search-space-file.ts';
import { parseStrategyFile, type StrategyFile } from './strategy-file.ts';
import { parseStudyFile, type StudySpec } from './study-spec.ts';
import { type ResolvedConstraint, type ResolvedObjective, resolveTargets } from './targets.ts';
import {
  type BaselineValue,
  baselineValues,
  checkHoles,
  instantiate,
  normalizeWeights,
  type StrategyTemplate,
} from './template.ts';

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
  /** Points of earlier runs, as `earlierText` wrote them. */
  readonly earlier?: PlanSource | null;
  /** Policy modules: text only. */
  readonly policies: readonly { readonly file: string; readonly text: string }[];
}

export interface StudyPlan {
  readonly name: string;
  readonly description: string;
  /** Hash of all documents and the tool's format number: equal hashes give equal journals. */
  readonly hash: string;
  readonly simulator: string;
  readonly template: StrategyTemplate;
  readonly space: SearchSpace;
  /** The first workload where there are several. */
  readonly workload: Json;
  /** Present exactly where a study has several workloads. */
  readonly regimes?: Regimes;
  /** Files of policy modules, relative to the working folder. */
  readonly policies: readonly string[];
  readonly objectives: readonly ResolvedObjective[];
  readonly constraints: readonly ResolvedConstraint[];
  readonly metrics: readonly MetricSpec[];
  readonly seeds: readonly number[];
  readonly validation: { readonly seeds: readonly number[]; readonly points: number } | null;
  readonly trials: number;
  readonly batch: number;
  readonly sampler: string;
  readonly seed: number;
  /** Null when the study compares with nothing. */
  readonly baseline: ParameterValues | null;
  readonly stop: { readonly patience?: number; readonly tolerance?: number } | null;
  /** Absent: every trial gets all seeds. */
  readonly racing?: Racing;
  /** Absent: every trial is measured on the whole workload at once. */
  readonly screening?: Screening;
  readonly priors: readonly ParameterPrior[];
  /** Means of earlier runs, by metric; they inform the model and cost no budget. */
  readonly earlier: readonly EarlierPoint[];
  /** Points to try first, in order. */
  readonly first: readonly ParameterValues[];
}

/** Raised when a change of the program changes proposals or results of old studies. */
const PLAN_FORMAT = 1;
const DEFAULT_TRIALS_PER_BATCH = 2;
const DEFAULT_VALIDATION_POINTS = 3;

/**
 * Resolves a study.
 * @param createSimulator - looks a backend up by name
 * @param policies - modules of the strategy; `not-loaded` for a recorded run that is only read
 * @throws InputError placed in the document where the mistake is
 */
export async function resolvePlan(
  sources: PlanSources,
  createSimulator: (name: string) => Promise<Simulator>,
  policies: PolicyModules = [],
): Promise<StudyPlan> {
  const spec = inDocument(sources.study, () => parseStudyFile(sources.study.value));
  const strategy = inDocument(sources.strategy, () => parseStrategyFile(sources.strategy.value));
  const { space, spaceSource } = resolveSpace(sources, strategy);
  const template = withOverrides(strategy.template, spec);
  checkTemplate(sources, spaceSource, template, space);
  const simulator = await inDocumentAsync(sources.strategy, () => createSimulator(template.simulator));
  const regimes = resolveRegimes(sources, spec);
  const workload = regimes === null ? resolveWorkload(sources, spec) : regimes.workloads[0]!.workload;
  const baseline = spec.baseline === false ? null : inDocument(spaceSource, () => baselineValues(template, space));
  const first = (spec.first ?? []).map((values, index) =>
    inDocument(sources.study, () => firstPoint(template, space, values, index)),
  );
  const probe = baseline ?? first[0] ?? baselineValues(template, space);
  const config = instantiate(template, space, probe);
  const metrics =
    regimes === null
      ? describeMetrics(sources, simulator, { config, workload, policies })
      : describeRegimes(
          sources,
          regimes,
          (error) => placeSimulatorError(sources, error),
          (one) => {
            const own = instantiate(regimeTemplate(template, one), space, probe);
            return simulator.prepare({ config: own, workload: one.workload, policies }).metrics;
          },
        );
  return {
    name: spec.name,
    description: spec.description ?? strategy.template.description,
    hash: contentHash([PLAN_FORMAT, ...documentTexts(sources)]),
    simulator: template.simulator,
    template,
    space,
    workload,
    ...(regimes === null ? {} : { regimes }),
    policies: sources.policies.map(({ file }) => file),
    ...resolveTargets(sources.study, spec, strategy, metrics),
    metrics,
    seeds: spec.seeds,
    validation: spec.validation
      ? { seeds: spec.validation.seeds, points: spec.validation.points ?? DEFAULT_VALIDATION_POINTS }
      : null,
    trials: spec.budget.trials,
    batch: spec.batch ?? DEFAULT_TRIALS_PER_BATCH,
    sampler: typeof spec.sampler === 'string' ? spec.sampler : (spec.sampler?.name ?? 'auto'),
    seed: spec.seed ?? 0,
    baseline,
    stop: spec.stop === undefined ? null : (spec.stop as NonNullable<StudyPlan['stop']>),
    ...(spec.racing === undefined ? {} : { racing: resolveRacing(spec.racing) }),
    ...(spec.screening === undefined
      ? {}
      : { screening: inDocument(sources.study, () => screeningOf(spec, simulator, workload)) }),
    priors: inDocument(sources.study, () => resolvePriors(spec, space)),
    earlier: (sources.earlier?.value ?? []) as unknown as readonly EarlierPoint[],
    first,
  };
}

function screeningOf(spec: StudySpec, simulator: Simulator, workload: Json): Screening {
  if (simulator.shortHorizons === false) {
    throw new InputError(`simulator ${shortText(simulator.name)} has no short horizons`, {
      path: ['screening'],
      suggestion: 'remove `screening`; `racing` works with every simulator',
    });
  }
  return resolveScreening(spec.screening!, workload, spec.workloads?.length ?? 0);
}

/** A measured point of an earlier run. */
export interface EarlierPoint {
  readonly values: ParameterValues;
  readonly metrics: Readonly<Record<string, number>>;
}

function resolvePriors(spec: StudySpec, space: SearchSpace): readonly ParameterPrior[] {
  return Object.entries(spec.priors ?? {}).map(([parameter, { center, spread }]) => {
    const target = space.parameters.find(({ name }) => name === parameter);
    if (target?.kind === 'real' || target?.kind === 'integer') return { parameter, center, spread };
    const numeric = space.parameters
      .filter(({ kind }) => kind === 'real' || kind === 'integer')
      .map(({ name }) => name);
    throw new InputError(`a prior needs a real or integer parameter, got ${shortText(parameter)}`, {
      path: ['priors', parameter],
      suggestion: `these can have one: ${nameList(numeric) || 'none'}`,
    });
  });
}

function resolveSpace(sources: PlanSources, strategy: StrategyFile): { space: SearchSpace; spaceSource: PlanSource } {
  const { space: source } = sources;
  if (source !== null) return { space: inDocument(source, () => parseSearchSpace(source.value)), spaceSource: source };
  if (strategy.space !== null) return { space: strategy.space, spaceSource: sources.strategy };
  throw new InputError('is required but missing', {
    path: ['space'],
    position: sources.study.locate([]),
    suggestion: 'name a search-space file, or list `parameters` in the strategy',
  });
}

/** The study's `config` is laid over the strategy's, its `baseline` over the strategy's baseline. */
function withOverrides(template: StrategyTemplate, spec: StudySpec): StrategyTemplate {
  const baseline =
    spec.baseline === false || spec.baseline === undefined ? {} : (spec.baseline as Record<string, BaselineValue>);
  return {
    ...template,
    config: spec.config === undefined ? template.config : merge(template.config, spec.config),
    baseline: { ...template.baseline, ...baseline },
  };
}

function checkTemplate(
  sources: PlanSources,
  spaceSource: PlanSource,
  template: StrategyTemplate,
  space: SearchSpace,
): void {
  try {
    checkHoles(template, space);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw error.placedBy((path) => {
      const source = path[0] === 'parameters' ? spaceSource : sources.strategy;
      return source.locate(locatable(source, path));
    });
  }
}

/** The short form of a search space has names where the list form has indices. */
function locatable(source: PlanSource, path: readonly (string | number)[]): readonly (string | number)[] {
  const block = (source.value as JsonObject)['parameters'];
  if (path[0] !== 'parameters' || typeof path[1] !== 'number' || !isJsonObject(block)) return path;
  return ['parameters', Object.keys(block)[path[1]]!];
}

function resolveWorkload(sources: PlanSources, spec: StudySpec): Json {
  const base = sources.workload?.value ?? (typeof spec.workload === 'object' ? (spec.workload as Json) : null);
  if (spec.workload_overrides === undefined) return base;
  return merge(base ?? {}, spec.workload_overrides);
}

function firstPoint(
  template: StrategyTemplate,
  space: SearchSpace,
  values: Readonly<Record<string, BaselineValue>>,
  index: number,
): ParameterValues {
  const given = baselineValues({ ...template, baseline: { ...template.baseline, ...values } }, space);
  const point = normalizeWeights(space, given);
  const stranger = Object.keys(values).find((name) => !space.parameters.some((parameter) => parameter.name === name));
  if (stranger !== undefined) {
    throw new InputError(`${shortText(stranger)} is no parameter of the space`, { path: ['first', index, stranger] });
  }
  if (!isInside(space, point)) {
    throw new InputError('lies outside the search space', {
      path: ['first', index],
      suggestion: 'widen the space or move the point',
    });
  }
  return point;
}

function describeMetrics(sources: PlanSources, simulator: Simulator, input: SimulationInput): readonly MetricSpec[] {
  try {
    return simulator.prepare(input).metrics;
  } catch (error) {
    throw error instanceof InputError ? placeSimulatorError(sources, error) : error;
  }
}

/** Finds the document in which a simulator's complaint was written: study overrides win over strategy and workload. */
function placeSimulatorError(sources: PlanSources, error: InputError): InputError {
  return error.placedBy((path) => placeOf(sources, path));
}

function placeOf(sources: PlanSources, path: readonly (string | number)[]): SourcePosition {
  const [root, ...rest] = path;
  const study = sources.study.value as JsonObject;
  if (root === 'config') {
    const overridden =
      rest.length > 0 && isJsonObject(study['config']) && Object.hasOwn(study['config'], String(rest[0]));
    const source = overridden ? sources.study : sources.strategy;
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
  return sources.strategy.locate(path);
}

function documentTexts(sources: PlanSources): readonly string[] {
  const { study, strategy, space, workload, policies, earlier } = sources;
  const regimes = sources.workloads ?? [];
  const documents = [study, strategy, space, workload, ...regimes, ...policies, ...(earlier == null ? [] : [earlier])];
  return documents.map((source) => (source === null ? '' : textHash(source.text)));
}

function inDocument<T>(source: PlanSource, body: () => T): T {
  try {
    return body();
  } catch (error) {
    throw error instanceof InputError ? error.placedBy((path) => source.locate(locatable(source, path))) : error;
  }
}

async function inDocumentAsync<T>(source: PlanSource, body: () => Promise<T>): Promise<T> {
  try {
    return await body();
  } catch (error) {
    throw error instanceof InputError ? error.placedBy(source.locate) : error;
  }
}

/** One line for logs. */
export function describePlan(plan: StudyPlan): string {
  const objectives = plan.objectives.map(({ metric, direction }) => `${direction} ${metric}`).join(', ');
  return `${plan.name}: ${plan.trials} trials × ${plan.seeds.length} seeds, sampler ${plan.sampler}, ${objectives}${describeSavers(plan)}`;
}
