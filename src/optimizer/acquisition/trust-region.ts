import { nonDominatedIndices } from '../pareto/dominance.ts';
import type { Observation } from '../sampler/sampler.ts';

/** Above this many cube dimensions the search keeps to a box around an incumbent. */
export const TRUST_REGION_ABOVE = 15;

const START_LENGTH = 0.4;
const LARGEST_LENGTH = 1.6;
const SMALLEST_LENGTH = 2 ** -7;
const SUCCESSES_TO_GROW = 3;
/** Smallest gain that counts as a success, as a share of the range of losses seen. */
const NOTABLE = 1e-3;

export interface Box {
  readonly lower: Float64Array;
  readonly upper: Float64Array;
}

/**
 * Side length of the trust region after these evaluations: doubled after three successes in a row, halved after as many
 * failures as a quarter of the dimensions, started anew when it has shrunk away. Recomputed from the evidence, so there is no
 * state to keep. A success is a notably better feasible loss, or a new front point when there are several objectives.
 * @see Eriksson et al. 2019, "Scalable global optimization via local Bayesian optimization"
 */
export function trustRegionLength(observations: readonly Observation[], dimension: number): number {
  let length = START_LENGTH;
  let successes = 0;
  let failures = 0;
  const seen: (readonly number[])[] = [];
  for (const { losses, slacks } of observations) {
    const counts = losses?.every(Number.isFinite) === true && slacks.every((slack) => slack <= 0);
    const success = counts && improves(seen, losses);
    if (counts) seen.push(losses);
    successes = success ? successes + 1 : 0;
    failures = success ? 0 : failures + 1;
    if (successes >= SUCCESSES_TO_GROW) {
      length = Math.min(LARGEST_LENGTH, 2 * length);
      successes = 0;
    } else if (failures >= Math.max(4, dimension / 4)) {
      length /= 2;
      failures = 0;
    }
    if (length < SMALLEST_LENGTH) length = START_LENGTH;
  }
  return length;
}

function improves(seen: readonly (readonly number[])[], losses: readonly number[]): boolean {
  if (seen.length === 0) return true;
  if (losses.length > 1) return nonDominatedIndices([...seen, losses]).includes(seen.length);
  const known = seen.map((row) => row[0]!);
  const best = Math.min(...known);
  const range = Math.max(...known) / 2 - best / 2;
  return losses[0]! / 2 < best / 2 - NOTABLE * range;
}

/**
 * Box around `center`, its sides in proportion to the lengthscales: long where the surrogate changes slowly.
 * @param inverseSquares - 1/ℓ² by cube axis
 */
export function trustRegionBox(center: ArrayLike<number>, inverseSquares: ArrayLike<number>, length: number): Box {
  const n = center.length;
  let logMean = 0;
  for (let j = 0; j < n; j++) logMean += (-0.5 * Math.log(inverseSquares[j]!)) / n;
  const lower = new Float64Array(n);
  const upper = new Float64Array(n);
  for (let j = 0; j < n; j++) {
    const relative = Math.exp(-0.5 * Math.log(inverseSquares[j]!) - logMean);
    const half = 0.5 * length * Math.min(4, Math.max(0.25, relative));
    lower[j] = Math.max(0, center[j]! - half);
    upper[j] = Math.min(1, center[j]! + half);
  }
  return { lower, upper };
}
