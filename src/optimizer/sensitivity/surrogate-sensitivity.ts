import { type Rng, stream } from '../../base/random.ts';
import { laplaceDraws } from '../../numeric/laplace-draws.ts';
import { feasibleSet } from '../feasible/feasible-set.ts';
import { meanAlong } from '../gp/covariance-along.ts';
import { leaveOneOut } from '../gp/diagnostics.ts';
import { type FeatureMap, featureMap } from '../gp/features.ts';
import {
  conditionModel,
  type FittedGp,
  type GpModel,
  hyperparameterDensity,
  type OutcomeData,
  selectModels,
} from '../gp/fit.ts';
import { hyperparameterBounds } from '../gp/hyperparameters.ts';
import { featureRows } from '../gp/kernel.ts';
import { representative, rowsOf } from '../gp/model-choice.ts';
import { TRANSFORM_SHAPES, untransform } from '../gp/outcome-transform.ts';
import { drawPath, type Path } from '../gp/path-draws.ts';
import type { Evidence } from '../sampler/sampler.ts';
import { isMeasured, outcome } from '../sampler/surrogates.ts';
import { coordinateCount, cubeDimension, decode } from '../space/encode.ts';
import type { ParameterValues, SearchSpace } from '../space/parameter.ts';
import {
  type DesignValues,
  estimateIndices,
  type GroupIndices,
  type IndexEstimates,
  indexIntervals,
  type SobolDesign,
  sobolDesign,
} from './sobol-indices.ts';
import { unexplainedShare } from './unexplained-share.ts';

export interface SurrogateSensitivity {
  /** Share of the losses' variance that the surrogate predicts for points left out, on its own scale; null below 3 points. */
  readonly leaveOneOutR2: number | null;
  /** By parameter, in the order of the space. */
  readonly indices: readonly GroupIndices[];
  /** Points of the space with the best predicted tenth of losses. */
  readonly best: readonly ParameterValues[];
}

const DESIGN_ROWS = 1024;
const BEST_SHARE = 0.1;
/** Functions drawn, shared out among the kernel families that the data leave open: those within so many nats of the best. */
const DRAWS = 24;
const OPEN_NATS = 6;
/** Steps of the chain of hyperparameters between two draws, and the deviation of the widest belief about one of them. */
const THINNING = 3;
const WIDEST = 2;
const WAVES = 64;
/** Evaluations of a drawn function, shared out among the d + 2 points of each row of its design. */
const DRAW_EVALUATIONS = 2560;
const LEAST_ROWS = 128;
/** Points behind the choice of hyperparameters, and behind the posteriors. */
const FITTED_POINTS = 120;
const MOST_POINTS = 288;
const EFFORT = { starts: 3, firstIterations: 25, shapeIterations: 10, finalIterations: 40, families: 3 };

/**
 * Sobol indices of each objective over the whole box of the space, on the scale of the losses. The value is that of the posterior
 * mean of the most probable model. The interval holds what is not known: functions drawn from the posteriors of all kernel
 * families that the data leave open, with hyperparameters drawn from theirs, each on a randomised design of its own (so that the
 * error of the estimators is in the spread), and the share of the variance that predictions of points left out miss.
 * @returns one entry per objective; null when nothing was measured
 */
