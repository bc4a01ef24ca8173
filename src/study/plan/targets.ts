import { InputError, type SourcePosition } from '../../base/errors.ts';
import { mapAll, ProblemList } from '../../base/problem-list.ts';
import { nameList, shortText } from '../../base/short-text.ts';
import type { MetricSpec } from '../../simulators/simulator.ts';
import type { StrategyFile } from './strategy-file.ts';
import type { ConstraintSpec, ObjectiveSpec, StudySpec } from './study-spec.ts';

export interface ResolvedObjective {
  readonly metric: string;
  readonly unit: string;
  readonly direction: 'minimize' | 'maximize';
}

export interface ResolvedConstraint {
  readonly metric: string;
  readonly unit: string;
  readonly kind: 'at-least' | 'at-most';
  readonly bound: number;
}

/** Everything that decides what a study computes, resolved and checked. */
/** The study file, as far as it is needed to place a complaint. */
interface Placing {
  locate(path: readonly (string | number)[]): SourcePosition;
}

export interface Targets {
  readonly objectives: readonly ResolvedObjective[];
  readonly constraints: readonly ResolvedConstraint[];
}

/** Objectives and constraints as written in the study, else in the strategy. @throws InputError with every metric that the simulator does not have */
export function resolveTargets(
  study: Placing,
  spec: StudySpec,
  strategy: StrategyFile,
  metrics: readonly MetricSpec[],
): Targets {
  const problems = new ProblemList();
  const objectives = problems.attempt(() => resolveObjectives(study, spec, strategy, metrics));
  const constraints = problems.attempt(() => resolveConstraints(study, spec, strategy, metrics));
  problems.refuse();
  return { objectives: objectives!, constraints: constraints! };
}

function resolveObjectives(
  study: Placing,
  spec: StudySpec,
  strategy: StrategyFile,
  metrics: readonly MetricSpec[],
): readonly ResolvedObjective[] {
  const written: readonly ObjectiveSpec[] =
    spec.objectives?.map(({ metric, direction }) => ({ metric, ...(direction ? { direction } : {}) })) ??
    strategy.objectives;
  if (written.length === 0) {
    throw new InputError('is required but missing', {
      path: ['objectives'],
      position: study.locate([]),
      suggestion: `name at least one metric of simulator ${shortText(strategy.template.simulator)}: ${nameList(metrics.map(({ name }) => name))}`,
    });
  }
  return mapAll(written, (objective, index) => {
    const metric = findMetric(study, metrics, objective.metric, ['objectives', index, 'metric']);
    return {
      metric: metric.name,
      unit: metric.unit,
      direction: objective.direction ?? (metric.better === 'lower' ? 'minimize' : 'maximize'),
    };
  });
}

function resolveConstraints(
  study: Placing,
  spec: StudySpec,
  strategy: StrategyFile,
  metrics: readonly MetricSpec[],
): readonly ResolvedConstraint[] {
  const written: readonly ConstraintSpec[] =
    spec.constraints?.map((item) =>
      'at_least' in item
        ? { metric: item.metric, atLeast: item.at_least }
        : { metric: item.metric, atMost: item.at_most },
    ) ?? strategy.constraints;
  return mapAll(written, (item, index) => {
    const metric = findMetric(study, metrics, item.metric, ['constraints', index, 'metric']);
    return item.atLeast !== undefined
      ? { metric: metric.name, unit: metric.unit, kind: 'at-least', bound: item.atLeast }
      : { metric: metric.name, unit: metric.unit, kind: 'at-most', bound: item.atMost! };
  });
}

function findMetric(
  study: Placing,
  metrics: readonly MetricSpec[],
  name: string,
  path: readonly (string | number)[],
): MetricSpec {
  const metric = metrics.find((candidate) => candidate.name === name);
  if (metric !== undefined) return metric;
  const known = metrics.map((candidate) => candidate.name);
  throw new InputError(`unknown metric ${shortText(name)}`, {
    path,
    position: study.locate(path),
    suggestion: suggestName(name, known),
  });
}

function suggestName(name: string, known: readonly string[]): string {
  const stem = name.split(/[_[]/)[0]!;
  const close = known.filter((candidate) => candidate.startsWith(stem));
  return `known: ${nameList(close.length > 0 ? close : known)}`;
}
