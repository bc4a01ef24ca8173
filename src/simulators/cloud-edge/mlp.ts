import type { Rng } from '../../base/random.ts';
import type { Features } from './features.ts';

interface Layer {
  readonly inputs: number;
  readonly outputs: number;
  /** Offset of the weights (row-major, outputs × inputs); the biases follow them. */
  readonly weights: number;
  readonly biases: number;
}

/**
 * Fully connected network with ReLU hidden layers and one linear output. Gradients are analytic; the input layer walks
 * only the non-zero features. Call `forward` before any of the gradient methods: they speak of the same input.
 */
export class Mlp {
  readonly parameterCount: number;
  readonly parameters: Float64Array;
  readonly #layers: readonly Layer[];
  readonly #activations: readonly Float64Array[];
  readonly #deltas: readonly Float64Array[];
  #input: Features = { values: new Float32Array(0), nonZero: new Int32Array(0), packed: new Float64Array(0) };

  /** @param hidden - widths of the hidden layers; none gives a linear model */
  constructor(inputs: number, hidden: readonly number[], rng: Rng) {
    const widths = [inputs, ...hidden, 1];
    const layers: Layer[] = [];
    let offset = 0;
    for (let l = 1; l < widths.length; l++) {
      const [fanIn, fanOut] = [widths[l - 1]!, widths[l]!];
      layers.push({ inputs: fanIn, outputs: fanOut, weights: offset, biases: offset + fanIn * fanOut });
      offset += fanIn * fanOut + fanOut;
    }
    this.#layers = layers;
    this.parameterCount = offset;
    this.parameters = new Float64Array(offset);
    for (const { inputs: fanIn, outputs, weights } of layers) {
      const bound = 1 / Math.sqrt(fanIn);
      const end = weights + fanIn * outputs + outputs;
      for (let i = weights; i < end; i++) this.parameters[i] = bound * (2 * rng.uniform() - 1);
    }
    this.#activations = layers.map(({ outputs }) => new Float64Array(outputs));
    this.#deltas = layers.map(({ outputs }) => new Float64Array(outputs));
  }

