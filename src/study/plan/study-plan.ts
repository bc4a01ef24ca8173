import { InputError } from '../../base/errors.ts';
import { contentHash, type Json } from '../../base/json.ts';
import { merge } from '../../document/merge.ts';
import type { ParameterPrior } from '../../optimizer/sampler/sampler.ts';
import type { ParameterValues, SearchSpace } from '../../optimizer/space/parameter.ts';
import type { Measurement } from '../../simulators/measurement.ts';
import type { Backend, MetricSpec, PolicyModules } from '../../simulators/simulator.ts';
import type { EvaluationLimits } from '../evaluation-limits.ts';
import type { Regime, Regimes } from '../regimes/regimes.ts';
import { requireBaselineNames } from './baseline-names.ts';
import { type CapacityRange, capacityRange } from './capacity-spec.ts';
import type { EarlierPoint } from './earlier-point.ts';
import { type Extension, extendedStudy, ownSeeds, resolveExtension } from './extension.ts';
import { firstPoint } from './first-point.ts';
import { resolveLimits } from './limits-spec.ts';
import { CAPACITY, inDetailWhereAsked } from './plan-measurement.ts';
import {
  documentHashes,
  inDocument,
  inDocumentAsync,
  locatable,
  type PlanSource,
  type PlanSources,
  placeSimulatorError,
} from './plan-sources.ts';
import { resolvePriors } from './priors.ts';
import { describeRegimes, regimeTemplate, resolveRegimes } from './regime-plan.ts';
import { type CalibratedPlan, resolveCalibration } from './resolve-calibration.ts';
import { resolveWorkload } from './resolve-workload.ts';
import { parseSearchSpace } from './search-space-file.ts';
import { type SpareBudget, spareBudget } from './spare-budget.ts';
import { defaultsOfHoles, statedBaseline } from './stated-baseline.ts';
import { parseStrategyFile, type StrategyFile } from './strategy-file.ts';
import { parseStudyFile, type StudySpec } from './study-spec.ts';
import { type ResolvedConstraint, type ResolvedObjective, resolveTargets } from './targets.ts';
import { type BaselineValue, baselineValues, checkHoles, instantiate, type StrategyTemplate } from './template.ts';

export interface StudyPlan extends CalibratedPlan {
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
  /** Absent: the whole run, with the metrics of old. */
  readonly measurement?: Measurement;
  /** Present where every point's SLO capacity is searched. */
  readonly capacity?: CapacityRange;
  /** Files of policy modules, relative to the working folder. */
  readonly policies: readonly string[];
  readonly objectives: readonly ResolvedObjective[];
  readonly constraints: readonly ResolvedConstraint[];
  readonly metrics: readonly MetricSpec[];
  /** False where outcomes cannot be recomputed: the backend measures something outside. */
  readonly deterministic?: false;
  readonly seeds: readonly number[];
  readonly validation: { readonly seeds: readonly number[]; readonly points: number } | null;
  readonly trials: number;
  /** Wall time after which nothing is proposed any more; absent = trials alone count. */
  readonly minutes?: number;
  /** Present exactly where the budget is larger than the space. */
  readonly spare?: SpareBudget;
  readonly batch: number;
  /** Absent: batch after batch. */
  readonly schedule?: 'eager';
  readonly sampler: string;
  readonly seed: number;
  /** Null when the study compares with nothing. */
  readonly baseline: ParameterValues | null;
  /** Parameters that a baseline says nothing of while it gives others: they take the first of their range. */
  readonly baselineLowest?: readonly string[];
  readonly stop: { readonly patience?: number; readonly tolerance?: number } | null;
  /** What the result is to be written as; absent: nothing is promised. */
  readonly deployTo?: readonly string[];
  /** Absent: the default. */
  readonly limits?: EvaluationLimits;
  readonly priors: readonly ParameterPrior[];
  /** Means of earlier runs, by metric; they inform the model and cost no budget. */
  readonly earlier: readonly EarlierPoint[];
  /** Points to try first, in order. */
  readonly first: readonly ParameterValues[];
  /** Present where the study goes on from a run that was recorded before. */
  readonly extends?: Extension;
}

/** Raised when a change of the program changes proposals or results of old studies. */
const PLAN_FORMAT = 1;
const DEFAULT_TRIALS_PER_BATCH = 2;
const DEFAULT_VALIDATION_POINTS = 3;

/**
 * Resolves a study.
 * @param createBackend - looks a backend up by name
 * @param policies - modules of the strategy; `not-loaded` for a recorded run that is only read
 * @throws InputError placed in the document where the mistake is
 */
