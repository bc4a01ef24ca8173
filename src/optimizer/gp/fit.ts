import type { StagedDifferentiable } from '../../numeric/differentiable.ts';
import {
  hyperparameterBounds,
  kernelOf,
  type LogHyperparameters,
  NOISE_FLOOR,
  startHyperparameters,
} from './hyperparameters.ts';
import { type FeatureRows, type KernelShape, pairDifferences } from './kernel.ts';
import { type LikelihoodData, mostProbable, negativeLogPosterior } from './marginal-likelihood.ts';
import {
  fitTransform,
  IDENTITY,
  logJacobian,
  type OutcomeTransform,
  standardSlope,
  type TransformShape,
  toUnit,
  transform,
} from './outcome-transform.ts';
import { condition } from './posterior.ts';
import type { Posterior } from './process.ts';

export interface OutcomeData {
  readonly points: FeatureRows;
  /** Finite raw losses (or constraint values), length n. */
  readonly losses: Float64Array;
  /** Variance of each loss in its raw unit squared; NaN where unknown. */
  readonly variances: Float64Array;
}

/** Which family member, and where in it. */
export interface GpModel {
  readonly kernel: KernelShape;
  readonly transformShape: TransformShape;
  readonly theta: LogHyperparameters;
  /** Log posterior density of θ plus log Jacobian of the transform: comparable across models of the same data. */
  readonly score: number;
}

export interface FittedGp {
  readonly model: GpModel;
  readonly transform: OutcomeTransform;
  readonly posterior: Posterior;
  /** Standardised targets and their noise variances, length n. */
  readonly targets: Float64Array;
  readonly noise: Float64Array;
}

/**
 * Best model of each kernel shape by log posterior density, best first: each kernel is fitted from several starts on the
 * first transform, then to every other transform from there, then on its best transform to the end.
 * @param shapes - transforms allowed; a constraint allows only those that keep its zero exact
 */
export function selectModels(data: OutcomeData, shapes: readonly TransformShape[], effort: SelectEffort): GpModel[] {
  const first = shapes[0] ?? IDENTITY;
  const differences = pairDifferences(data.points);
  const onShape = new Map([first, ...shapes.slice(1)].map((shape) => [shape, standardise(data, differences, shape)]));
  const searchOn = (shape: TransformShape, kernel: KernelShape, start: LogHyperparameters, iterations: number) =>
    search(onShape.get(shape)!, kernel, start, iterations);
  const plain: GpModel[] = [];
  for (const kernel of KERNELS) {
    if (kernel === 'additive' && data.points.width < 2) continue;
    const starts = startsFor(kernel, data.points).slice(-effort.starts);
    plain.push(bestOf(starts.map((start) => searchOn(first, kernel, start, effort.firstIterations))));
  }
  plain.sort((a, b) => b.score - a.score);
  const noise = typicalNoise(data, first, Math.exp(plain[0]!.theta[data.points.width + 1]!));
  const further = shapes.slice(1).filter((shape) => noise < STRONG_NOISE || !isStrong(shape));
  const finished = plain.slice(0, effort.families).map((start) => {
    const shaped = further.map((shape) => searchOn(shape, start.kernel, start.theta, effort.shapeIterations));
    const { kernel, transformShape, theta } = bestOf([start, ...shaped]);
    return searchOn(transformShape, kernel, theta, effort.finalIterations);
  });
  return finished.sort((a, b) => b.score - a.score);
}

/** Median noise variance on the standardised scale of a shape, inferred where it is not known. */
function typicalNoise({ losses, variances }: OutcomeData, shape: TransformShape, inferred: number): number {
  const outcome = fitTransform(losses, shape);
  const noise = variances.map((variance, i) =>
    Number.isNaN(variance) ? inferred : standardVariance(outcome, losses[i]!, variance),
  );
  return noise.sort()[Math.floor(noise.length / 2)]!;
}

/** Iterations spent on each stage of a choice, how many starts it has, and how many kernel shapes go beyond the first stage. */
export interface SelectEffort {
  /** The last so many of the starts; the first, of a very smooth loss, needs many iterations. */
  readonly starts: number;
  readonly firstIterations: number;
  readonly shapeIterations: number;
  readonly finalIterations: number;
  readonly families: number;
}

/** Standardised noise variance from which strong transforms are left out: they would stretch noise into structure. */
const STRONG_NOISE = 1e-3;

function isStrong(shape: TransformShape): boolean {
  return shape.kind !== 'identity' && shape.shift < 0.1;
}

const KERNELS: readonly KernelShape[] = ['matern52', 'squared-exponential', 'additive'];

