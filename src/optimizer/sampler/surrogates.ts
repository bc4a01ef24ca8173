import { type FeatureMap, featureMap } from '../gp/features.ts';
import { conditionModel, type FittedGp, type OutcomeData } from '../gp/fit.ts';
import { type FeatureRows, featureRows } from '../gp/kernel.ts';
import { checkpoint, chooseModels, ModelMemory } from '../gp/model-choice.ts';
import { IDENTITY, TRANSFORM_SHAPES, transform } from '../gp/outcome-transform.ts';
import { findOutliers } from '../gp/outliers.ts';
import { isBeyondDoubt, isStronglyNoisy, withoutIrrelevance } from '../gp/relevance.ts';
import { aroundZero } from '../gp/slack-scale.ts';
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
  /** Which measured points tell how good they are, and not only that they are bad. */
  readonly tells: (observation: Observation) => boolean;
}

export interface ConstraintSurrogate {
  readonly gp: FittedGp;
  /** Index of the constraint; null for whether an evaluation succeeds at all, and not as an outlier. */
  readonly slack: number | null;
  /** Zero of the constraint on the standardised scale. */
  readonly bound: number;
  /** Standardised values told at the rows of the surrogates; null where they were not told there. */
  readonly known: Float64Array | null;
}

/** Surrogates from the most probable models. @returns null when nothing was measured */
export function fitSurrogates(evidence: Evidence, memory = new ModelMemory()): Surrogates | null {
  return fitEnsemble(evidence, memory, 1)[0]?.surrogates ?? null;
}

/**
 * Models that propose: with several objectives and strong noise, none takes a parameter for irrelevant. Curvature cannot be
 * seen then, and a straight line has its best point in a corner, to which every further point would go.
 */
export function fitProposers(evidence: Evidence, memory: ModelMemory, size: number): readonly EnsembleMember[] {
  const ensemble = fitEnsemble(evidence, memory, size);
  if (evidence.objectiveCount === 1) return ensemble;
  return ensemble.map(({ surrogates, logWeight }) => {
    const objectives = surrogates.objectives.map((gp) => (isStronglyNoisy(gp) ? withoutIrrelevance(gp) : gp));
    return { surrogates: { ...surrogates, objectives }, logWeight };
  });
}

export interface EnsembleMember {
  readonly surrogates: Surrogates;
  /** Log of its share in the mixture. */
  readonly logWeight: number;
}

/** Least share of a model in a mixture: probabilities of models are themselves not to be trusted that far. */
const LEAST_SHARE = 0.05;

/**
 * Up to `size` alternative explanations of the same evidence, the most probable first, weighted by probability; when
 * alternatives are asked for, also the most probable one with its doubts: no parameter is taken for irrelevant.
 * Evaluations that gather in one basin teach what matters there, and the rest of the space looks flat because of it.
 * @returns empty when nothing was measured
 */
function fitEnsemble(evidence: Evidence, memory: ModelMemory, size: number): readonly EnsembleMember[] {
  const features = featureMap(evidence.space);
  const all = [...(evidence.earlier ?? []), ...evidence.observations];
  const measured = keptForModels(all.filter(isMeasured));
  if (measured.length === 0) return [];
  const rowsOf = (observations: readonly Observation[]): FeatureRows =>
    featureRows(
      observations.map(({ values }) => features.fromValues(values)),
      features.categorical,
    );
  const tells = tellingRows(evidence, measured, rowsOf, memory);
  const telling = measured.filter(tells);
  const points = rowsOf(telling);
  const objectiveData = Array.from({ length: evidence.objectiveCount }, (_, j) =>
    outcome(
      points,
      telling,
      (o) => o.losses![j]!,
      (o) => o.lossVariances[j],
    ),
  );
  const measuredPoints = telling.length === measured.length ? points : rowsOf(measured);
  const slackData = Array.from({ length: evidence.constraintCount }, (_, c) => ({
    slack: c as number | null,
    data: outcome(
      measuredPoints,
      measured,
      (o) => o.slacks[c]!,
      (o) => o.slackVariances[c],
    ),
  }))
    .filter(({ data }) => canFail(data))
    .map(({ slack, data }) => ({ slack, data: aroundZero(data, memory) }));
  const succeeded = (o: Observation): boolean => isMeasured(o) && tells(o);
  if (!all.every(succeeded)) {
    slackData.push({ slack: null, data: successData(features, all.slice(-MOST_POINTS), succeeded) });
  }
  const objectiveModels = objectiveData.map((data) => chooseModels(data, TRANSFORM_SHAPES, memory));
  const slackModels = slackData.map(({ data }) => chooseModels(data, [IDENTITY], memory));
  const available = Math.min(size, ...objectiveModels.map((models) => models.length));
  const values = telling.map((o) => o.values);
  const constraints = slackData.map(({ slack, data }, c) => {
    const gp = conditionModel(data, slackModels[c]![0]!);
    return {
      gp,
      slack,
      bound: transform(gp.transform, 0),
      known: data.points === measuredPoints ? gp.targets.filter((_, i) => tells(measured[i]!)) : null,
    };
  });
  const members = Array.from({ length: available }, (_, k) => ({
    score: objectiveModels.reduce((sum, models) => sum + models[k]!.score - models[0]!.score, 0),
    surrogates: {
      features,
      values,
      points,
      objectives: objectiveData.map((data, j) => conditionModel(data, objectiveModels[j]![k]!)),
      constraints,
      tells,
    },
  }));
  if (size > 1) {
    const likeliest = members[0]!.surrogates;
    const objectives = likeliest.objectives.map((gp) => (isBeyondDoubt(gp) ? gp : withoutIrrelevance(gp)));
    members.push({ score: Number.NEGATIVE_INFINITY, surrogates: { ...likeliest, objectives } });
  }
  const shares = members.map(({ score }) => Math.max(LEAST_SHARE, Math.exp(score)));
  const total = shares.reduce((sum, share) => sum + share, 0);
  return members.map(({ surrogates }, k) => ({ surrogates, logWeight: Math.log(shares[k]! / total) }));
}

