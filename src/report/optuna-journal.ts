import type { Json, JsonObject } from '../base/json.ts';
import type { Parameter, ParameterValues, Scalar, SearchSpace } from '../optimizer/space/parameter.ts';
import { constraintChecks } from '../study/constraint-check.ts';
import { meanMetrics } from '../study/objective.ts';
import type { StudyPlan } from '../study/plan/study-plan.ts';
import { normalizeWeights } from '../study/plan/template.ts';
import { reasonOf, type Trial } from '../study/trial.ts';

/** Operations and states as numbers, as optuna's journal storage writes them (`optuna/storages/journal`, 3.1 to 5.0). */
const CREATE_STUDY = 0;
const SET_STUDY_USER_ATTR = 2;
const SET_STUDY_SYSTEM_ATTR = 3;
const CREATE_TRIAL = 4;
const STATES = { observed: 1, stopped: 2, failed: 3, infeasible: 3, pending: 0 } as const;
const DIRECTIONS = { minimize: 1, maximize: 2 } as const;

/**
 * The study as a journal that `optuna.storages.JournalStorage` and optuna-dashboard load. A record here has no wall times, so
 * times are steps: one second for each trial. Weights are floats in [0, 1]; values outside the space are user attributes.
 */
export function optunaJournal(plan: StudyPlan, trials: readonly Trial[]): string {
  const lines: JsonObject[] = [
    {
      op_code: CREATE_STUDY,
      study_name: plan.name,
      directions: plan.objectives.map(({ direction }) => DIRECTIONS[direction]),
    },
    { op_code: SET_STUDY_USER_ATTR, study_id: 0, user_attr: { 'paretune:plan': plan.hash } },
    {
      op_code: SET_STUDY_SYSTEM_ATTR,
      study_id: 0,
      system_attr: { 'study:metric_names': plan.objectives.map(({ metric }) => metric) },
    },
    ...trials.map((trial) => createTrial(plan, trial)),
  ];
  return lines.map((line) => `${JSON.stringify({ worker_id: 'paretune', ...line })}\n`).join('');
}

function createTrial(plan: StudyPlan, trial: Trial): JsonObject {
  const { outcome } = trial;
  const metrics = outcome?.kind === 'observed' ? meanMetrics(outcome.replicates) : {};
  const values = outcome?.kind === 'observed' ? plan.objectives.map(({ metric }) => metrics[metric]!) : null;
  const single = plan.objectives.length === 1;
  const columns = paramColumns(plan.space, normalizeWeights(plan.space, trial.values));
  const inside = columns.filter(({ internal }) => internal !== null);
  const reason = reasonOf(outcome);
  const slacks = constraintChecks(plan, outcome).map(({ margin }) => -margin);
  return {
    op_code: CREATE_TRIAL,
    study_id: 0,
    state: STATES[outcome?.kind ?? 'pending'],
    value: single ? (values?.[0] ?? null) : null,
    values: single ? null : values,
    datetime_start: stepTime(trial.seen),
    ...(outcome === null ? {} : { datetime_complete: stepTime(trial.number + 1) }),
    distributions: Object.fromEntries(inside.map(({ name, distribution }) => [name, JSON.stringify(distribution)])),
    params: Object.fromEntries(inside.map(({ name, internal }) => [name, internal])),
    user_attrs: {
      'paretune:origin': trial.origin,
      ...(reason === null ? {} : { 'paretune:reason': reason }),
      ...Object.fromEntries(
        columns.filter(({ internal }) => internal === null).map(({ name, value }) => [`outside:${name}`, value]),
      ),
      ...(metrics as JsonObject),
    },
    system_attrs: slacks.length === 0 ? {} : { constraints: slacks },
    intermediate_values: {},
  };
}

function stepTime(step: number): string {
  return `${new Date(step * 1000).toISOString().replace('Z', '')}000+00:00`;
}

interface ParamColumn {
  readonly name: string;
  readonly value: Json;
  readonly distribution: JsonObject;
  /** As optuna stores it: a number, or the index of a choice; null where the value lies outside. */
  readonly internal: number | null;
}

function paramColumns(space: SearchSpace, values: ParameterValues): readonly ParamColumn[] {
  return space.parameters
    .filter(({ name }) => Object.hasOwn(values, name))
    .flatMap((parameter) => columnsOf(parameter, values[parameter.name]!));
}

function columnsOf(parameter: Parameter, value: ParameterValues[string]): readonly ParamColumn[] {
  const { name } = parameter;
  switch (parameter.kind) {
    case 'real':
      return [
        numberColumn(name, value as number, 'FloatDistribution', {
          ...rangeOf(parameter),
          step: parameter.step ?? null,
        }),
      ];
    case 'integer':
      return [
        numberColumn(name, value as number, 'IntDistribution', { ...rangeOf(parameter), step: parameter.step ?? 1 }),
      ];
    case 'ordinal':
      return [choiceColumn(name, value as Scalar, parameter.levels)];
    case 'categorical':
      return [choiceColumn(name, value as Scalar, parameter.choices)];
    case 'simplex':
      return parameter.components.map((component, index) =>
        numberColumn(`${name}.${component}`, (value as readonly number[])[index]!, 'FloatDistribution', {
          low: 0,
          high: 1,
          log: false,
          step: null,
        }),
      );
    default:
      return parameter satisfies never;
  }
}

function rangeOf({ low, high, log }: { readonly low: number; readonly high: number; readonly log: boolean }) {
  return { low, high, log };
}

function numberColumn(
  name: string,
  value: number,
  distribution: string,
  attributes: { readonly low: number; readonly high: number } & JsonObject,
): ParamColumn {
  const inside = value >= attributes.low && value <= attributes.high;
  return { name, value, distribution: { name: distribution, attributes }, internal: inside ? value : null };
}

function choiceColumn(name: string, value: Scalar, choices: readonly Scalar[]): ParamColumn {
  const index = choices.indexOf(value);
  return {
    name,
    value,
    distribution: { name: 'CategoricalDistribution', attributes: { choices: [...choices] } },
    internal: index < 0 ? null : index,
  };
}
