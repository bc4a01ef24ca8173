import { type Rng, stream } from '../../base/random.ts';
import { leaveOneOut } from '../gp/diagnostics.ts';
import type { FittedGp } from '../gp/fit.ts';
import { untransform } from '../gp/outcome-transform.ts';
import { condition, momentsBuffer, type Posterior, predictMeans } from '../gp/posterior.ts';
import type { Evidence } from '../sampler/sampler.ts';
import { fitSurrogates, type Surrogates } from '../sampler/surrogates.ts';
import { coordinateCount, cubeDimension, decode } from '../space/encode.ts';
import type { ParameterValues, SearchSpace } from '../space/parameter.ts';
import { type DesignValues, type GroupIndices, sobolDesign, sobolIndices } from './sobol-indices.ts';

export interface SurrogateSensitivity {
  /** Share of the losses' variance that the surrogate predicts for points left out, on its own scale; null below 3 points. */
  readonly leaveOneOutR2: number | null;
  /** By parameter, in the order of the space. */
  readonly indices: readonly GroupIndices[];
  /** Points of the space with the best predicted tenth of losses. */
  readonly best: readonly ParameterValues[];
}

const DESIGN_ROWS = 1024;
const MEMBERS = 32;
const BEST_SHARE = 0.1;

/**
 * Sobol indices of the posterior mean of each objective over the whole space, on the scale of the losses.
 * The spread between members is that of means refitted to targets disturbed by the leave-one-out error.
 * @returns one entry per objective; null when nothing was measured
 */
export function surrogateSensitivity(evidence: Evidence, seed: number): readonly SurrogateSensitivity[] | null {
  const surrogates = fitSurrogates(evidence);
  if (surrogates === null) return null;
  const { space } = evidence;
  const design = sobolDesign(cubeDimension(space), groupsOf(space), DESIGN_ROWS, stream(seed, 'sensitivity', 'design'));
  return surrogates.objectives.map((gp, objective) => {
    const rng = stream(seed, 'sensitivity', objective);
    const { residuals, r2 } = leaveOneOut(gp);
    const posterior = disturbed(gp, residuals, rng);
    const at = (points: readonly Float64Array[]): Float64Array[] => meansAt(surrogates, gp, posterior, points);
    const a = at(design.a);
    const b = at(design.b);
    const mixed = design.mixed.map(at);
    const members = Array.from(
      { length: MEMBERS },
      (_, s): DesignValues => ({ a: a[s]!, b: b[s]!, mixed: mixed.map((group) => group[s]!) }),
    );
    return { leaveOneOutR2: r2, indices: sobolIndices(members, rng), best: bestPoints(space, design.a, a[0]!) };
  });
}

/** Coordinates of each parameter. */
function groupsOf(space: SearchSpace): number[][] {
  let next = 0;
  return space.parameters.map((parameter) => Array.from({ length: coordinateCount(parameter) }, () => next++));
}

/** Member 0 is the mean itself; the others have targets moved by draws of the leave-one-out error. */
function disturbed(gp: FittedGp, residuals: Float64Array, rng: Rng): Posterior {
  const { posterior, targets, noise } = gp;
  const n = targets.length;
  const scale = Math.sqrt(residuals.reduce((sum, value) => sum + value * value, 0) / n);
  const members = Array.from({ length: MEMBERS }, (_, s) =>
    targets.map((target) => (s === 0 ? target : target + scale * rng.normal())),
  );
  return condition(posterior.kernel, posterior.points, members, Float64Array.from(noise));
}

/** Means of every member at each point, on the scale of the losses: members × points. */
function meansAt(
  surrogates: Surrogates,
  gp: FittedGp,
  posterior: Posterior,
  points: readonly Float64Array[],
): Float64Array[] {
  const buffer = momentsBuffer(posterior);
  const out = posterior.alphas.map(() => new Float64Array(points.length));
  points.forEach((point, index) => {
    const means = predictMeans(posterior, surrogates.features.fromCube(point), buffer);
    for (let s = 0; s < out.length; s++) out[s]![index] = untransform(gp.transform, means[s]!);
  });
  return out;
}

function bestPoints(space: SearchSpace, points: readonly Float64Array[], losses: Float64Array): ParameterValues[] {
  const order = points.map((_, index) => index).sort((i, j) => losses[i]! - losses[j]! || i - j);
  return order.slice(0, Math.ceil(points.length * BEST_SHARE)).map((index) => decode(space, points[index]!));
}