/** Feasible points from which on losses can be outliers: what is cheap because it is impossible sets no scale. */
const FEWEST_JUDGED = 8;

/** Which measured points tell how good they are, and not only that they are bad. */
function tellingRows(
  { objectiveCount }: Evidence,
  measured: readonly Observation[],
  rowsOf: (observations: readonly Observation[]) => FeatureRows,
  memory: ModelMemory,
): (observation: Observation) => boolean {
  const feasible = measured.filter(({ slacks }) => slacks.every((slack) => slack <= 0));
  if (objectiveCount > 1 || feasible.length < FEWEST_JUDGED) return () => true;
  const data = outcome(
    rowsOf(feasible),
    feasible,
    (o) => o.losses![0]!,
    (o) => o.lossVariances[0],
  );
  const { fence, strays } = findOutliers(data, memory);
  const apart = new Set(strays.map((i) => feasible[i]!));
  return (observation) => observation.losses![0]! <= fence && !apart.has(observation);
}

/** Whether there is anything to learn about a constraint: one that held everywhere with the same slack tells nothing. */
function canFail({ losses }: OutcomeData): boolean {
  return losses.some((slack) => slack > 0 || slack !== losses[0]);
}

/** All points up to this many; beyond, so many chosen ones and the latest: bounds time (cubic) and memory (quadratic). */
const MOST_POINTS = checkpoint(204);
/** The choice is made anew after so many tells, so that models hold in between. */
const BLOCK = 32;

/** All points while they are few; else half the best by mean rank, the rest evenly spread, and those of the last block. */
function keptForModels(measured: readonly Observation[]): readonly Observation[] {
  const n = measured.length;
  if (n < MOST_POINTS + BLOCK) return measured;
  const old = n - (n % BLOCK);
  const width = measured[0]!.losses!.length;
  const rank = new Float64Array(old);
  const places = [...rank.keys()];
  for (let j = 0; j < width; j++) {
    const order = [...places].sort((a, b) => measured[a]!.losses![j]! - measured[b]!.losses![j]! || a - b);
    order.forEach((i, position) => {
      rank[i]! += position;
    });
  }
  for (const i of places) if (measured[i]!.slacks.some((slack) => slack > 0)) rank[i]! += old;
  const kept = new Set([...places].sort((a, b) => rank[a]! - rank[b]! || a - b).slice(0, MOST_POINTS / 2));
  const rest = places.filter((i) => !kept.has(i));
  const missing = MOST_POINTS - kept.size;
  for (let k = 0; k < missing; k++) kept.add(rest[Math.floor(((k + 0.5) * rest.length) / missing)]!);
  const chosen = [...kept].sort((a, b) => a - b);
  return [...chosen.map((i) => measured[i]!), ...measured.slice(old)];
}

export function isMeasured(observation: Observation): boolean {
  return (
    observation.losses?.every((loss) => Number.isFinite(loss)) === true &&
    observation.slacks.every((slack) => Number.isFinite(slack))
  );
}

/** One outcome at the points that were measured. @param points - theirs, in the same order */
export function outcome(
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
function successData(
  features: FeatureMap,
  all: readonly Observation[],
  succeeded: (observation: Observation) => boolean,
): OutcomeData {
  const points = featureRows(
    all.map(({ values }) => features.fromValues(values)),
    features.categorical,
  );
  return {
    points,
    losses: Float64Array.from(all, (o) => (succeeded(o) ? -1 : 1)),
    variances: new Float64Array(all.length).fill(Number.NaN),
  };
}
