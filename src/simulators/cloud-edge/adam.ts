import { power } from '../../numeric/power.ts';

const BETA1 = 0.9;
const BETA2 = 0.999;
const EPSILON = 1e-8;

/** Adam without weight decay. @see Kingma & Ba 2015, alg. 1 */
export class Adam {
  readonly #learningRate: number;
  readonly #mean: Float64Array;
  readonly #square: Float64Array;
  #step = 0;

  constructor(size: number, learningRate: number) {
    this.#learningRate = learningRate;
    this.#mean = new Float64Array(size);
    this.#square = new Float64Array(size);
  }

  /** Moves `parameters` against `gradient`, in place. */
  update(parameters: Float64Array, gradient: Readonly<Float64Array>): void {
    this.#step++;
    const rate = this.#learningRate / (1 - power(BETA1, this.#step));
    const root = Math.sqrt(1 - power(BETA2, this.#step));
    const mean = this.#mean;
    const square = this.#square;
    for (let i = 0; i < parameters.length; i++) {
      const g = gradient[i]!;
      const m = BETA1 * mean[i]! + (1 - BETA1) * g;
      const v = BETA2 * square[i]! + (1 - BETA2) * g * g;
      mean[i] = m;
      square[i] = v;
      parameters[i]! -= (rate * m) / (Math.sqrt(v) / root + EPSILON);
    }
  }
}