  forward(features: Features): number {
    this.#input = features;
    const last = this.#layers.length - 1;
    for (let l = 0; l <= last; l++) {
      const { inputs, outputs, weights, biases } = this.#layers[l]!;
      const out = this.#activations[l]!;
      for (let j = 0; j < outputs; j++) {
        const row = weights + j * inputs;
        const sum =
          this.parameters[biases + j]! +
          (l === 0
            ? dotSparse(this.parameters, row, features.nonZero, features.packed)
            : dotDense(this.parameters, row, this.#activations[l - 1]!));
        out[j] = l === last || sum > 0 ? sum : 0;
      }
    }
    return this.#activations[last]![0]!;
  }

  /** Adds `scale` · ∂output/∂parameters to `sum`. */
  addGradient(scale: number, sum: Float64Array): void {
    this.#backpropagate();
    const { nonZero, packed } = this.#input;
    for (let l = 0; l < this.#layers.length; l++) {
      const { inputs, outputs, weights, biases } = this.#layers[l]!;
      const deltas = this.#deltas[l]!;
      for (let j = 0; j < outputs; j++) {
        const factor = scale * deltas[j]!;
        if (factor === 0) continue;
        sum[biases + j]! += factor;
        const row = weights + j * inputs;
        if (l === 0) addSparse(sum, row, nonZero, packed, factor);
        else addDense(sum, row, this.#activations[l - 1]!, factor);
      }
    }
  }

  /** Adds `scale` · (∂output/∂parameters)², entry by entry, to `sum`. */
  addSquaredGradient(scale: number, sum: Float64Array): void {
    this.#backpropagate();
    const { nonZero, packed } = this.#input;
    for (let l = 0; l < this.#layers.length; l++) {
      const { inputs, outputs, weights, biases } = this.#layers[l]!;
      const deltas = this.#deltas[l]!;
      for (let j = 0; j < outputs; j++) {
        const factor = scale * deltas[j]! * deltas[j]!;
        if (factor === 0) continue;
        sum[biases + j]! += factor;
        const row = weights + j * inputs;
        if (l === 0) addSparseSquares(sum, row, nonZero, packed, factor);
        else addDenseSquares(sum, row, this.#activations[l - 1]!, factor);
      }
    }
  }

  /** Σ (∂output/∂parameter)² · weight over all parameters. */
  weightedSquaredGradient(importance: Readonly<Float64Array>): number {
    this.#backpropagate();
    const { nonZero, packed } = this.#input;
    let total = 0;
    for (let l = 0; l < this.#layers.length; l++) {
      const { inputs, outputs, weights, biases } = this.#layers[l]!;
      const deltas = this.#deltas[l]!;
      for (let j = 0; j < outputs; j++) {
        const delta = deltas[j]!;
        if (delta === 0) continue;
        const row = weights + j * inputs;
        const squares =
          l === 0
            ? dotSparseSquares(importance, row, nonZero, packed)
            : dotDenseSquares(importance, row, this.#activations[l - 1]!);
        total += delta * delta * (importance[biases + j]! + squares);
      }
    }
    return total;
  }

  /** ∂output/∂(weighted sum) of every unit. */
  #backpropagate(): void {
    const last = this.#layers.length - 1;
    this.#deltas[last]![0] = 1;
    for (let l = last; l > 0; l--) {
      const { inputs, outputs, weights } = this.#layers[l]!;
      const above = this.#deltas[l]!;
      const below = this.#deltas[l - 1]!;
      below.fill(0);
      for (let j = 0; j < outputs; j++) {
        if (above[j] !== 0) addRow(below, this.parameters, weights + j * inputs, above[j]!);
      }
      const active = this.#activations[l - 1]!;
      for (let i = 0; i < inputs; i++) if (active[i]! <= 0) below[i] = 0;
    }
  }
}

type Vector = Readonly<Float64Array>;

function dotSparse(matrix: Vector, row: number, at: Readonly<Int32Array>, x: Vector): number {
  let sum = 0;
  for (let k = 0; k < x.length; k++) sum += matrix[row + at[k]!]! * x[k]!;
  return sum;
}

function dotDense(matrix: Vector, row: number, x: Vector): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += matrix[row + i]! * x[i]!;
  return sum;
}

function dotSparseSquares(matrix: Vector, row: number, at: Readonly<Int32Array>, x: Vector): number {
  let sum = 0;
  for (let k = 0; k < x.length; k++) sum += matrix[row + at[k]!]! * x[k]! * x[k]!;
  return sum;
}

function dotDenseSquares(matrix: Vector, row: number, x: Vector): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += matrix[row + i]! * x[i]! * x[i]!;
  return sum;
}

function addSparse(out: Float64Array, row: number, at: Readonly<Int32Array>, x: Vector, factor: number): void {
  for (let k = 0; k < x.length; k++) out[row + at[k]!]! += factor * x[k]!;
}

function addDense(out: Float64Array, row: number, x: Vector, factor: number): void {
  for (let i = 0; i < x.length; i++) out[row + i]! += factor * x[i]!;
}

function addSparseSquares(out: Float64Array, row: number, at: Readonly<Int32Array>, x: Vector, factor: number): void {
  for (let k = 0; k < x.length; k++) out[row + at[k]!]! += factor * x[k]! * x[k]!;
}

function addDenseSquares(out: Float64Array, row: number, x: Vector, factor: number): void {
  for (let i = 0; i < x.length; i++) out[row + i]! += factor * x[i]! * x[i]!;
}

function addRow(out: Float64Array, matrix: Vector, row: number, factor: number): void {
  for (let i = 0; i < out.length; i++) out[i]! += factor * matrix[row + i]!;
}
