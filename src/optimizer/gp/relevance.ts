import type { FittedGp } from './fit.ts';
import { kernelOf } from './hyperparameters.ts';
import { MANY_POINTS } from './model-choice.ts';
import { condition } from './posterior.ts';

/** Longest lengthscale of a doubting model, in ranges of a parameter. */
const LONGEST_IN_DOUBT = 1;

/** Standardised noise variance: a tenth of the spread of losses as a deviation. */
const STRONGLY_NOISY = 1e-2;

/** Whether half of the points have much noise. */
export function isStronglyNoisy({ noise }: FittedGp): boolean {
  return noise.slice().sort()[Math.floor(noise.length / 2)]! > STRONGLY_NOISY;
}

/** The model with its doubts: no parameter is taken for irrelevant, or for straight; the same one where none is. */
export function withoutIrrelevance(gp: FittedGp): FittedGp {
  const { model, posterior, targets, noise } = gp;
  const { points } = posterior;
  const theta = model.theta.slice();
  for (let j = 0; j < points.width; j++) theta[j] = Math.max(theta[j]!, -2 * Math.log(LONGEST_IN_DOUBT));
  if (theta.every((value, j) => value === model.theta[j])) return gp;
  const kernel = kernelOf(model.kernel, theta, points.width);
  return { ...gp, model: { ...model, theta }, posterior: condition(kernel, points, [targets], noise) };
}

/** Longest lengthscale, in ranges of a parameter, up to which many points are believed that the parameter matters. */
const LONGEST_OF_MANY = 2;

/** Whether a model leaves nothing to doubt: many points say that each parameter matters. */
export function isBeyondDoubt({ model, posterior: { points } }: FittedGp): boolean {
  if (points.rows <= MANY_POINTS) return false;
  return model.theta.subarray(0, points.width).every((logWeight) => logWeight >= -2 * Math.log(LONGEST_OF_MANY));
}