/** Continues the search of a model on (usually more) data. */
export function refineModel(data: OutcomeData, model: GpModel, iterations: number): GpModel {
  const { kernel, transformShape, theta } = model;
  return search(standardise(data, pairDifferences(data.points), transformShape), kernel, theta, iterations);
}

/** Negative log posterior density of the hyperparameters of a model's family, with its gradient. */
export function hyperparameterDensity(data: OutcomeData, { kernel, transformShape }: GpModel): StagedDifferentiable {
  const { likelihood } = standardise(data, pairDifferences(data.points), transformShape);
  return negativeLogPosterior({ ...likelihood, shape: kernel });
}

/** Conditions a model on the data it explains. */
export function conditionModel(data: OutcomeData, model: GpModel): FittedGp {
  const { likelihood, transform } = standardise(data, new Float64Array(0), model.transformShape);
  const inferred = Math.exp(model.theta[data.points.width + 1]!);
  const { targets, variances, noiseScale } = likelihood;
  const noise = variances.map((variance, i) => (Number.isNaN(variance) ? inferred * noiseScale[i]! : variance));
  return {
    model,
    transform,
    posterior: condition(kernelOf(model.kernel, model.theta, data.points.width), data.points, [targets], noise),
    targets,
    noise,
  };
}

/** Before there are this many points for each feature, rough structure and noise look alike; structure is assumed. */
const POINTS_TO_SEE_NOISE = 3;

function startsFor(kernel: KernelShape, { width, rows }: FeatureRows): LogHyperparameters[] {
  const base = 0.5 * Math.sqrt(width);
  const starts = [
    { lengthscale: 3 * base, signal: 10, noise: 1e-7 },
    { lengthscale: base, signal: 1, noise: 1e-4 },
  ];
  if (rows > POINTS_TO_SEE_NOISE * width) starts.push({ lengthscale: base, signal: 1, noise: 0.1 });
  return starts.map((start) => startHyperparameters(kernel, width, start));
}

function search(
  { likelihood, transform, losses }: StandardisedOutcome,
  kernel: KernelShape,
  start: LogHyperparameters,
  iterations: number,
): GpModel {
  const minimum = mostProbable({ ...likelihood, shape: kernel }, start, {
    ...hyperparameterBounds(kernel, likelihood.width),
    maxIterations: iterations,
    gradientTolerance: 1e-3,
    valueTolerance: 1e-6,
  });
  return {
    kernel,
    transformShape: transform.shape,
    theta: minimum.x,
    score: -minimum.value + logJacobian(transform, losses),
  };
}

/** An outcome on the scale of a transform. */
interface StandardisedOutcome {
  readonly likelihood: Omit<LikelihoodData, 'shape'>;
  readonly transform: OutcomeTransform;
  readonly losses: Float64Array;
}

function standardise(
  { points, losses, variances }: OutcomeData,
  differences: Float64Array,
  shape: TransformShape,
): StandardisedOutcome {
  const outcome = fitTransform(losses, shape);
  return {
    likelihood: {
      rows: points.rows,
      width: points.width,
      differences,
      targets: losses.map((loss) => transform(outcome, loss)),
      variances: variances.map((variance, i) => standardVariance(outcome, losses[i]!, variance)),
      noiseScale: noiseScales(outcome, losses),
    },
    transform: outcome,
    losses,
  };
}

/**
 * Inferred noise relative to its mean. Where small losses are spread (`log-low`), noise is taken as proportional to the
 * loss, as it is for latencies: equal on the standardised scale. Where large ones are spread, it is taken as equal on the
 * scale of the losses, and the transform magnifies it by its slope.
 */
function noiseScales(outcome: OutcomeTransform, losses: Float64Array): Float64Array {
  const scales = new Float64Array(losses.length).fill(1);
  if (outcome.shape.kind !== 'log-high') return scales;
  let sum = 0;
  for (let i = 0; i < losses.length; i++) {
    scales[i] = standardSlope(outcome, toUnit(outcome, losses[i]!)) ** 2;
    sum += scales[i]! / losses.length;
  }
  return scales.map((scale) => scale / sum);
}

/** First-order variance on the standardised scale; NaN stays NaN. */
function standardVariance(outcome: OutcomeTransform, loss: number, variance: number): number {
  if (Number.isNaN(variance)) return Number.NaN;
  const { span } = outcome;
  if (!(span > 0)) return NOISE_FLOOR;
  const deviation = (Math.sqrt(variance) / 2 / span) * standardSlope(outcome, toUnit(outcome, loss));
  return Math.min(1e6, Math.max(NOISE_FLOOR, deviation * deviation));
}

function bestOf(models: readonly GpModel[]): GpModel {
  return models.reduce((a, b) => (b.score > a.score ? b : a));
}
