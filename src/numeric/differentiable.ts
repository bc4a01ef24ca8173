/** Value at `x`; writes the gradient into `gradient`. A non-finite value counts as infinitely bad. */
export type Differentiable = (x: Float64Array, gradient: Float64Array) => number;

/** The same in two steps: a search needs no gradient at points that it rejects. */
export interface StagedDifferentiable {
  value(x: Float64Array): number;
  /** Writes the gradient at the `x` last given to `value`, unchanged since, where the value was finite. */
  gradient(out: Float64Array): void;
}

/** A function that gives value and gradient at once, in two steps. */
export function staged(f: Differentiable, n: number): StagedDifferentiable {
  const last = new Float64Array(n);
  return { value: (x) => f(x, last), gradient: (out) => out.set(last) };
}
