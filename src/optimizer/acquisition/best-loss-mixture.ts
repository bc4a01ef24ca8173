import type { FeatureMap } from '../gp/features.ts';
import { type Posterior, PROCESSES } from '../gp/process.ts';
import type { Acquisition } from './acquisition.ts';

/** One explanation of a single objective. */
export interface BestLossBelief {
  /** Members that share one covariance, on the standardised scale. */
  readonly posterior: Posterior;
  /** Best loss of each member. */
  readonly bests: Float64Array;
}

/** Where addresses stand in a `Mixture`. */
const FIELDS = { x: 3, processes: 4, gains: 5, gradients: 7, partOf: 8, logWeights: 9, shares: 10 };

/**
 * Log expected improvement of one objective, in the weighted mean over beliefs:
 *
 *   log Σ_k p_k (1/S_k) Σ_s E[(b_ks − y_ks)₊]
 *
 * A belief that is there twice is evaluated once. It is what `HypervolumeGain` gives for each belief, to the bit; one call of compiled
 * code answers for all of them, since this is asked most often of all.
 * @param beliefs - the same object where two explanations say the same
 * @param logWeights - logs of weights that sum to 1
 * @see Ament et al. 2023 (log EI family)
 */
export function bestLossMixture(
  features: FeatureMap,
  beliefs: readonly BestLossBelief[],
  logWeights: readonly number[],
): Acquisition {
  const parts = [...new Set(beliefs)];
  const partOf = beliefs.map((belief) => parts.indexOf(belief));
  const x = new Float64Array(features.count);
  const owns = parts.map(() => new Float64Array(features.count));
  const pulled = new Float64Array(features.count);
  let placed = { round: -1, base: 0 };
  return (cube, gradient) => {
    if (placed.round !== PROCESSES.round) placed = place(parts, partOf, logWeights, features.count);
    const { base } = placed;
    const { kernels, numbers } = PROCESSES;
    features.fromCube(cube, x);
    numbers.set(x, PROCESSES.at(base, FIELDS.x));
    if (gradient === undefined) return kernels.mixedGain(base);
    const value = kernels.mixedGainWithGradients(base);
    const at = PROCESSES.at(base, FIELDS.gradients);
    for (let k = 0; k < parts.length; k++) owns[k]!.set(numbers.subarray(at + k * x.length, at + (k + 1) * x.length));
    gradient.fill(0);
    const shares = PROCESSES.at(base, FIELDS.shares);
    for (let p = 0; p < partOf.length; p++) {
      const share = numbers[shares + p]!;
      if (!(share > 0)) continue;
      features.pullBack(cube, owns[partOf[p]!]!, pulled);
      for (let j = 0; j < cube.length; j++) gradient[j]! += share * pulled[j]!;
    }
    return value;
  };
}

/** Brings a mixture and its posteriors into the memory in which posteriors predict; all of them fit in at once. */
function place(
  parts: readonly BestLossBelief[],
  partOf: readonly number[],
  logWeights: readonly number[],
  width: number,
): { readonly round: number; readonly base: number } {
  const members = Math.max(...parts.map(({ bests }) => bests.length));
  const { kernels } = PROCESSES;
  const bytes = kernels.mixtureSize(parts.length, partOf.length, width, members);
  PROCESSES.reserve(parts.reduce((sum, { posterior }) => sum + posterior.bytes, bytes));
  const base = PROCESSES.take(bytes);
  kernels.layoutMixture(base, parts.length, partOf.length, width, members);
  const processes = parts.map(({ posterior }) => posterior.placed());
  const { numbers, addresses } = PROCESSES;
  parts.forEach(({ bests }, k) => {
    addresses[2 * (PROCESSES.at(base, FIELDS.processes) + k)] = processes[k]!;
    const arrays = addresses[2 * (PROCESSES.at(base, FIELDS.gains) + k)]!;
    numbers.set(bests, arrays >>> 3);
  });
  partOf.forEach((part, p) => {
    addresses[2 * (PROCESSES.at(base, FIELDS.partOf) + p)] = part;
  });
  numbers.set(logWeights, PROCESSES.at(base, FIELDS.logWeights));
  return { round: PROCESSES.round, base };
}
