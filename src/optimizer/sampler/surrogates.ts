import { type FeatureMap, featureMap } from '../gp/features.ts';
import { conditionModel, type FittedGp, type OutcomeData } from '../gp/fit.ts';
import { type FeatureRows, featureRows } from '../gp/kernel.ts';
import { chooseModel, ModelMemory } from '../gp/model-choice.ts';
import { IDENTITY, TRANSFORM_SHAPES, transform } from '../gp/outcome-transform.ts';
import type { ParameterValues } from '../space/parameter.ts';
import type { Evidence, Observation } from './sampler.ts';

/** Fitted models of all outcomes, on the points where all of them were measured. */
export interface Surrogates {
  readonly features: FeatureMap;
  /** Points behind the models, in the order of the rows. */
  readonly values: readonly ParameterValues[];
  readonly points: FeatureRows;
  readonly objectives: readonly FittedGp[];
  readonly constraints: readonly ConstraintSurrogate[];
}

export interface ConstraintSurrogate {
  readonly gp: FittedGp;
  /** Zero of the constraint on the standardised scale. */
  readonly bound: number;
}

/** @returns null when nothing was measured */
export function fitSurrogates(evidence: Evidence, memory = new ModelMemory()): Surrogates | null {
  const features = featureMap(evidence.space);
  const all = [...(evidence.earlier ?? []), ...evidence.observations];
  const measured = all.filter(isMeasured);
  if (measured.length === 0) return null;
  const points = featureRows(
    measured.map(({ values }) => features.fromValues(values)),
    features.categorical,
  );
  const objectives = Array.from({ length: evidence.objectiveCount }, (_, j) => {
    const data = outcome(
      points,
      measured,
      (o) => o.losses![j]!,
      (o) => o.lossVariances[j],
    );
    return conditionModel(data, chooseModel(data, TRANSFORM_SHAPES, memory));
  });
  const constraints = Array.from({ length: evidence.constraintCount }, (_, c) => {
    const data = outcome(
      points,
      measured,
      (o) => o.slacks[c]!,
      (o) => o.slackVariances[c],
    );
    const gp = conditionModel(data, chooseModel(data, [IDENTITY], memory));
    return { gp, bound: transform(gp.transform, 0) };
  });
  if (measured.length < all.length) constraints.push(successSurrogate(features, all, memory));
  return { features, values: measured.map(({ values }) => values), points, objectives, constraints };
}

export function isMeasured(observation: Observation): boolean {
  return (
    observation.losses?.every((loss) => Number.isFinite(loss)) === true &&
    observation.slacks.every((slack) => Number.isFinite(slack))
  );
}

function outcome(
  points: FeatureRows,
  measured: readonly Observation[],
  value: (observation: Observation) => number,
  variance: (observation: Observation) => number | null | undefined,
): OutcomeData {
  return {
    points,
    losses: Float64Array.from(measured, value),
    variances: Float64Array.from(measured, (o) => {
      const known = variance(o);
      return known !== null && known !== undefined && Number.isFinite(known) && known >= 0 ? known : Number.NaN;
    }),
  };
}

/** Where evaluations fail is learned as one more constraint: −1 where one succeeded, +1 where it failed. */
function successSurrogate(features: FeatureMap, all: readonly Observation[], memory: ModelMemory): ConstraintSurrogate {
  const points = featureRows(
    all.map(({ values }) => features.fromValues(values)),
    features.categorical,
  );
  const data: OutcomeData = {
    points,
    losses: Float64Array.from(all, (o) => (isMeasured(o) ? -1 : 1)),
    variances: new Float64Array(all.length).fill(Number.NaN),
  };
  const gp = conditionModel(data, chooseModel(data, [IDENTITY], memory));
  return { gp, bound: transform(gp.transform, 0) };
}
