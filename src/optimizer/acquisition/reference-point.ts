import { staged } from '../../numeric/differentiable.ts';
import { minimizeBounded } from '../compiled/lbfgsb.ts';
import { standardToUnit } from '../gp/outcome-transform.ts';
import { addMomentGradient, momentsBuffer, predictMeans } from '../gp/posterior.ts';
import type { ConstraintSurrogate, Surrogates } from '../sampler/surrogates.ts';
import { type ScaledBelief, scaleBelief } from './objective-scale.ts';

/** Distance beyond the nadir, as a share of the range from ideal to nadir. */
const MARGIN = 0.1;
/** Weight of the other losses when one is minimised: finds the end of the front, not just any minimiser. */
const AUGMENTATION = 0.05;
const PENALTY = 10;
const STARTS = 3;

/**
 * Reference point on the unit scale of losses (0 best, 1 worst value seen). The nadir is the worst of the current front
 * and of the ends of the front that the surrogates expect (payoff table), never beyond the worst value seen: a reference
 * from the current front alone can never reach the ends, one from all points wastes evaluations far outside the front.
 * @param front - unit losses of the current front; empty when nothing feasible is known
 * @param cubes - starting points, best known first
 * @see Isermann & Steuer 1988, "Computational experience concerning payoff tables and minimum criterion values"
 */
export function referencePoint(
  surrogates: Surrogates,
  front: readonly (readonly number[])[],
  cubes: readonly Float64Array[],
): number[] {
  const width = surrogates.objectives.length;
  if (front.length === 0) return new Array<number>(width).fill(1 + MARGIN);
  const ends = Array.from({ length: width }, (_, j) => frontEnd(surrogates, j, cubes));
  const all = [...front, ...ends];
  return Array.from({ length: width }, (_, j) => {
    const nadir = Math.min(1, Math.max(...all.map((row) => row[j]!)));
    const ideal = Math.min(...all.map((row) => row[j]!));
    return nadir + MARGIN * Math.max(nadir - ideal, 1e-3);
  });
}

/** Expected unit losses where loss `j` is expected to be smallest. */
function frontEnd(surrogates: Surrogates, j: number, cubes: readonly Float64Array[]): number[] {
  const { features, objectives, constraints } = surrogates;
  const x = new Float64Array(features.count);
  const gradientX = new Float64Array(features.count);
  const moments = objectives.map(({ posterior }) => momentsBuffer(posterior));
  const slackMoments = constraints.map(({ gp }) => momentsBuffer(gp.posterior));
  const belief: ScaledBelief = { mean: 0, deviation: 0, meanByMean: 0, deviationByMean: 0, deviationByDeviation: 0 };
  const pull = new Float64Array(1);
  const value = (cube: Float64Array, gradient?: Float64Array): number => {
    features.fromCube(cube, x);
    gradientX.fill(0);
    let sum = 0;
    objectives.forEach(({ posterior, transform }, k) => {
      const mean = predictMeans(posterior, x, moments[k]!)[0]!;
      scaleBelief(transform, mean, 0, belief);
      const weight = k === j ? 1 : AUGMENTATION;
      sum += weight * belief.mean;
      pull[0] = weight * belief.meanByMean;
      if (gradient !== undefined) addMomentGradient(posterior, x, pull, 0, gradientX);
    });
    constraints.forEach((constraint, c) => {
      sum += penalty(constraint, c);
    });
    if (gradient !== undefined) features.pullBack(cube, gradientX, gradient);
    return sum;

    function penalty({ gp, bound }: ConstraintSurrogate, c: number): number {
      const excess = predictMeans(gp.posterior, x, slackMoments[c]!)[0]! - bound;
      if (excess <= 0) return 0;
      pull[0] = 2 * PENALTY * excess;
      if (gradient !== undefined) addMomentGradient(gp.posterior, x, pull, 0, gradientX);
      return PENALTY * excess * excess;
    }
  };
  const rated = cubes.map((cube, index) => ({ cube, value: value(cube), index }));
  rated.sort((a, b) => a.value - b.value || a.index - b.index);
  let best: { x: Float64Array; value: number } | null = null;
  for (const { cube } of rated.slice(0, STARTS)) {
    const found = minimizeBounded(staged(value, cube.length), cube, {
      lower: new Float64Array(cube.length),
      upper: new Float64Array(cube.length).fill(1),
      maxIterations: 25,
      valueTolerance: 1e-6,
    });
    if (best === null || found.value < best.value) best = found;
  }
  if (best === null) return objectives.map(() => 0);
  features.fromCube(best.x, x);
  return objectives.map(({ posterior, transform }, k) =>
    standardToUnit(transform, predictMeans(posterior, x, moments[k]!)[0]!),
  );
}
