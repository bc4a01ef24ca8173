// Minimum of a smooth function in a box; see lbfgsb.ts.

import { at, get, set } from './algebra';
import { Likelihood, negativeLogPosterior, posteriorGradient } from './likelihood';

/** The objective, in JavaScript: value at an address, and gradient where the value was last asked for. */
@external("objective", "value")
declare function valueAt(x: usize): f64;
@external("objective", "gradient")
declare function writeGradient(out: usize): void;

const MEMORY: i32 = 8;
const SUFFICIENT_DECREASE: f64 = 1e-4;
const MAX_BACKTRACKS: i32 = 20;

@unmanaged
class Search {
  n: i32;
  maxIterations: i32;
  maxEvaluations: i32;
  iterations: i32;
  evaluations: i32;
  /** Address of the minimum. */
  found: usize;
  lower: usize;
  upper: usize;
  x: usize;
  gradient: usize;
  trial: usize;
  trialGradient: usize;
  direction: usize;
  /** 1 for variables that may move. */
  free: usize;
  weights: usize;
  /** Addresses of the last steps and changes of the gradient, oldest first, `remembered` of them. */
  steps: usize;
  changes: usize;
  remembered: i32;
  /** Address of the fit that is searched; 0 for an objective in JavaScript. */
  fit: usize;
  gradientTolerance: f64;
  valueTolerance: f64;
}

export function searchSize(n: i32): usize {
  return layoutSearch(0, n);
}

/** Lays a search out from `base` on; without one, only counts. @returns the first address behind it */
export function layoutSearch(base: usize, n: i32): usize {
  const lower = (base + offsetof<Search>() + 15) & ~15;
  const weights = at(lower, 8 * n);
  const steps = at(weights, MEMORY + 1);
  const changes = at(steps, MEMORY + 1);
  const pairs = at(changes, MEMORY + 1);
  const end = at(pairs, 2 * (MEMORY + 1) * n);
  if (base === 0) return end;
  const search = changetype<Search>(base);
  search.n = n;
  search.lower = lower;
  search.upper = at(lower, n);
  search.x = at(lower, 2 * n);
  search.gradient = at(lower, 3 * n);
  search.trial = at(lower, 4 * n);
  search.trialGradient = at(lower, 5 * n);
  search.direction = at(lower, 6 * n);
  search.free = at(lower, 7 * n);
  search.weights = weights;
  search.steps = steps;
  search.changes = changes;
  search.remembered = 0;
  search.fit = 0;
  for (let k = 0; k <= MEMORY; k++) {
    store<usize>(at(steps, k), at(pairs, k * n));
    store<usize>(at(changes, k), at(pairs, (MEMORY + 1 + k) * n));
  }
  return end;
}

/** Searches from x, which lies in the box, and writes where the minimum stands. @returns the least value */
export function minimize(search: Search): f64 {
  const n = search.n;
  let least = finiteOrInfinity(value(search, search.x));
  if (isFinite(least)) gradient(search, search.gradient);
  search.evaluations = 1;
  search.iterations = 0;
  while (search.iterations < search.maxIterations && search.evaluations < search.maxEvaluations && isFinite(least)) {
    if (markFree(search) <= search.gradientTolerance) break;
    quasiNewtonDirection(search);
    if (!(slope(search.direction, search.gradient, search.free, n) < 0)) {
      search.remembered = 0;
      steepest(search);
    }
    let length: f64 = search.remembered === 0 ? firstLength(search.direction, n) : 1;
    let accepted = false;
    for (let k = 0; k < MAX_BACKTRACKS && search.evaluations < search.maxEvaluations; k++) {
      const decrease = tryStep(search, length);
      const next = finiteOrInfinity(value(search, search.trial));
      search.evaluations++;
      if (next <= least + SUFFICIENT_DECREASE * decrease && next < least) {
        accepted = true;
        const gain = least - next;
        const spent =
          search.iterations + 1 >= search.maxIterations || search.evaluations >= search.maxEvaluations;
        if (spent || gain <= search.valueTolerance * (1 + abs(next))) {
          search.iterations++;
          search.found = search.trial;
          return next;
        }
        gradient(search, search.trialGradient);
        remember(search);
        swap(search);
        least = next;
        break;
      }
      // Minimiser of the parabola through both values and the slope, kept within [0.1, 0.5] of the length.
      const excess = next - least - decrease;
      const shrink = isFinite(excess) && excess > 0 ? (-0.5 * decrease) / excess : 0.1;
      length *= min(0.5, max(0.1, shrink));
    }
    search.iterations++;
    if (!accepted) {
      if (search.remembered === 0) break;
      search.remembered = 0;
    }
  }
  search.found = search.x;
  return least;
}

function value(search: Search, x: usize): f64 {
  if (search.fit === 0) return valueAt(x);
  const fit = changetype<Likelihood>(search.fit);
  memory.copy(fit.theta, x, <usize>search.n << 3);
  return negativeLogPosterior(fit);
}

