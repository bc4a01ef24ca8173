import type { StagedDifferentiable } from '../../numeric/differentiable.ts';
import { Machine } from './machine.ts';

export interface BoundedMinimum {
  readonly x: Float64Array;
  readonly value: number;
  readonly iterations: number;
  readonly evaluations: number;
}

export interface BoundedSearchOptions {
  readonly lower: ArrayLike<number>;
  readonly upper: ArrayLike<number>;
  readonly maxIterations?: number;
  readonly maxEvaluations?: number;
  /** Stops when no component of the projected gradient is larger. */
  readonly gradientTolerance?: number;
  /** Stops when one step improves by less than this, relative to 1 + |value|. */
  readonly valueTolerance?: number;
}

/** Where integers, addresses and numbers stand in a `Search`. */
const FIELDS = { maxIterations: 1, maxEvaluations: 2, iterations: 3, evaluations: 4, found: 5, fit: 18 };
const ARRAYS = { lower: 6, upper: 7, x: 8, gradient: 9, trial: 10, trialGradient: 11 };
const NUMBERS = { gradientTolerance: 10, valueTolerance: 11 };

/**
 * Minimises a smooth function in a box: limited-memory BFGS on the free variables, projected backtracking search.
 * Variables held at a bound by the gradient leave the quasi-Newton system of that step.
 * The result is never worse than the start (which is first clipped into the box).
 * @see Nocedal 1980 (two-loop recursion); Bertsekas 1982, "Projected Newton methods" (active set and search)
 */
export function minimizeBounded(
  f: StagedDifferentiable,
  start: ArrayLike<number>,
  options: BoundedSearchOptions,
): BoundedMinimum {
  return search(start, options, { f, fit: 0 });
}

/** The same for the density of a fit whose `Likelihood` stands in `SEARCHES`: nothing of it runs in JavaScript. */
export function minimizeFit(fit: number, start: ArrayLike<number>, options: BoundedSearchOptions): BoundedMinimum {
  return search(start, options, { f: null, fit });
}

function search(
  start: ArrayLike<number>,
  options: BoundedSearchOptions,
  { f, fit }: { readonly f: StagedDifferentiable | null; readonly fit: number },
): BoundedMinimum {
  const { lower, upper, maxIterations = 100, gradientTolerance = 1e-6, valueTolerance = 1e-10 } = options;
  const n = start.length;
  const { kernels } = SEARCHES;
  const base = SEARCHES.take(kernels.searchSize(n));
  kernels.layoutSearch(base, n);
  const { numbers, addresses } = SEARCHES;
  const record = base >>> 2;
  addresses[record + FIELDS.maxIterations] = maxIterations;
  addresses[record + FIELDS.maxEvaluations] = options.maxEvaluations ?? 4 * maxIterations;
  addresses[record + FIELDS.fit] = fit;
  numbers[(record >>> 1) + NUMBERS.gradientTolerance] = gradientTolerance;
  numbers[(record >>> 1) + NUMBERS.valueTolerance] = valueTolerance;
  const array = (field: number): Float64Array => {
    const at = SEARCHES.at(base, field);
    return numbers.subarray(at, at + n);
  };
  array(ARRAYS.lower).set(lower);
  array(ARRAYS.upper).set(upper);
  const x = array(ARRAYS.x);
  for (let i = 0; i < n; i++) x[i] = Math.min(upper[i]!, Math.max(lower[i]!, start[i]!));
  const views = [x, array(ARRAYS.trial), array(ARRAYS.gradient), array(ARRAYS.trialGradient)];
  const outer = current;
  current = { f, views };
  try {
    const value = kernels.minimize(base);
    const found = addresses[record + FIELDS.found]! >>> 3;
    return {
      x: numbers.slice(found, found + n),
      value,
      iterations: addresses[record + FIELDS.iterations]!,
      evaluations: addresses[record + FIELDS.evaluations]!,
    };
  } finally {
    // A function that throws leaves the memory as it was.
    current = outer;
    SEARCHES.release(base);
  }
}

/** The function that is minimised, and the arrays that it reads and writes. */
let current: { readonly f: StagedDifferentiable | null; readonly views: readonly Float64Array[] } | null = null;

function viewAt(address: number): Float64Array {
  const { views } = current!;
  for (const view of views) if (view.byteOffset === address) return view;
  throw new RangeError(`no array of the search begins at ${address}`);
}

/** The memory of searches, and of the fit that is searched. */
export const SEARCHES = new Machine(0, {
  value: (x) => current!.f!.value(viewAt(x)),
  gradient: (out) => current!.f!.gradient(viewAt(out)),
});
