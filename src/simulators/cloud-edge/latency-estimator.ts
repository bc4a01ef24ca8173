import type { Rng } from '../../base/random.ts';
import { Adam } from './adam.ts';
import type { Features } from './features.ts';
import { Mlp } from './mlp.ts';

const LEAST = 0.001;

export interface EstimatorSettings {
  readonly dimension: number;
  readonly hiddenLayers: readonly number[];
  readonly learningRate: number;
  readonly batchSize: number;
  readonly trainInterval: number;
  readonly bufferSize: number;
  /** Targets are max(0.001, seconds · scale + offset). */
  readonly timeScale: number;
  readonly timeOffset: number;
}

/**
 * Request time from prompt features, learned online: every `trainInterval`-th feedback takes one Adam step on a random
 * batch of the buffer. Targets are standardised by the first batch; before that nothing is known and predictions are
 * the offset, i.e. the least time.
 */
export class LatencyEstimator {
  readonly network: Mlp;
  readonly #settings: EstimatorSettings;
  readonly #sampling: Rng;
  readonly #adam: Adam;
  readonly #gradient: Float64Array;
  readonly #inputs: Features[] = [];
  readonly #targets: number[] = [];
  /** A permutation of the buffer places; batches come from its head. */
  readonly #order: number[] = [];
  #added = 0;
  #feedbacks = 0;
  #steps = 0;
  #mean = 0;
  #deviation = 0;

  constructor(settings: EstimatorSettings, initial: Rng, sampling: Rng) {
    this.#settings = settings;
    this.#sampling = sampling;
    this.network = new Mlp(settings.dimension, settings.hiddenLayers, initial);
    this.#adam = new Adam(this.network.parameterCount, settings.learningRate);
    this.#gradient = new Float64Array(this.network.parameterCount);
  }

  /** Standard deviation of the targets of the first batch; 0 before it. */
  get targetDeviation(): number {
    return this.#deviation;
  }

  /** Training steps so far. */
  get steps(): number {
    return this.#steps;
  }

  /** Mean prediction in the scaled domain. Leaves the network ready for its gradient at `features`. */
  predictScaled(features: Features): number {
    if (this.#deviation === 0) return this.#settings.timeOffset;
    return Math.max(LEAST, this.network.forward(features) * this.#deviation + this.#mean);
  }

  /** Mean prediction, seconds. */
  predict(features: Features): number {
    return this.toSeconds(this.predictScaled(features));
  }

  toSeconds(scaled: number): number {
    return Math.max(LEAST, (scaled - this.#settings.timeOffset) / this.#settings.timeScale);
  }

  remember(features: Features, seconds: number): void {
    const { bufferSize, timeScale, timeOffset } = this.#settings;
    const place = this.#added % bufferSize;
    if (this.#added < bufferSize) this.#order.push(place);
    this.#inputs[place] = features;
    this.#targets[place] = Math.max(LEAST, seconds * timeScale + timeOffset);
    this.#added++;
  }

  /** One finished batch or cloud request, after its members were remembered. */
  feedback(): void {
    this.#feedbacks++;
    if (this.#feedbacks % this.#settings.trainInterval !== 0 || this.#order.length < this.#settings.batchSize) return;
    this.#train();
  }

  #train(): void {
    const batch = this.#drawBatch();
    if (this.#deviation === 0) this.#standardizeBy(batch);
    this.#gradient.fill(0);
    for (const place of batch) {
      const target = (this.#targets[place]! - this.#mean) / this.#deviation;
      const error = this.network.forward(this.#inputs[place]!) - target;
      this.network.addGradient((2 * error) / batch.length, this.#gradient);
    }
    this.#adam.update(this.network.parameters, this.#gradient);
    this.#steps++;
  }

  /** Without replacement: the head of a partial Fisher–Yates shuffle. */
  #drawBatch(): readonly number[] {
    const order = this.#order;
    const size = this.#settings.batchSize;
    for (let i = 0; i < size; i++) {
      const j = i + this.#sampling.below(order.length - i);
      const swap = order[i]!;
      order[i] = order[j]!;
      order[j] = swap;
    }
    return order.slice(0, size);
  }

  #standardizeBy(batch: readonly number[]): void {
    let sum = 0;
    for (const place of batch) sum += this.#targets[place]!;
    this.#mean = sum / batch.length;
    let squares = 0;
    for (const place of batch) squares += (this.#targets[place]! - this.#mean) ** 2;
    this.#deviation = Math.sqrt(squares / batch.length) || 1;
  }
}