/** Where the value was last asked for. */
function gradient(search: Search, out: usize): void {
  if (search.fit === 0) {
    writeGradient(out);
    return;
  }
  const fit = changetype<Likelihood>(search.fit);
  posteriorGradient(fit);
  memory.copy(out, fit.gradient, <usize>search.n << 3);
}

/** Writes the trial point so far along the direction. @returns the change that the slope promises */
function tryStep(search: Search, length: f64): f64 {
  let decrease: f64 = 0;
  for (let i = 0; i < search.n; i++) {
    const from = get(search.x, i);
    const to = min(get(search.upper, i), max(get(search.lower, i), from + length * get(search.direction, i)));
    set(search.trial, i, to);
    decrease += get(search.gradient, i) * (to - from);
  }
  return decrease;
}

function swap(search: Search): void {
  const x = search.x;
  search.x = search.trial;
  search.trial = x;
  const gradient = search.gradient;
  search.gradient = search.trialGradient;
  search.trialGradient = gradient;
}

/** Marks the variables that may move; answers the largest free gradient component. */
function markFree(search: Search): f64 {
  let largest: f64 = 0;
  for (let i = 0; i < search.n; i++) {
    const x = get(search.x, i);
    const slope = get(search.gradient, i);
    const held = (x <= get(search.lower, i) && slope > 0) || (x >= get(search.upper, i) && slope < 0);
    set(search.free, i, held ? 0 : 1);
    if (!held) largest = max(largest, abs(slope));
  }
  return largest;
}

function steepest(search: Search): void {
  for (let i = 0; i < search.n; i++)
    set(search.direction, i, get(search.free, i) === 1 ? -get(search.gradient, i) : 0);
}

/** Two-loop recursion on the free components. */
function quasiNewtonDirection(search: Search): void {
  const n = search.n;
  const free = search.free;
  const direction = search.direction;
  const last = search.remembered - 1;
  steepest(search);
  for (let k = last; k >= 0; k--) {
    const step = load<usize>(at(search.steps, k));
    const change = load<usize>(at(search.changes, k));
    const curvature = slope(step, change, free, n);
    if (!(curvature > 0)) continue;
    const weight = slope(step, direction, free, n) / curvature;
    set(search.weights, k, weight);
    for (let i = 0; i < n; i++)
      if (get(free, i) === 1) set(direction, i, get(direction, i) - weight * get(change, i));
  }
  if (last >= 0) {
    const change = load<usize>(at(search.changes, last));
    const curvature = slope(load<usize>(at(search.steps, last)), change, free, n);
    const size = slope(change, change, free, n);
    if (curvature > 0 && size > 0)
      for (let i = 0; i < n; i++) set(direction, i, get(direction, i) * (curvature / size));
  }
  for (let k = 0; k <= last; k++) {
    const step = load<usize>(at(search.steps, k));
    const change = load<usize>(at(search.changes, k));
    const curvature = slope(step, change, free, n);
    if (!(curvature > 0)) continue;
    const back = slope(change, direction, free, n) / curvature;
    for (let i = 0; i < n; i++)
      if (get(free, i) === 1)
        set(direction, i, get(direction, i) + (get(search.weights, k) - back) * get(step, i));
  }
}

function remember(search: Search): void {
  const count = search.remembered;
  const step = load<usize>(at(search.steps, count));
  const change = load<usize>(at(search.changes, count));
  let curvature: f64 = 0;
  let size: f64 = 0;
  for (let i = 0; i < search.n; i++) {
    const s = get(search.trial, i) - get(search.x, i);
    const y = get(search.trialGradient, i) - get(search.gradient, i);
    set(step, i, s);
    set(change, i, y);
    curvature += s * y;
    size += y * y;
  }
  if (!(curvature > 1e-12 * size)) return;
  search.remembered = count + 1;
  if (count < MEMORY) return;
  forgetOldest(search.steps);
  forgetOldest(search.changes);
  search.remembered = MEMORY;
}

function forgetOldest(list: usize): void {
  const oldest = load<usize>(list);
  for (let k = 0; k < MEMORY; k++) store<usize>(at(list, k), load<usize>(at(list, k + 1)));
  store<usize>(at(list, MEMORY), oldest);
}

function slope(a: usize, b: usize, free: usize, n: i32): f64 {
  let sum: f64 = 0;
  for (let i = 0; i < n; i++) if (get(free, i) === 1) sum += get(a, i) * get(b, i);
  return sum;
}

/** The first step is at most 1 long, whatever the scale of the function. */
function firstLength(direction: usize, n: i32): f64 {
  let size: f64 = 0;
  for (let i = 0; i < n; i++) size = max(size, abs(get(direction, i)));
  return size > 0 ? min(1, 1 / size) : 1;
}

function finiteOrInfinity(value: f64): f64 {
  return isFinite(value) ? value : Infinity;
}
