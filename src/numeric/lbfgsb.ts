/** Value at `x`; writes the gradient into `gradient`. A non-finite value counts as infinitely bad. */
export type Differentiable = (x: Float64Array, gradient: Float64Array) => number;

/** The same in two steps: a search needs no gradient at points that it rejects. */
export interface StagedDifferentiable {
  value(x: Float64Array): number;
  /** Writes the gradient at the `x` last given to `value`, unchanged since, where the value was finite. */
  gradient(out: Float64Array): void;
}

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

const MEMORY = 8;
const SUFFICIENT_DECREASE = 1e-4;
const MAX_BACKTRACKS = 20;

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
  const { lower, upper, maxIterations = 100, gradientTolerance = 1e-6, valueTolerance = 1e-10 } = options;
  const maxEvaluations = options.maxEvaluations ?? 4 * maxIterations;
  const n = start.length;
  let x = Float64Array.from({ length: n }, (_, i) => Math.min(upper[i]!, Math.max(lower[i]!, start[i]!)));
  let gradient = new Float64Array(n);
  let value = finiteOrInfinity(f.value(x));
  if (Number.isFinite(value)) f.gradient(gradient);
  let evaluations = 1;
  let iterations = 0;
  const steps: Float64Array[] = [];
  const changes: Float64Array[] = [];
  let trial = new Float64Array(n);
  let trialGradient = new Float64Array(n);
  const direction = new Float64Array(n);
  const free = new Uint8Array(n);

  while (iterations < maxIterations && evaluations < maxEvaluations && Number.isFinite(value)) {
    if (markFree(x, gradient, lower, upper, free) <= gradientTolerance) break;
    quasiNewtonDirection(gradient, free, steps, changes, direction);
    if (!(slope(direction, gradient, free) < 0)) {
      steps.length = 0;
      changes.length = 0;
      for (let i = 0; i < n; i++) direction[i] = free[i] ? -gradient[i]! : 0;
    }
    let length = steps.length === 0 ? firstLength(direction) : 1;
    let accepted = false;
    for (let k = 0; k < MAX_BACKTRACKS && evaluations < maxEvaluations; k++) {
      let decrease = 0;
      for (let i = 0; i < n; i++) {
        trial[i] = Math.min(upper[i]!, Math.max(lower[i]!, x[i]! + length * direction[i]!));
        decrease += gradient[i]! * (trial[i]! - x[i]!);
      }
      const next = finiteOrInfinity(f.value(trial));
      evaluations++;
      if (next <= value + SUFFICIENT_DECREASE * decrease && next < value) {
        accepted = true;
        const gain = value - next;
        const spent = iterations + 1 >= maxIterations || evaluations >= maxEvaluations;
        if (spent || gain <= valueTolerance * (1 + Math.abs(next)))
          return { x: trial, value: next, iterations: iterations + 1, evaluations };
        f.gradient(trialGradient);
        remember(x, trial, gradient, trialGradient, steps, changes);
        [x, trial] = [trial, x];
        [gradient, trialGradient] = [trialGradient, gradient];
        value = next;
        break;
      }
      // Minimiser of the parabola through both values and the slope, kept within [0.1, 0.5] of the length.
      const excess = next - value - decrease;
      const shrink = Number.isFinite(excess) && excess > 0 ? (-0.5 * decrease) / excess : 0.1;
      length *= Math.min(0.5, Math.max(0.1, shrink));
    }
    iterations++;
    if (!accepted) {
      if (steps.length === 0) break;
      steps.length = 0;
      changes.length = 0;
    }
  }
  return { x, value, iterations, evaluations };
}

/** A function that gives value and gradient at once, in two steps. */
export function staged(f: Differentiable, n: number): StagedDifferentiable {
  const last = new Float64Array(n);
  return { value: (x) => f(x, last), gradient: (out) => out.set(last) };
}

/** Marks the variables that may move; answers the largest free gradient component. */
function markFree(
  x: Float64Array,
  gradient: Float64Array,
  lower: ArrayLike<number>,
  upper: ArrayLike<number>,
  free: Uint8Array,
): number {
  let largest = 0;
  for (let i = 0; i < x.length; i++) {
    const held = (x[i]! <= lower[i]! && gradient[i]! > 0) || (x[i]! >= upper[i]! && gradient[i]! < 0);
    free[i] = held ? 0 : 1;
    if (!held) largest = Math.max(largest, Math.abs(gradient[i]!));
  }
  return largest;
}

/** Two-loop recursion on the free components. */
function quasiNewtonDirection(
  gradient: Float64Array,
  free: Uint8Array,
  steps: readonly Float64Array[],
  changes: readonly Float64Array[],
  direction: Float64Array,
): void {
  const n = gradient.length;
  for (let i = 0; i < n; i++) direction[i] = free[i] ? -gradient[i]! : 0;
  const weights = new Float64Array(steps.length);
  for (let k = steps.length - 1; k >= 0; k--) {
    const curvature = slope(steps[k]!, changes[k]!, free);
    if (!(curvature > 0)) continue;
    const weight = slope(steps[k]!, direction, free) / curvature;
    weights[k] = weight;
    for (let i = 0; i < n; i++) if (free[i]) direction[i]! -= weight * changes[k]![i]!;
  }
  const last = steps.length - 1;
  if (last >= 0) {
    const curvature = slope(steps[last]!, changes[last]!, free);
    const size = slope(changes[last]!, changes[last]!, free);
    if (curvature > 0 && size > 0) for (let i = 0; i < n; i++) direction[i]! *= curvature / size;
  }
  for (let k = 0; k < steps.length; k++) {
    const curvature = slope(steps[k]!, changes[k]!, free);
    if (!(curvature > 0)) continue;
    const back = slope(changes[k]!, direction, free) / curvature;
    for (let i = 0; i < n; i++) if (free[i]) direction[i]! += (weights[k]! - back) * steps[k]![i]!;
  }
}

function remember(
  x: Float64Array,
  next: Float64Array,
  gradient: Float64Array,
  nextGradient: Float64Array,
  steps: Float64Array[],
  changes: Float64Array[],
): void {
  const step = new Float64Array(x.length);
  const change = new Float64Array(x.length);
  let curvature = 0;
  let size = 0;
  for (let i = 0; i < step.length; i++) {
    step[i] = next[i]! - x[i]!;
    change[i] = nextGradient[i]! - gradient[i]!;
    curvature += step[i]! * change[i]!;
    size += change[i]! * change[i]!;
  }
  if (!(curvature > 1e-12 * size)) return;
  steps.push(step);
  changes.push(change);
  if (steps.length > MEMORY) {
    steps.shift();
    changes.shift();
  }
}

function slope(a: Float64Array, b: Float64Array, free: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) if (free[i]) sum += a[i]! * b[i]!;
  return sum;
}

/** The first step is at most 1 long, whatever the scale of the function. */
function firstLength(direction: Float64Array): number {
  let size = 0;
  for (let i = 0; i < direction.length; i++) size = Math.max(size, Math.abs(direction[i]!));
  return size > 0 ? Math.min(1, 1 / size) : 1;
}

function finiteOrInfinity(value: number): number {
  return Number.isFinite(value) ? value : Number.POSITIVE_INFINITY;
}
