import { Machine } from '../compiled/machine.ts';
import { type FeatureRows, type Kernel, kernelVariance, MEAN_VARIANCE, SHAPE_NUMBERS } from './kernel.ts';

/** Gaussian process conditioned on values at n points, ready to predict. Everything is on the standardised scale. */
export interface Posterior {
  readonly kernel: Kernel;
  readonly points: FeatureRows;
  /** Factor of K + noise, row-major n × n; the upper triangle is unspecified. */
  readonly lower: Float64Array;
  /** (K + noise)⁻¹ y for each of S vectors of values: the mean of member s is k(x)ᵀ α_s. */
  readonly alphas: readonly Float64Array[];
  /** Variance of the process before any data, its mean included. */
  readonly priorVariance: number;
}

/** Bytes of posteriors that are kept ready: a proposal with ten outcomes at 300 points needs 15 million. */
const MOST_READY = 48_000_000;

/** The memory in which posteriors predict. */
export const PROCESSES = new Machine(MOST_READY);

/** Where addresses stand in a `Process`. */
export const FIELDS = {
  weights: 5,
  categorical: 6,
  features: 7,
  noise: 8,
  lower: 9,
  alphas: 10,
  x: 11,
  means: 12,
  toMeans: 13,
  gradient: 14,
  solved: 19,
};

/** Where numbers stand in a `Process`. */
export const NUMBERS = { signal: 10, first: 11, second: 12, priorVariance: 13, toVariance: 14 };

interface Place {
  readonly round: number;
  readonly base: number;
}

const PLACES = new WeakMap<Posterior, Place>();

export function even(n: number): number {
  return n + (n % 2);
}

export function processBytes({ shape }: Kernel, { rows, width }: FeatureRows, members: number): number {
  return PROCESSES.kernels.processSize(rows, width, SHAPE_NUMBERS[shape], members);
}

/** Bytes that a posterior needs. */
export function bytesOf({ kernel, points, alphas }: Posterior): number {
  return processBytes(kernel, points, alphas.length);
}

/** A new process without values, where room is reserved. @returns its address */
export function layOut(kernel: Kernel, points: FeatureRows, members: number): number {
  const { rows, width, features, categorical } = points;
  const base = PROCESSES.take(processBytes(kernel, points, members));
  const { numbers } = PROCESSES;
  PROCESSES.kernels.layoutProcess(base, rows, width, SHAPE_NUMBERS[kernel.shape], members);
  const record = base >>> 3;
  numbers[record + NUMBERS.signal] = kernel.signal;
  numbers[record + NUMBERS.first] = kernel.first;
  numbers[record + NUMBERS.second] = kernel.second;
  numbers[record + NUMBERS.priorVariance] = kernelVariance(kernel) + MEAN_VARIANCE;
  numbers.set(kernel.weights, PROCESSES.at(base, FIELDS.weights));
  numbers.set(categorical, PROCESSES.at(base, FIELDS.categorical));
  const at = PROCESSES.at(base, FIELDS.features);
  const stride = even(rows);
  for (let j = 0; j < width; j++)
    for (let a = 0; a < rows; a++) numbers[at + j * stride + a] = features[a * width + j]!;
  return base;
}

export function writeAlphas(base: number, vectors: readonly Readonly<Float64Array>[], rows: number): void {
  const at = PROCESSES.at(base, FIELDS.alphas);
  for (let s = 0; s < vectors.length; s++) PROCESSES.numbers.set(vectors[s]!, at + s * even(rows));
}

/** Says where a posterior has become ready. */
export function keepReady(posterior: Posterior, base: number): void {
  PLACES.set(posterior, { round: PROCESSES.round, base });
}

export function isReady(posterior: Posterior): boolean {
  return PLACES.get(posterior)?.round === PROCESSES.round;
}

/** The address at which a posterior is ready. */
export function ready(posterior: Posterior): number {
  const known = PLACES.get(posterior);
  if (known?.round === PROCESSES.round) return known.base;
  PROCESSES.reserve(bytesOf(posterior));
  return placed(posterior);
}

/** The same where room is reserved: nothing that is ready goes away. */
export function placed(posterior: Posterior): number {
  const known = PLACES.get(posterior);
  if (known?.round === PROCESSES.round) return known.base;
  const { kernel, points, lower, alphas, priorVariance } = posterior;
  const base = layOut(kernel, points, alphas.length);
  PROCESSES.numbers[(base >>> 3) + NUMBERS.priorVariance] = priorVariance;
  PROCESSES.numbers.set(lower, PROCESSES.at(base, FIELDS.lower));
  writeAlphas(base, alphas, points.rows);
  keepReady(posterior, base);
  return base;
}
