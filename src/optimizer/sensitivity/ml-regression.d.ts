declare module 'ml-regression' {
  /** Ordinary least squares; the intercept is the last weight. */
  export class MultivariateLinearRegression {
    constructor(inputs: readonly (readonly number[])[], outputs: readonly (readonly number[])[]);
    readonly weights: readonly (readonly number[])[];
    readonly stdErrors: readonly number[];
    /** Absent where the design has no full rank. */
    readonly tStats?: readonly number[];
  }

  /** Least-squares polynomial; `coefficients[k]` belongs to x^k. */
  export class PolynomialRegression {
    constructor(x: readonly number[], y: readonly number[], degree: number);
    readonly coefficients: readonly number[];
    predict(x: number): number;
  }
}