export function surrogateSensitivity(evidence: Evidence, seed: number): readonly SurrogateSensitivity[] | null {
  const { space } = evidence;
  const measured = [...(evidence.earlier ?? []), ...evidence.observations].filter(isMeasured);
  if (measured.length === 0) return null;
  const features = featureMap(space);
  const design = sobolDesign(cubeDimension(space), groupsOf(space), DESIGN_ROWS, stream(seed, 'sensitivity', 'design'));
  const points = featureRows(
    measured.map(({ values }) => features.fromValues(values)),
    features.categorical,
  );
  return Array.from({ length: evidence.objectiveCount }, (_, objective) => {
    const all = outcome(
      points,
      measured,
      (o) => o.losses![objective]!,
      (o) => o.lossVariances[objective],
    );
    const data = rowsOf(all, representative(all, MOST_POINTS));
    const fitted = rowsOf(data, representative(data, FITTED_POINTS));
    const models = selectModels(fitted, TRANSFORM_SHAPES, EFFORT);
    const gp = conditionModel(data, models[0]!);
    const central = valuesAt(design, lossOf(gp, meanAlong(gp.posterior), features));
    const rng = stream(seed, 'sensitivity', objective);
    const open = models.filter(({ score }) => score > models[0]!.score - OPEN_NATS);
    const count = Math.ceil(DRAWS / open.length);
    const members = open
      .flatMap((model) => drawnModels(fitted, model, count, rng))
      .map((model) => drawnIndices(space, features, conditionModel(data, model), rng));
    const leftOut = leaveOneOut(gp);
    return {
      leaveOneOutR2: leftOut.r2,
      indices: indexIntervals(estimateIndices(central), members, unexplainedShare(gp, data.losses, leftOut)),
      best: bestPoints(space, design.a, central.a),
    };
  });
}

function drawnModels(data: OutcomeData, model: GpModel, count: number, rng: Rng): GpModel[] {
  const bounds = hyperparameterBounds(model.kernel, data.points.width);
  const options = { ...bounds, count, thinning: THINNING, widest: WIDEST, rng };
  return laplaceDraws(hyperparameterDensity(data, model), model.theta, options).map((theta) => ({ ...model, theta }));
}

/** Coordinates of each parameter. */
function groupsOf(space: SearchSpace): number[][] {
  let next = 0;
  return space.parameters.map((parameter) => Array.from({ length: coordinateCount(parameter) }, () => next++));
}

/** A function of the cube in the unit of the losses. */
function lossOf({ transform }: FittedGp, path: Path, features: FeatureMap): (cube: Float64Array) => number {
  const x = new Float64Array(features.count);
  return (cube) => untransform(transform, path(features.fromCube(cube, x)));
}

/** Row by row: the points of one row have no more than two values of each feature among them. */
function valuesAt({ a, b, mixed }: SobolDesign, loss: (cube: Float64Array) => number): DesignValues {
  const designs = [a, b, ...mixed];
  const values = designs.map(({ length }) => new Float64Array(length));
  for (let row = 0; row < a.length; row++)
    for (const [k, points] of designs.entries()) values[k]![row] = loss(points[row]!);
  const [ofA, ofB, ...ofMixed] = values as [Float64Array, Float64Array, ...Float64Array[]];
  return { a: ofA, b: ofB, mixed: ofMixed };
}

/** Indices of one function drawn from a posterior. */
function drawnIndices(space: SearchSpace, features: FeatureMap, gp: FittedGp, rng: Rng): IndexEstimates {
  const groups = groupsOf(space);
  const rows = Math.max(LEAST_ROWS, 2 ** Math.floor(Math.log2(DRAW_EVALUATIONS / (groups.length + 2))));
  const path = drawPath(gp, { waves: WAVES, levels: levelsOf(space, features), rng });
  const design = sobolDesign(cubeDimension(space), groups, rows, rng);
  return estimateIndices(valuesAt(design, lossOf(gp, path, features)));
}

/** Choices behind each categorical feature. */
function levelsOf({ parameters }: SearchSpace, { parameterOf }: FeatureMap): Int32Array {
  return parameterOf.map((index) => {
    const parameter = parameters[index]!;
    return parameter.kind === 'categorical' ? parameter.choices.length : 0;
  });
}

function bestPoints(space: SearchSpace, points: readonly Float64Array[], losses: Float64Array): ParameterValues[] {
  const set = feasibleSet(space);
  const order = points
    .map((_, index) => index)
    .filter((index) => set === null || set.contains(points[index]!))
    .sort((i, j) => losses[i]! - losses[j]! || i - j);
  return order.slice(0, Math.ceil(order.length * BEST_SHARE)).map((index) => decode(space, points[index]!));
}