export async function resolvePlan(
  sources: PlanSources,
  createBackend: (name: string) => Promise<Backend>,
  policies: PolicyModules = [],
): Promise<StudyPlan> {
  const spec = inDocument(sources.study, () => parseStudyFile(extendedStudy(sources)));
  const strategy = inDocument(sources.strategy, () => parseStrategyFile(sources.strategy.value));
  const { space, spaceSource } = resolveSpace(sources, strategy);
  const simulator = await inDocumentAsync(sources.strategy, () => createBackend(strategy.template.simulator));
  const { calibrated, calibration } = resolveCalibration(sources, strategy);
  const template = withOverrides(calibrated, spec, simulator);
  inDocument(sources.study, () => requireBaselineNames(spec, space, strategy.template));
  checkTemplate(sources, spaceSource, template, space);
  const regimes = resolveRegimes(sources, spec);
  const workload = regimes === null ? resolveWorkload(sources, spec) : regimes.workloads[0]!.workload;
  const stated = inDocument(spaceSource, () => statedBaseline(template, space, spec));
  const baseline = stated?.values ?? null;
  const first = (spec.first ?? []).map((values, index) =>
    inDocument(sources.study, () => firstPoint(template, space, values, index)),
  );
  const spare = spareBudget({ ...spec, seeds: ownSeeds(sources, spec.seeds) }, space, baseline);
  const probe = probeOf({ baseline, first, template, space });
  const config = instantiate(template, space, probe);
  const limits = resolveLimits(spec.limits);
  let deterministic = true as boolean;
  const describe = (detail: Measurement | null): readonly MetricSpec[] =>
    describeMetrics(sources, spec, regimes, (regime) => {
      const own = regime?.measurement ?? detail;
      const prepared = simulator.prepare({
        config: regime === null ? config : instantiate(regimeTemplate(template, regime), space, probe),
        workload: regime === null ? workload : regime.workload,
        policies,
        ...(own === null ? {} : { measurement: own }),
        ...limits,
      });
      if (prepared.deterministic === false) deterministic = false;
      return spec.capacity === undefined ? prepared.metrics : [...prepared.metrics, CAPACITY];
    });
  const { metrics, measurement } = inDocument(sources.study, () =>
    inDetailWhereAsked(spec, strategy, simulator, describe),
  );
  return {
    name: spec.name,
    description: spec.description ?? strategy.template.description,
    hash: contentHash([PLAN_FORMAT, ...documentHashes(sources)]),
    simulator: template.simulator,
    template,
    space,
    workload,
    ...(regimes === null ? {} : { regimes }),
    ...(measurement === null ? {} : { measurement }),
    ...(spec.capacity === undefined ? {} : { capacity: capacityRange(spec.capacity) }),
    policies: sources.policies.map(({ file }) => file),
    ...resolveTargets(sources.study, spec, strategy, metrics),
    metrics,
    ...(deterministic ? {} : { deterministic: false as const }),
    seeds: [...new Set([...spec.seeds, ...(spare?.furtherSeeds ?? [])])],
    validation: spec.validation
      ? { seeds: spec.validation.seeds, points: spec.validation.points ?? DEFAULT_VALIDATION_POINTS }
      : null,
    trials: spare === null || spare.furtherSeeds.length === 0 ? spec.budget.trials : spare.vectors,
    ...(spare === null ? {} : { spare }),
    ...(spec.budget.minutes === undefined ? {} : { minutes: spec.budget.minutes }),
    batch: spec.batch ?? DEFAULT_TRIALS_PER_BATCH,
    ...(spec.schedule === 'eager' ? { schedule: 'eager' as const } : {}),
    sampler: typeof spec.sampler === 'string' ? spec.sampler : (spec.sampler?.name ?? 'auto'),
    seed: spec.seed ?? 0,
    baseline,
    ...(stated === null || stated.lowest.length === 0 ? {} : { baselineLowest: stated.lowest }),
    stop: spec.stop === undefined ? null : (spec.stop as NonNullable<StudyPlan['stop']>),
    ...limits,
    ...(spec.deploy_to === undefined ? {} : { deployTo: spec.deploy_to }),
    ...calibration,
    priors: inDocument(sources.study, () => resolvePriors(spec, space)),
    earlier: (sources.earlier?.value ?? []) as unknown as readonly EarlierPoint[],
    first,
    ...resolveExtension(sources, space, baseline),
  };
}

/** The vector that a backend is asked with before a study runs. */
export function probeOf(plan: Pick<StudyPlan, 'baseline' | 'first' | 'template' | 'space'>): ParameterValues {
  return plan.baseline ?? plan.first[0] ?? baselineValues(plan.template, plan.space);
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

/** The study's `config` is laid over the strategy's, its `baseline` over the strategy's, and that over the backend's defaults. */
function withOverrides(template: StrategyTemplate, spec: StudySpec, { runHoles, defaults }: Backend): StrategyTemplate {
  const baseline =
    spec.baseline === false || spec.baseline === undefined ? {} : (spec.baseline as Record<string, BaselineValue>);
  return {
    ...template,
    config: spec.config === undefined ? template.config : merge(template.config, spec.config),
    baseline: { ...defaultsOfHoles(template.config, defaults ?? {}), ...template.baseline, ...baseline },
    ...(runHoles === undefined ? {} : { runHoles }),
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

/** Metrics of the one workload, or of all regimes. @throws InputError placed where the simulator's complaint was written */
function describeMetrics(
  sources: PlanSources,
  spec: StudySpec,
  regimes: Regimes | null,
  metricsOf: (regime: Regime | null) => readonly MetricSpec[],
): readonly MetricSpec[] {
  const place = (error: InputError): InputError => placeSimulatorError(sources, error);
  if (regimes !== null) return describeRegimes(sources, spec, place, metricsOf);
  try {
    return metricsOf(null);
  } catch (error) {
    throw error instanceof InputError ? place(error) : error;
  }
}
