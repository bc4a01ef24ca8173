/**
 * Ridge regression on running sums: minimises ‖y − Xβ‖² + λ‖β‖² over all samples so far, in O(d²) per sample and
 * O(d³) per fit.
 * @see Hoerl & Kennard 1970, "Ridge regression: biased estimation for nonorthogonal problems"
 */
export class RidgeRegression {
  readonly #size: number;
  readonly #lambda: number;
  /** XᵀX, row-major. */
  readonly #gram: Float64Array;
  /** Xᵀy. */
  readonly #moments: Float64Array;
  readonly #coefficients: Float64Array;
  readonly #factor: Float64Array;
  #samples = 0;

  constructor(size: number, lambda: number) {
    this.#size = size;
    this.#lambda = lambda;
    this.#gram = new Float64Array(size * size);
    this.#moments = new Float64Array(size);
    this.#coefficients = new Float64Array(size);
    this.#factor = new Float64Array(size * size);
  }

  get samples(): number {
    return this.#samples;
  }

  add(features: Readonly<Float64Array>, target: number): void {
    const size = this.#size;
    for (let i = 0; i < size; i++) {
      const row = i * size;
      for (let j = 0; j < size; j++) this.#gram[row + j]! += features[i]! * features[j]!;
      this.#moments[i]! += features[i]! * target;
    }
    this.#samples++;
  }

  /** Solves (XᵀX + λI) β = Xᵀy by Cholesky factorisation. */
  fit(): void {
    const size = this.#size;
    const lower = this.#factor;
    for (let i = 0; i < size; i++) {
      for (let j = 0; j <= i; j++) {
        let sum = this.#gram[i * size + j]! + (i === j ? this.#lambda : 0);
        for (let k = 0; k < j; k++) sum -= lower[i * size + k]! * lower[j * size + k]!;
        lower[i * size + j] = i === j ? Math.sqrt(Math.max(sum, this.#lambda)) : sum / lower[j * size + j]!;
      }
    }
    const beta = this.#coefficients;
    for (let i = 0; i < size; i++) {
      let sum = this.#moments[i]!;
      for (let k = 0; k < i; k++) sum -= lower[i * size + k]! * beta[k]!;
      beta[i] = sum / lower[i * size + i]!;
    }
    for (let i = size - 1; i >= 0; i--) {
      let sum = beta[i]!;
      for (let k = i + 1; k < size; k++) sum -= lower[k * size + i]! * beta[k]!;
      beta[i] = sum / lower[i * size + i]!;
    }
  }

  /** One factor for each feature, of the last fit. */
  coefficients(): readonly number[] {
    return Array.from(this.#coefficients);
  }

  predict(features: Readonly<Float64Array>): number {
    return weightedSum(this.#coefficients, features);
  }
}

/** What coefficients say of features: one sum in their order, on which the last bit of a prediction depends. */
export function weightedSum(coefficients: ArrayLike<number>, features: Readonly<Float64Array>): number {
  let sum = 0;
  for (let i = 0; i < features.length; i++) sum += coefficients[i]! * features[i]!;
  return sum;
}
