import { Machine } from '../compiled/machine.ts';
import {
  type FeatureRows,
  type Kernel,
  kernelVariance,
  MEAN_VARIANCE,
  RELATIVE_NUGGET,
  SHAPE_NUMBERS,
} from './kernel.ts';

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

/** Doubles that an array of points takes: loops take four at a time. */
function padded(n: number): number {
  return Math.ceil(n / 4) * 4;
}

export function processBytes({ shape }: Kernel, { rows, width }: FeatureRows, members: number): number {
  return PROCESSES.kernels.processSize(rows, width, SHAPE_NUMBERS[shape], members);
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
  const stride = padded(rows);
  for (let j = 0; j < width; j++)
    for (let a = 0; a < rows; a++) numbers[at + j * stride + a] = features[a * width + j]!;
  return base;
}

/** Diagonal terms tried in turn, relative to the prior variance, until the factorisation succeeds. */
const JITTER_LADDER = [0, 1e-10, 1e-8, 1e-6, 1e-4, 1e-2];

/**
 * Gaussian process conditioned on S vectors of values at n points, ready to predict. Everything is on the standardised scale.
 * Factor and weights lie in the memory in which it predicts, and are computed anew where they had to make room.
 */
export class Posterior {
  readonly kernel: Kernel;
  readonly points: FeatureRows;
  /** S. */
  readonly members: number;
  /** Variance of the process before any data, its mean included. */
  readonly priorVariance: number;
  readonly #targets: readonly Readonly<Float64Array>[];
  readonly #noise: Readonly<Float64Array>;
  /** What the diagonal has above noise. */
  readonly #extra: number;
  #round = -1;
  #base = 0;

  /** @throws RangeError when even the largest jitter fails, which finite input cannot cause */
  constructor(
    kernel: Kernel,
    points: FeatureRows,
    { targets, noise }: { readonly targets: readonly Readonly<Float64Array>[]; readonly noise: Readonly<Float64Array> },
  ) {
    const variance = kernelVariance(kernel);
    this.kernel = kernel;
    this.points = points;
    this.members = targets.length;
    this.priorVariance = variance + MEAN_VARIANCE;
    this.#targets = targets;
    this.#noise = noise;
    PROCESSES.reserve(this.bytes);
    const base = layOut(kernel, points, targets.length);
    const extras = JITTER_LADDER.map((jitter) => variance * RELATIVE_NUGGET + jitter * (variance + MEAN_VARIANCE));
    const extra = extras.find((each) => this.#condition(base, each));
    if (extra === undefined) {
      throw new RangeError(
        'covariance is not positive definite even with jitter; features or hyperparameters are not finite',
      );
    }
    this.#extra = extra;
  }

  /** Bytes that it needs to be ready. */
  get bytes(): number {
    return processBytes(this.kernel, this.points, this.members);
  }

  get isReady(): boolean {
    return this.#round === PROCESSES.round;
  }

  /** The address at which it is ready. */
  ready(): number {
    if (!this.isReady) PROCESSES.reserve(this.bytes);
    return this.placed();
  }

  /** The same where room is reserved: nothing that is ready goes away. */
  placed(): number {
    if (!this.isReady) this.#condition(layOut(this.kernel, this.points, this.members), this.#extra);
    return this.#base;
  }

  /** Factor of K + noise, row-major n × n; the upper triangle is unspecified. */
  lower(): Float64Array {
    const at = PROCESSES.at(this.ready(), FIELDS.lower);
    return PROCESSES.numbers.slice(at, at + this.points.rows ** 2);
  }

  /** (K + noise)⁻¹ y of the values of one member, of which the mean is k(x)ᵀ α. */
  alpha(member: number): Float64Array {
    const { rows } = this.points;
    const at = PROCESSES.at(this.ready(), FIELDS.alphas) + member * padded(rows);
    return PROCESSES.numbers.slice(at, at + rows);
  }

  #condition(base: number, extra: number): boolean {
    const { numbers, kernels } = PROCESSES;
    numbers.set(this.#noise, PROCESSES.at(base, FIELDS.noise));
    const alphas = PROCESSES.at(base, FIELDS.alphas);
    for (let s = 0; s < this.members; s++) numbers.set(this.#targets[s]!, alphas + s * padded(this.points.rows));
    if (kernels.condition(base, extra) === 0) return false;
    this.#round = PROCESSES.round;
    this.#base = base;
    return true;
  }
}
